"""Files of the ledger's evidence: recognised by their first bytes; pictures and PDFs are made anew without what hides in them."""

from __future__ import annotations

from dataclasses import dataclass

from moderation.clean_copies import CLEANED, NoCleanCopy, clean_copy
from moderation.evidence import evidence_store
from moderation.office import Office
from moderation.press.paths import PressPaths, write_whole
from moderation.rectification.disclosure import media_name
from moderation.rectification.tasks import TaskEvidence
from portal.core.errors import Mendable
from portal.core.evidence_kinds import BY_CODE, HEAD_BYTES, SPOKEN, kind_of
from portal.core.typed_text import clean_file_name

_CODES = {"jpg": "jpeg", "png": "png", "pdf": "pdf"}


@dataclass(frozen=True)
class CleanFile:
    """``kind``: a code of portal.core.evidence_kinds."""

    data: bytes
    kind: str
    name: str


def clean_upload(data: bytes, name: str) -> CleanFile:
    """The file as it is kept: a picture or PDF as its clean copy, anything else as sent and never shown.

    Raises Mendable for what is no file we take, and for what cannot be opened.
    """
    kind = kind_of(data[:HEAD_BYTES])
    if kind is None:
        raise Mendable(f"不能识别这个文件。可以上传：{SPOKEN}", field="file")
    if kind.code not in CLEANED:
        return CleanFile(data, kind.code, clean_file_name(name))
    try:
        copy = clean_copy(data, kind.code)
    except NoCleanCopy as refused:
        raise Mendable(f"{refused.reason}。请换一个文件", field="file") from refused
    stem = clean_file_name(name).rsplit(".", 1)[0] or kind.zh
    return CleanFile(copy.data, _CODES[copy.extension], f"{stem}.{copy.extension}")


def publish_file(office: Office, evidence: TaskEvidence) -> None:
    """Lays a chosen file into the press's media folder, under its digest. It is on the site only where a record names it."""
    paths = PressPaths(office.data)
    paths.make()
    target = paths.media / media_name(evidence)
    if not target.exists():
        write_whole(paths, target, evidence_store(office).get(evidence.file))


def mime_of(code: str) -> tuple[str, bool]:
    """(type, may be shown in the page) of a kept file; anything but pictures is a download."""
    kind = BY_CODE.get(code)
    if kind is None:
        return "application/octet-stream", False
    return kind.mime, kind.family == "picture"
