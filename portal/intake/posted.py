"""One posted report form, read: token, fields, files old and new. Everything a view needs to answer, and nothing kept after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Request, request
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from portal.core.outgoing import Attachment
from portal.core.reports import LockedFile
from portal.core.staging import Refused, StagedFile
from portal.intake.context import Intake, PublicView, questions_of
from portal.intake.forms import ReportForm, is_future, report_form
from portal.intake.tokens import FormToken, new_token, read_kept, read_token, write_kept, write_token
from portal.web.language import N_, gettext

TOKEN_FIELD, KEPT_FIELD, FILES_FIELD, DROP_FIELD = "f", "kept", "files", "drop"


class IntakeRequest(Request):
    """A request whose files are locked as they arrive. Fields are bounded; werkzeug answers 413 beyond."""

    max_form_memory_size = 400_000
    max_form_parts = 400

    def _load_form_data(self) -> None:
        # Werkzeug bounds the fields of a multipart body only; of the other kind it reads everything into memory.
        plain = self.mimetype == "application/x-www-form-urlencoded"
        if plain and (self.content_length or 0) > self.max_form_memory_size:
            raise RequestEntityTooLarge
        super()._load_form_data()

    def _get_file_stream(  # type: ignore[override]
        self,
        total_content_length: int | None,  # noqa: ARG002
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> StagedFile:
        from portal.intake.context import intake

        settings = intake().settings
        staged = StagedFile(settings.files_folder, settings.limits.file_bytes)
        self.environ.setdefault("portal.staged", []).append(staged)
        return staged


def leave_nothing_staged() -> None:
    """Discards files of this request that nobody finished: the visitor went away, or the form was refused."""
    for staged in request.environ.get("portal.staged", ()):
        staged.close()


@dataclass(frozen=True)
class Posted:
    """``fresh`` False: the token was absent, forged or too old, and ``token`` is a new one. ``refused``: files not taken."""

    form: ReportForm
    token: FormToken
    fresh: bool
    kept: tuple[Attachment, ...]
    refused: tuple[Refused, ...]
    fields: MultiDict[str, str]

    def hidden(self, key: bytes) -> tuple[tuple[str, str], ...]:
        """The whole form as hidden fields, for the page on which it is looked at once more."""
        skip = {TOKEN_FIELD, KEPT_FIELD, FILES_FIELD, DROP_FIELD, "go"}
        fields = [
            (name, value)
            for name, values in self.fields.lists()
            if name not in skip and not name.startswith("q-")
            for value in values
        ]
        return (*fields, (TOKEN_FIELD, write_token(self.token, key)), *self.kept_fields(key))

    def kept_fields(self, key: bytes) -> tuple[tuple[str, str], ...]:
        """The staged files as the form carries them."""
        return tuple((KEPT_FIELD, write_kept(item, self.token, key)) for item in self.kept)


def read_posted(desk: Intake, view: PublicView, at: datetime, day: Any) -> Posted:
    """Reads the form that was just posted. New files are locked and kept, up to the limit; the rest is named and refused."""
    typed = request.form
    token = read_token(typed.get(TOKEN_FIELD, ""), desk.keys.receipt_keys)
    fresh = token is not None and not token.is_expired(at)
    kept = _kept(desk, typed, token)
    added, refused = new_files(desk, desk.settings.limits.files - len(kept))
    kept = (*kept, *added)
    form = report_form(view, questions_of(day), has_files=bool(kept), formdata=typed)
    current = token if fresh and token is not None else new_token(at)
    return Posted(form, current, fresh, kept, refused, MultiDict(typed))


def _kept(desk: Intake, typed: MultiDict[str, str], token: FormToken | None) -> tuple[Attachment, ...]:
    if token is None:
        return ()
    found = [read_kept(value, token, desk.keys.receipt_keys) for value in typed.getlist(KEPT_FIELD)[: desk.settings.limits.files]]
    dropped = set(typed.getlist(DROP_FIELD))
    there = [item for item in found if item and item.id not in dropped and (desk.settings.files_folder / item.id).exists()]
    return tuple({item.id: item for item in there}.values())


def new_files(desk: Intake, room: int) -> tuple[tuple[Attachment, ...], tuple[Refused, ...]]:
    """The files of this request, locked and durable, up to ``room``; and those that were not taken."""
    added: list[Attachment] = []
    refused: list[Refused] = []
    for upload in request.files.getlist(FILES_FIELD):
        staged = upload.stream
        if not isinstance(staged, StagedFile) or not upload.filename:
            continue
        if len(added) >= room:
            staged.discard()
            refused.append(Refused(upload.filename, gettext("已经满 %(most)s 个", most=desk.settings.limits.files)))
            continue
        taken = staged.finish(upload.filename, gettext)
        (added if isinstance(taken, Attachment) else refused).append(taken)  # type: ignore[arg-type]
    return tuple(added), tuple(refused)


def without_taken_files(desk: Intake, kept: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
    """The staged files that no report has taken yet: a form sent before must not carry its files into the next."""
    with desk.register.reading() as session:
        taken = set(session.scalars(select(LockedFile.id).where(LockedFile.id.in_([item.id for item in kept]))))
    return tuple(item for item in kept if item.id not in taken)


def is_valid(posted: Posted, at: datetime) -> bool:
    """Whether the form can be sent; errors stand beside their fields afterwards."""
    good = bool(posted.form.validate())
    if posted.form.when_on.data and is_future(posted.form.when_on.data, at):
        posted.form.when_on.errors = [*posted.form.when_on.errors, N_("这一天还没有到，请改成已经过去的日子")]
        good = False
    return good and not posted.refused
