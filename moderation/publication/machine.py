"""How a disclosure lives (信息公开, machine D): a drafter, three different reviewers, then the public. A table of steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from portal.core.vocabulary import Role, Term
from portal.core.workflow import Actor, Machine, Step, SystemActor

RULES = "信息公开条例 第十七条；发布规程"


class DisclosureState(Term):
    """Where a disclosure stands on its way to the public."""

    DRAFTING = "drafting", "起草", "drafting"
    REDACTION = "redaction", "脱敏", "redaction"
    FIRST_REVIEW = "first_review", "初审", "first review"
    SECOND_REVIEW = "second_review", "复审", "second review"
    FINAL_REVIEW = "final_review", "终审", "final review"
    SIGNED = "signed", "已签发", "signed"
    PUBLISHED = "published", "已公开", "published"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"


class Reviewable(Protocol):
    """What the guards look at; `disclosures.Disclosure` is it."""

    @property
    def reviewers(self) -> frozenset[str]: ...
    @property
    def drafted_by(self) -> str: ...
    @property
    def checklist_done(self) -> bool: ...
    @property
    def leak_notice(self) -> str: ...
    @property
    def live_revision(self) -> int: ...
    @property
    def publish_at(self) -> datetime | None: ...
    @property
    def version(self) -> int: ...
    @property
    def compared_version(self) -> int: ...
    @property
    def open_remarks(self) -> int: ...
    @property
    def last_step_by(self) -> str: ...


S = DisclosureState
_DRAFT = frozenset({Role.DRAFTER})
_REVIEW = frozenset({Role.REVIEWER})
_SIGN = frozenset({Role.SIGNATORY})
_PUBLISH = frozenset({Role.PUBLISHER, Role.DRAFTER})


def _checked(disclosure: Reviewable, by: Actor) -> str | None:  # noqa: ARG001
    return None if disclosure.checklist_done else "请先逐项核对公开前审查清单（国家秘密、商业秘密、个人隐私、过程信息）"


def _nothing_leaks(disclosure: Reviewable, by: Actor) -> str | None:
    return disclosure.leak_notice or _checked(disclosure, by)


def _answered(disclosure: Reviewable, by: Actor) -> str | None:
    if disclosure.open_remarks:
        return f"还有 {disclosure.open_remarks} 处批注没有答复，请先逐处答复"
    return _nothing_leaks(disclosure, by)


def _other_hand(disclosure: Reviewable, by: Actor) -> str | None:
    if by.id == disclosure.drafted_by:
        return "审核人不能是拟稿人"
    if by.id in disclosure.reviewers:
        return "每一审须由不同的人完成"
    if disclosure.open_remarks:
        return f"还有 {disclosure.open_remarks} 处批注没有了结，请退回起草；提出人也可以收回批注"
    return _nothing_leaks(disclosure, by)


def _live(disclosure: Reviewable, by: Actor) -> str | None:  # noqa: ARG001
    return None if disclosure.live_revision else "还没有公开过，无需撤回"


def _own_or_publisher(disclosure: Reviewable, by: Actor) -> str | None:
    if disclosure.compared_version != disclosure.version:
        return "后台正在作最后核对，几秒钟后再点一次"
    if isinstance(by, SystemActor):
        return disclosure.leak_notice or (None if disclosure.publish_at else "没有设定发布时间")
    if Role.PUBLISHER not in by.roles and by.id != disclosure.drafted_by:
        return "只有发布员或本件的拟稿人可以发布"
    return disclosure.leak_notice or None


def _own_step(disclosure: Reviewable, by: Actor) -> str | None:
    return None if disclosure.last_step_by == by.id else "只能撤回自己刚办的一步，而且还没有人接着办"


_GUARDS = {
    "own_step": _own_step,
    "checked": _checked,
    "answered": _answered,
    "other_hand": _other_hand,
    "live": _live,
    "own_or_publisher": _own_or_publisher,
}


def _tell(session: Any, disclosure: Any, step: Step, by: Actor, at: datetime, detail: Mapping[str, Any]) -> None:
    # Imported here: notices are about disclosures, which import this.
    from moderation.publication.notices import tell_of_step

    tell_of_step(session, disclosure, step, by, at, detail)


def _machine(name: str, first_pass: Term) -> Machine:
    next_hand = ("reviewer",) if first_pass is S.SECOND_REVIEW else ("signatory",)
    reviewing = (S.FIRST_REVIEW, S.SECOND_REVIEW, S.FINAL_REVIEW)
    review_roles = {S.FIRST_REVIEW: _REVIEW, S.SECOND_REVIEW: _REVIEW, S.FINAL_REVIEW: _SIGN}
    return Machine(
        name,
        "信息公开发布规程",
        (
            Step(S.DRAFTING, "hand_in", S.REDACTION, RULES, roles=_DRAFT),
            Step(
                S.REDACTION, "redacted", S.FIRST_REVIEW, "信息公开条例 第十五条", roles=_DRAFT, guard="answered",
                notify=("reviewer",),
            ),
            Step(S.REDACTION, "send_back", S.DRAFTING, RULES, roles=_DRAFT),
            Step(S.FIRST_REVIEW, "pass", first_pass, RULES, roles=_REVIEW, guard="other_hand", notify=next_hand),
            Step(S.SECOND_REVIEW, "pass", S.FINAL_REVIEW, RULES, roles=_REVIEW, guard="other_hand", notify=("signatory",)),
            Step(S.FINAL_REVIEW, "sign", S.SIGNED, RULES, roles=_SIGN, guard="other_hand", notify=("publisher", "drafter")),
            *(
                Step(state, "send_back", S.DRAFTING, RULES, roles=review_roles[state], text="退回修改的理由", notify=("drafter",))
                for state in reviewing
            ),
            Step(S.SIGNED, "send_back", S.DRAFTING, RULES, roles=_SIGN | _DRAFT, text="收回签发的理由"),
            *(
                # A slip of the hand, noticed at once: the step just taken is taken back by the same hand.
                Step(state, "take_back", before, RULES, roles=roles, guard="own_step")
                for state, before, roles in (
                    (S.REDACTION, S.DRAFTING, _DRAFT), (S.FIRST_REVIEW, S.REDACTION, _DRAFT),
                    *(((S.SECOND_REVIEW, S.FIRST_REVIEW, _REVIEW),) if first_pass is S.SECOND_REVIEW else ()),
                    (S.FINAL_REVIEW, S.SECOND_REVIEW if first_pass is S.SECOND_REVIEW else S.FIRST_REVIEW, _REVIEW),
                    (S.SIGNED, S.FINAL_REVIEW, _SIGN),
                )
            ),
            Step(
                S.SIGNED, "publish", S.PUBLISHED, "信息公开条例 第二十三条", roles=_PUBLISH, by_system=True,
                guard="own_or_publisher", public="已公开",
            ),
            Step(
                S.PUBLISHED, "correct", S.DRAFTING, "信息公开条例 第六条、第四十一条", roles=_DRAFT, text="更正说明（会公开）",
                by_system=True,  # a change recorded at another desk begins the correction; people still review it
            ),
            *(
                Step(
                    state, "withdraw", S.WITHDRAWN, "行政处罚法 第四十八条；发布规程", roles=_SIGN, guard="live",
                    by_system=True,  # the timer takes down a quashed penalty on its last day
                    text="撤回原因（会公开）",
                )
                for state in (S.PUBLISHED, S.DRAFTING, S.REDACTION, *reviewing, S.SIGNED)
            ),
        ),
        _GUARDS,
        _tell,
    )  # fmt: skip


THREE_REVIEWS = _machine("disclosure", S.SECOND_REVIEW)
TWO_REVIEWS = _machine("disclosure", S.FINAL_REVIEW)
"""For a small office, visibly: first review and signature, by two people who did not draft."""
