"""The two lives of a reward (machine E): the decision about an offence, and each share until it is collected."""

from __future__ import annotations

from portal.core.vocabulary import Role, Term
from portal.core.workflow import Step

HOUSE = "奖励办法（以采用版本为准）；内部控制：提出、审批、兑付三人分开"
PROPOSER = frozenset({Role.REWARD_PROPOSER})
APPROVER = frozenset({Role.REWARD_APPROVER})
PAYER = frozenset({Role.PAYER})


class RewardState(Term):
    """Where the decision about one verified offence stands."""

    PENDING = "pending", "待认定", "to be assessed"
    NOT_APPLICABLE = "not_applicable", "不适用", "not applicable"
    PROPOSED = "proposed", "已建议，待审批", "proposed"
    APPROVED = "approved", "已审批", "approved"
    REVOKED = "revoked", "已撤销", "revoked"


class ShareState(Term):
    """Where one person's part stands, from approval on."""

    AWAITING = "awaiting", "待通知", "to be notified"
    NOTIFIED = "notified", "已通知，待领取", "notified"
    PAID = "paid", "已领取", "collected"
    EXPIRED = "expired", "逾期放弃", "expired"
    DECLINED = "declined", "婉拒", "declined"
    REVOKED = "revoked", "已撤销", "revoked"


class ScheduleState(Term):
    """Whether a version of the rule applies."""

    PROPOSED = "proposed", "待第二人复核", "waits for a second person"
    ADOPTED = "adopted", "已采用", "adopted"
    REFUSED = "refused", "未采用", "not adopted"


class PaymentState(Term):
    """Where the money of one payment stands."""

    PAID = "paid", "已兑付，待核对", "paid, to be reconciled"
    RECONCILED = "reconciled", "已核对", "reconciled"
    VOIDED = "voided", "已作废", "voided"


class SecondHandKind(Term):
    """Acts on money that two people do together."""

    VOID_PAYMENT = "void_payment", "作废一笔兑付", "void a payment"
    REVOKE_REWARD = "revoke_reward", "撤销奖励", "revoke a reward"
    REISSUE = "reissue", "补发逾期奖励", "re-issue an expired reward"


R = RewardState
S = ShareState

REWARD_STEPS: tuple[Step, ...] = (
    Step(R.PENDING, "propose", R.PROPOSED, HOUSE, PROPOSER, guard="has_shares"),
    Step(R.PENDING, "set_aside", R.NOT_APPLICABLE, HOUSE, PROPOSER, text="不予奖励的理由"),
    Step(R.NOT_APPLICABLE, "reconsider", R.PENDING, HOUSE, PROPOSER, text="重新认定的理由"),
    Step(R.PROPOSED, "withdraw_proposal", R.PENDING, HOUSE, PROPOSER, text="撤回建议的理由"),
    Step(R.PROPOSED, "agree", R.PROPOSED, HOUSE, APPROVER, guard="another_approves"),
    Step(R.PROPOSED, "approve", R.APPROVED, HOUSE, APPROVER, guard="approvals_complete", notify=("reporter",)),
    Step(R.PROPOSED, "send_back", R.PENDING, HOUSE, APPROVER, guard="another_hand", text="退回的理由"),
    Step(R.APPROVED, "revoke", R.REVOKED, HOUSE, APPROVER, guard="nothing_paid", text="撤销的理由"),
)

_OPEN = (S.AWAITING, S.NOTIFIED)

SHARE_STEPS: tuple[Step, ...] = (
    Step(S.AWAITING, "notify", S.NOTIFIED, HOUSE, PAYER, by_system=True, public="奖励已经批准，可以领取", clock="通知期限停止"),
    Step(S.NOTIFIED, "open_window", S.NOTIFIED, HOUSE, PAYER, by_system=True, clock="领取期限开始"),
    Step(S.NOTIFIED, "note_unreachable", S.NOTIFIED, HOUSE, PAYER, text="怎样联系、为什么没联系上"),
    Step(S.NOTIFIED, "pay", S.PAID, HOUSE, PAYER, guard="payable_by", public="奖励已经领取", clock="领取期限停止"),
    Step(S.NOTIFIED, "expire", S.EXPIRED, HOUSE, by_system=True, guard="window_over", public="领取期限已过"),
    Step(
        S.EXPIRED, "reissue", S.NOTIFIED, HOUSE, APPROVER | PAYER, guard="may_reissue", text="补发的理由", clock="领取期限重新开始"
    ),
    Step(S.PAID, "void", S.NOTIFIED, HOUSE, APPROVER | PAYER, text="作废的理由"),
    *(Step(state, "decline", S.DECLINED, HOUSE, PAYER, by_system=True, public="您谢绝了奖励") for state in _OPEN),
    *(Step(state, "revoke", S.REVOKED, HOUSE, APPROVER, text="撤销的理由") for state in (*_OPEN, S.EXPIRED)),
)
