"""Looking up a report with its receipt, by form post only: its state, the messages, and what the reporter may still do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, render_template, request
from sqlalchemy.exc import DBAPIError

from portal.core import reports
from portal.core.clock import day_of, now
from portal.core.outgoing import Attachment
from portal.core.receipts import ReceiptCode, ReceiptKeys, ReceiptTypo, in_groups, read_receipt_code
from portal.core.report_content import MessageKind, ReporterMessage
from portal.core.reports import Mailbox, Report, SealedMessage, find_by_receipt, open_mailbox, seal_message
from portal.core.staging import Refused, settle_times
from portal.core.typed_text import clean_text
from portal.intake.context import Intake, intake
from portal.intake.posted import FILES_FIELD, leave_nothing_staged, new_files
from portal.intake.tokens import new_token, read_token, write_token
from portal.web.fields import PlainField
from portal.web.language import N_, gettext

bp = Blueprint("c", __name__, url_prefix="/r/c", template_folder="templates")
bp.teardown_request(lambda _error: leave_nothing_staged())

Answer = tuple[str, int]

NOT_FOUND = N_("没有找到。请对照您记下的查询码再输一遍。忘了或丢了查询码，我们也无法找回。")
TYPO = N_("查询码第 %(groups)s 组有错，请对照再输。")
TYPO_LENGTH = N_("查询码是 8 组、每组 5 个数字，共 40 个。现在的长度不对，请对照再输。")
SLOW_DOWN = N_("试得太多了，请过几分钟再输。")
NOT_KEPT = N_("没有收到：我们的存储出了问题，这一次写的内容没有存下。请过几分钟再发。")
TOO_OLD = N_("这一页开得太久。您写的内容还在，请再按一次发送。")
SAID = {
    MessageKind.MESSAGE: N_("留言收到了。"),
    MessageKind.SUPPLEMENT: N_("补充的线索收到了。"),
    MessageKind.RETALIATION: N_("收到了。这件事直接转给纪检监察和督办监察组，不经过被反映的单位。有人身危险请马上打 110。"),
    MessageKind.SATISFACTION: N_("评价收到了，谢谢您。"),
    MessageKind.REWARD_CLAIM: N_("领取申请收到了。"),
    MessageKind.REWARD_DECLINED: N_("记下了：您不要奖励。举报照常办理。"),
}
TEXT_MOST = 5000
NEEDS_WORDS = {MessageKind.MESSAGE, MessageKind.SUPPLEMENT, MessageKind.RETALIATION}


@dataclass(frozen=True)
class Found:
    """A receipt that answered."""

    report: Report
    receipt: ReceiptKeys


@bp.get("/")
def ask() -> str:
    """The page that asks for the receipt."""
    return ask_page()[0]


@bp.post("/")
def post() -> Answer:
    """Opens the mailbox of a receipt; does first what the pressed button says."""
    desk, at = intake(), now()
    if not desk.lookups.allows(request.remote_addr or ""):
        return ask_page(SLOW_DOWN, 429)
    typed = request.form.get("code", "")
    try:
        code = read_receipt_code(typed)
    except ReceiptTypo as typo:
        groups = "、".join(str(number) for number in typo.groups)
        return ask_page(gettext(TYPO, groups=groups) if groups else TYPO_LENGTH, 422, typed)
    found = look_up(desk, code)
    if found is None:
        return ask_page(NOT_FOUND, 404)
    action = request.form.get("do", "")
    if action == "withdraw":
        return withdraw(desk, found, at)
    if action in set(MessageKind) - {MessageKind.WITHDRAWAL}:
        return say(desk, found, MessageKind(action), at)  # type: ignore[call-arg]
    return mailbox_page(desk, found, at)


def look_up(desk: Intake, code: ReceiptCode) -> Found | None:
    """The report of a receipt. All receipts that answer nothing take the same path, and the same time."""
    with desk.register.reading() as session:
        report = find_by_receipt(session, code, desk.keys)
    return Found(report, ReceiptKeys(code)) if report is not None else None


def say(desk: Intake, found: Found, kind: MessageKind, at: datetime) -> Answer:
    """Keeps what the reporter wrote, and shows the mailbox with it."""
    token = read_token(request.form.get("f", ""), desk.keys.receipt_keys)
    text = clean_text(request.form.get("text", ""))[:TEXT_MOST]
    files, refused = new_files(desk, desk.settings.limits.files)
    if token is None or token.is_expired(at):
        return mailbox_page(desk, found, at, problem=TOO_OLD, text=text, status=422)
    if refused:
        return mailbox_page(desk, found, at, refused=refused, text=text, status=422)
    if kind in NEEDS_WORDS and not text and not files:
        return mailbox_page(desk, found, at, problem=N_("请写几句，或者加一个文件"), status=422)
    message = _message(kind, text, files)
    if isinstance(message, str):
        return mailbox_page(desk, found, at, problem=message, text=text, status=422)
    sealed = seal_message(found.report, message, nonce=token.nonce, keys=desk.keys, at=at)
    if not _kept(desk, found, sealed, at):
        return mailbox_page(desk, found, at, problem=NOT_KEPT, text=text, status=503)
    return mailbox_page(desk, found, at, done=SAID[kind], status=201)


def _message(kind: MessageKind, text: str, files: tuple[Attachment, ...]) -> ReporterMessage | str:
    score = request.form.get("score", "")
    if kind is MessageKind.SATISFACTION and score not in {"1", "2", "3", "4", "5"}:
        return N_("请选择满意的程度")
    return ReporterMessage(
        sent_at="",
        kind=kind,
        text=text,
        attachments=files,
        score=int(score) if kind is MessageKind.SATISFACTION else None,
        reference=request.form.get("reward", "")[:26] if kind in _REWARD else "",
        collection=clean_text(request.form.get("collection", ""))[:500] if kind in _REWARD else "",
    )


_REWARD = {MessageKind.REWARD_CLAIM, MessageKind.REWARD_DECLINED}


def _kept(desk: Intake, found: Found, sealed: SealedMessage, at: datetime, *, withdrawing: bool = False) -> bool:
    try:
        settle_times(desk.settings.files_folder, sealed.attachments, day_of(at))
        with desk.register.transaction() as session:
            if withdrawing:
                reports.withdraw(session, found.report, sealed, at=at)
            else:
                reports.post_message(session, sealed, at=at)
    except (DBAPIError, OSError):
        return False
    return True


def withdraw(desk: Intake, found: Found, at: datetime) -> Answer:
    """Takes the report back after the question whether somebody demanded it; the receipt then answers nothing any more."""
    token = read_token(request.form.get("f", ""), desk.keys.receipt_keys)
    if token is None or token.is_expired(at) or request.form.get("sure") != "y":
        return mailbox_page(desk, found, at, problem=N_("撤回前请勾选“我确定撤回”"), status=422)
    demanded = request.form.get("demanded", "")
    message = ReporterMessage(
        sent_at="",
        kind=MessageKind.WITHDRAWAL,
        text=clean_text(request.form.get("text", ""))[:TEXT_MOST],
        demanded=demanded if demanded in {"yes", "no"} else "",
    )
    sealed = seal_message(found.report, message, nonce=token.nonce, keys=desk.keys, at=at)
    if not _kept(desk, found, sealed, at, withdrawing=True):
        return mailbox_page(desk, found, at, problem=NOT_KEPT, status=503)
    return render_template("intake/withdrawn.html"), 200


def ask_page(problem: str = "", status: int = 200, typed: str = "") -> Answer:
    """Asks for the receipt. What was typed comes back only for a typing slip."""
    field = PlainField("code", N_("查询码"), typed, errors=(problem,) if problem else ())
    return render_template("intake/ask.html", code=field, page_has_errors=bool(problem)), status


def mailbox_page(
    desk: Intake,
    found: Found,
    at: datetime,
    *,
    problem: str = "",
    done: str = "",
    text: str = "",
    refused: tuple[Refused, ...] = (),
    status: int = 200,
) -> Answer:
    """Everything the receipt opens."""
    box = opened_mailbox(desk, found)
    _note_reward_seen(desk, found, box, at)
    problems = (*((problem,) if problem else ()), *(f"{item.name}：{item.reason}" for item in refused))
    values = {
        "box": box,
        "status": box.status,
        "groups": in_groups(found.receipt.code),
        "code": found.receipt.code,
        "token": write_token(new_token(at), desk.keys.receipt_keys[0]),
        "problems": problems,
        "done": done,
        "text": text,
        "limits": desk.settings.limits,
        "kinds": {kind.value: gettext(kind.zh) for kind in MessageKind},
        "page_has_errors": status >= 400,
        "files_field": FILES_FIELD,
    }
    return render_template("intake/mailbox.html", **values), status


def _note_reward_seen(desk: Intake, found: Found, box: Mailbox, at: datetime) -> None:
    """Once a report: the claim window of a reward starts on the day its receipt first shows it."""
    shown = box.status is not None and box.status.reward is not None and box.status.reward.may_collect
    if shown and found.report.reward_seen_on is None:
        with desk.register.transaction() as session:
            reports.note_reward_seen(session, found.report.id, at=at)


def opened_mailbox(desk: Intake, found: Found) -> Mailbox:
    """The mailbox, opened in the memory of this request only."""
    with desk.register.reading() as session:
        return open_mailbox(session, found.report, found.receipt)
