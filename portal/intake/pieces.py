"""Uploads in pieces that resume, for browsers with JavaScript. The same locks, limits and refusals as without."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from flask import abort, request

from portal.core.clock import now
from portal.core.outgoing import Attachment
from portal.core.staging import PIECE_BYTES, Upload, add_piece, begin_upload, finish_upload, received_of
from portal.intake.context import Intake, intake
from portal.intake.tokens import FormToken, read_token, read_upload, write_kept, write_upload
from portal.intake.views import bp
from portal.web.language import gettext

Answer = tuple[dict[str, Any], int]


@bp.post("/up")
def piece() -> Answer:
    """One piece, or the question how many bytes are there. Headers carry the form's token, the upload and the offset.

    Answers ``{"upload", "received"}`` while bytes are missing, ``{"kept", "name", "size"}`` when the file is whole,
    ``{"refused"}`` with 422 when it is not taken.
    """
    desk = intake()
    if not desk.pieces.allows(request.remote_addr or ""):
        abort(429)
    token = read_token(request.headers.get("X-Form", ""), desk.keys.receipt_keys)
    if token is None or token.is_expired(now()):
        abort(403)
    data = request.get_data(cache=False) if (request.content_length or 0) <= PIECE_BYTES else abort(413)
    upload = _upload(desk, token)
    if isinstance(upload, str):
        return {"refused": upload}, 422
    offset = request.headers.get("X-Offset", "0")
    received = received_of(desk.settings.files_folder, upload)
    if data and offset.isdigit():
        received = add_piece(desk.settings.files_folder, upload, int(offset), data)
    if received < upload.size:
        return {"upload": write_upload(upload, token, desk.keys.receipt_keys[0]), "received": received}, 200
    return _whole(desk, upload, token)


def _upload(desk: Intake, token: FormToken) -> Upload | str:
    carried = request.headers.get("X-Upload", "")
    if carried:
        found = read_upload(carried, token, desk.keys.receipt_keys)
        return found if found is not None else gettext("这个文件要重新选一次")
    size, most = request.headers.get("X-Size", ""), desk.settings.limits.file_bytes
    if not size.isdigit() or not 0 < int(size) <= most:
        return gettext("超过 %(most)s MB", most=most // (1024 * 1024)) if size.isdigit() and int(size) else gettext("是空文件")
    return begin_upload(unquote(request.headers.get("X-Name", "")), int(size))


def _whole(desk: Intake, upload: Upload, token: FormToken) -> Answer:
    taken = finish_upload(desk.settings.files_folder, upload, gettext)
    if not isinstance(taken, Attachment):
        return {"refused": taken.reason}, 422
    kept = write_kept(taken, token, desk.keys.receipt_keys[0])
    return {"kept": kept, "id": taken.id, "name": taken.name, "size": taken.size}, 201
