"""The real page of a draft, before it is public: the same fragment in the same shell as the press would use."""

from __future__ import annotations

from datetime import datetime

from moderation.office import Office
from moderation.press.paths import PressPaths
from moderation.publication.disclosures import Disclosure, next_revision
from moderation.publication.machine import DisclosureState
from portal.core.errors import NotThere
from portal.core.public_record import PublicRecord
from portal.site import pages
from portal.site.pages import Stamp
from portal.site.shells import ShellSet

NOT_YET = Stamp(0, "0" * 64)
_SHOWN = frozenset({"css", "js", "json", "svg", "png", "jpg", "webp", "woff2", "ico"})


def draft_record(disclosure: Disclosure, at: datetime) -> PublicRecord:
    """The record the draft would become today, the reason of its correction included; once it is out, what is out."""
    if disclosure.live_record is not None and disclosure.state in (DisclosureState.PUBLISHED, DisclosureState.WITHDRAWN):
        return PublicRecord.from_json(disclosure.live_record.encode())
    return next_revision(disclosure, disclosure.public_fields(), at)


def preview_page(office: Office, record: PublicRecord) -> bytes:
    """The finished page, as the live site would show it. Raises NotThere before the first build."""
    live = PressPaths(office.data).live()
    if live is None:
        raise NotThere("网站还没有生成过，暂时不能预览")
    return ShellSet(live)[f"record-{record.kind}"].fill(pages.record_page(record, NOT_YET), record.path)


def preview_file(office: Office, path: str) -> bytes:
    """A file of the live site that a previewed page asks for; nothing outside it, and no page."""
    live = PressPaths(office.data).live()
    found = (live / path).resolve() if live else None
    inside = found is not None and live is not None and (found.is_relative_to(live.resolve()) or _is_media(office, path))
    if found is None or not inside or not found.is_file() or found.suffix.lstrip(".") not in _SHOWN:
        raise NotThere("没有这个文件")
    return found.read_bytes()


def _is_media(office: Office, path: str) -> bool:
    media = PressPaths(office.data).media.resolve()
    return path.startswith("media/") and (media / path.removeprefix("media/")).resolve().is_relative_to(media)
