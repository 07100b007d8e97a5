"""Unsent text: kept while typing, given back to its writer, and carried through an expired session or form token.

Without scripts nothing is kept while typing; even so a post that comes too late is not lost: the page that asks for signing in
carries what was written, and offers it again afterwards.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from functools import cache
from typing import IO, Any, cast
from urllib.parse import urlsplit

from flask import Blueprint, g, jsonify, render_template, request
from flask import session as visit
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser
from werkzeug.wrappers import Response

from moderation import drafts
from moderation.console.access import allowed, office, staff
from moderation.console.navigation import Entry
from portal.core.clock import now
from portal.core.vocabulary import Term

bp = Blueprint("drafts", __name__)
ENTRIES: tuple[Entry, ...] = ()
# Carried fields travel under this prefix through the sign-in page.
CARRIED = "kept."
TARGET = "kept-for"
# Never carried and never printed: secrets, and tokens that are made anew.
SECRETS = frozenset({"password", "old", "new", "code", "csrf_token", "next", TARGET})
# What pages put into their forms themselves: nobody typed it, so nobody misses it.
OURS = frozenset(
    {"version", "seen", "listed", "verified", "key", "token", "verb", "deed", "tab", "notice", "letter", "chosen", "f"}
)
_ID = re.compile(r"(?=[a-z]*\d)[0-9a-z]{12,}|y")
LONG = 12
MOST_TEXT_BYTES = 1024 * 1024
# In the form cookie: the address of the form that was just taken, so that the browser's own copy goes too.
TAKEN = "taken"


@dataclass(frozen=True)
class Carried:
    """A post that came too late. ``pairs``: its fields in order, no tokens, no secrets. ``files``: how many could not be kept."""

    target: str
    pairs: tuple[tuple[str, str], ...]
    files: int

    @property
    def texts(self) -> tuple[str, ...]:
        """What the person wrote, for reading and copying: each long text by itself, the short ones together, one a line."""
        written = [value for name, value in self.pairs if value.strip() and name not in OURS and not _chosen(value)]
        long = [value for value in written if len(value) >= LONG or "\n" in value]
        short = [value for value in written if len(value) < LONG and "\n" not in value]
        return (*long, *(["\n".join(short)] if short else []))


def _chosen(value: str) -> bool:
    """A word of a closed list, an id or a tick: chosen, not written."""
    return bool(_ID.fullmatch(value)) or value in _closed_words()


@cache
def _closed_words() -> frozenset[str]:
    return frozenset(term.value for terms in Term.__subclasses__() for term in terms)


def pairs_of(form: MultiDict[str, str]) -> tuple[tuple[str, str], ...]:
    """Every field of a form but tokens and secrets, in order."""
    return tuple((name, value) for name, value in form.items(multi=True) if name not in SECRETS)


def carried_post() -> Carried:
    """The present post, to be sent again."""
    files = sum(1 for _name, file in request.files.items(multi=True) if file.filename)
    return Carried(request.script_root + request.full_path.rstrip("?"), pairs_of(request.form), files)


def carried_through() -> Carried | None:
    """What the sign-in page has carried, once somebody has signed in; None: nothing."""
    target = request.form.get(TARGET, "")
    if not target.startswith("/") or target.startswith(("//", "/\\")) or urlsplit(target).netloc:
        return None
    pairs = ((name.removeprefix(CARRIED), value) for name, value in request.form.items(multi=True) if name.startswith(CARRIED))
    return Carried(target, tuple((name, value) for name, value in pairs if name not in SECRETS), 0)


def what_was_typed() -> tuple[str, ...]:
    """The texts of a post that failed, for the page that says so: nothing a person wrote is lost with it.

    It goes back to the browser it came from, whoever that is: with the database away nobody can say who sits there.
    """
    if request.method != "POST":
        return ()
    try:
        return carried_post().texts
    except RequestEntityTooLarge:
        return Carried(request.full_path, pairs_of(_texts_beside_files()), 0).texts


def _texts_beside_files() -> MultiDict[str, str]:
    """The fields of a post whose files are too large, which are read past and thrown away."""
    reader = FormDataParser(_PastFiles(), max_form_memory_size=MOST_TEXT_BYTES)
    try:
        _stream, form, _files = reader.parse_from_environ(request.environ)
    except (RequestEntityTooLarge, OSError):
        return MultiDict()
    return form


class _PastFiles:
    """Gives the reader of a form somewhere to put a file that nobody will read."""

    def __call__(self, *_about: object, **_the_file: object) -> IO[bytes]:
        return cast(IO[bytes], _Nothing())


class _Nothing(io.RawIOBase):
    """Takes a file and keeps none of it."""

    def write(self, data: Any) -> int:
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:  # noqa: ARG002
        return 0


def ask_again(carried: Carried, why: str) -> str:
    """The page that offers a late post once more, with its text to read."""
    return render_template("desk/send_again.html", carried=carried, why=why)


def _place(address: str) -> str:
    """The address a form is sent to, without the language it begins with."""
    return address.removeprefix(request.script_root) if request.script_root else address


def forget_what_was_sent(response: Response) -> Response:
    """After a form was taken (a redirect follows), its draft is no longer needed."""
    taken = request.method == "POST" and response.status_code == 303 and g.get("staff") is not None
    if taken and request.endpoint != "desk.sign_out":
        visit[TAKEN] = request.script_root + request.path
        with office().office.reading() as session:
            any_kept = request.path in drafts.places(session, by=staff())
        if any_kept:
            with office().office.transaction() as session:
                drafts.forget(session, request.path, by=staff())
    return response


@bp.get("/drafts")
@allowed()
def give() -> Response:
    """The draft of the form that is sent to ``place``: its fields and when it was saved."""
    with office().office.reading() as session:
        found = drafts.kept(session, _place(request.args.get("place", "")), key=drafts.draft_key(office()), by=staff(), at=now())
    if found is None:
        return jsonify(fields={})
    return jsonify(fields=found.fields, saved_at=found.saved_at.isoformat())


@bp.post("/drafts")
@allowed()
def keep() -> tuple[str, int]:
    """Keeps the fields ``kept.*`` of the form that is sent to ``place``; none: forgets the draft."""
    fields = {name.removeprefix(CARRIED): value for name, value in request.form.items() if name.startswith(CARRIED)}
    fields = {name: value for name, value in fields.items() if name not in SECRETS}
    with office().office.transaction() as session:
        drafts.keep(session, _place(request.form.get("place", "")), fields, key=drafts.draft_key(office()), by=staff(), at=now())
    return "", 204
