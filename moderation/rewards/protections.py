"""What the database itself refuses about rewards, on SQLite and PostgreSQL, whatever the code above it does."""

from __future__ import annotations

from portal.core.db import OfficeBase, Protection, protect, protect_append_only

for _table in ("reward_history", "reward_ledger", "reward_approval", "offence_letter", "verified_act", "reward_entry"):
    protect_append_only(OfficeBase, _table)


def refuse(name: str, table: str, event: str, condition: str, says: str, *, serialise: str = "") -> None:
    """Refuses ``event`` ("INSERT", "UPDATE", "UPDATE OF state", "DELETE") on a row of ``table`` where ``condition`` holds.

    ``condition`` is SQL both engines understand, over NEW and OLD. ``serialise``: an expression over NEW; on PostgreSQL two
    transactions with the same value wait for each other, so that the condition sees what the other wrote.
    """
    act = event.split(maxsplit=1)[0]
    row = "OLD" if act == "DELETE" else "NEW"
    wait = f"PERFORM pg_advisory_xact_lock(hashtext({serialise})); " if serialise else ""
    protect(
        OfficeBase,
        Protection(
            name,
            sqlite=(f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{says}'); END",),
            postgresql=(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {wait}"
                f"IF {condition} THEN RAISE EXCEPTION '{says}'; END IF; RETURN {row}; END $$",
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
            ),
        ),
    )


# ---- the tray knows of its letters what a desk asks: a count reads no letter ----

_READY = (
    "UPDATE reward_tray SET ready = (NEW.state IN ('settled', 'settled_for_now', 'follow_up', 'archived') "
    "AND NEW.duplicate_of IS NULL) WHERE letter_id = NEW.id;"
)
protect(
    OfficeBase,
    Protection(
        "reward_tray_ready",
        sqlite=(f"CREATE TRIGGER reward_tray_ready AFTER UPDATE OF state, duplicate_of ON letter BEGIN {_READY} END",),
        postgresql=(
            f"CREATE FUNCTION reward_tray_ready() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_READY} RETURN NULL; END $$",
            "CREATE TRIGGER reward_tray_ready AFTER UPDATE OF state, duplicate_of ON letter "
            "FOR EACH ROW EXECUTE FUNCTION reward_tray_ready()",
        ),
    ),
)

# ---- never for the same place, act and day twice ----

refuse(
    "verified_act_once",
    "verified_act",
    "INSERT",
    # Two keys, because a name added or left out is the same place while two names at one place are two: no unique index says so.
    "EXISTS (SELECT 1 FROM verified_act AS other WHERE (other.place_key IN (NEW.place_key, NEW.spot_key)"
    " OR other.spot_key = NEW.place_key) AND other.act_id = NEW.act_id"
    " AND other.first_day <= NEW.last_day AND other.last_day >= NEW.first_day)",
    "this act at this place on these days is verified already",
    serialise="'verified_act ' || split_part(NEW.place_key, '|', 1)",
)
refuse(
    "verified_offence_fixed",
    "verified_offence",
    "UPDATE",
    "1 = 1",
    "a verified offence does not change",
)

# ---- the rule two people adopted does not change ----

refuse(
    "reward_schedule_fixed",
    "reward_schedule",
    "UPDATE",
    "OLD.state <> 'proposed' OR NEW.text <> OLD.text OR NEW.digest <> OLD.digest OR NEW.proposed_by <> OLD.proposed_by"
    " OR NEW.first_receipt_on <> OLD.first_receipt_on OR NEW.document_number <> OLD.document_number",
    "an adopted schedule does not change",
)
refuse("reward_schedule_kept", "reward_schedule", "DELETE", "1 = 1", "schedules are kept")
refuse(
    "reward_line_adopted",
    "reward_line",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM reward_schedule WHERE id = NEW.schedule_id AND state = 'adopted')",
    "this schedule is not adopted",
)

# ---- a reward is whole, decided by two people, and then fixed ----

_STATES = (
    ("pending", "proposed"),
    ("pending", "not_applicable"),
    ("not_applicable", "pending"),
    ("proposed", "pending"),
    ("proposed", "approved"),
    ("approved", "revoked"),
)
_STEP = " OR ".join(f"(OLD.state = '{old}' AND NEW.state = '{new}')" for old, new in _STATES)

refuse("reward_new", "reward", "INSERT", "NEW.state <> 'pending'", "a reward begins as pending")
refuse("reward_kept", "reward", "DELETE", "1 = 1", "rewards are kept")
refuse(
    "reward_step",
    "reward",
    "UPDATE",
    f"NOT (OLD.state = NEW.state OR {_STEP})",
    "a reward cannot go from that state to this one",
)
refuse(
    "reward_fixed",
    "reward",
    "UPDATE",
    "NEW.offence_id <> OLD.offence_id OR (OLD.state IN ('approved', 'revoked') AND (NEW.amount_fen <> OLD.amount_fen"
    " OR NEW.unconfirmed <> OLD.unconfirmed OR NEW.proposed_by <> OLD.proposed_by OR NEW.schedule_id <> OLD.schedule_id"
    " OR NEW.round <> OLD.round OR NEW.budget_year <> OLD.budget_year))",
    "an approved reward does not change",
)
refuse(
    "reward_proposer_fixed",
    "reward",
    "UPDATE",
    "OLD.state = 'proposed' AND NEW.state IN ('proposed', 'approved') AND (NEW.proposed_by <> OLD.proposed_by"
    " OR NEW.amount_fen <> OLD.amount_fen OR NEW.round <> OLD.round OR NEW.unconfirmed <> OLD.unconfirmed)",
    "a proposal does not change while it is decided",
)
refuse(
    "reward_whole",
    "reward",
    "UPDATE",
    "NEW.state IN ('proposed', 'approved') AND OLD.state <> NEW.state AND ("
    "NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_line WHERE reward_id = NEW.id)"
    " OR NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_share WHERE reward_id = NEW.id)"
    " OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = NEW.id AND schedule_id <> NEW.schedule_id)"
    " OR (1 < (SELECT COUNT(*) FROM reward_line WHERE reward_id = NEW.id)"
    " AND 'sum' <> (SELECT counted FROM reward_schedule WHERE id = NEW.schedule_id)))",
    "amount, lines and shares of the reward do not agree",
)
refuse(
    "reward_approved_by_others",
    "reward",
    "UPDATE",
    "NEW.state = 'approved' AND OLD.state <> 'approved' AND"
    " (SELECT COUNT(*) FROM reward_approval WHERE reward_id = NEW.id AND round = NEW.round AND approver <> NEW.proposed_by)"
    " < (SELECT approvers FROM reward_schedule WHERE id = NEW.schedule_id)",
    "the reward lacks an approval by another person",
)
refuse(
    "reward_approval_by_another",
    "reward_approval",
    "INSERT",
    "NOT EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state = 'proposed' AND round = NEW.round"
    " AND proposed_by <> NEW.approver)",
    "who proposed cannot approve",
)
for _table in ("reward_line", "reward_share"):
    for _event, _row in (("INSERT", "NEW"), ("DELETE", "OLD")):
        refuse(
            f"{_table}_{_event.lower()}_open",
            _table,
            _event,
            f"EXISTS (SELECT 1 FROM reward WHERE id = {_row}.reward_id AND state <> 'pending')",
            "lines and shares are fixed once a reward is proposed",
        )
refuse("reward_line_fixed", "reward_line", "UPDATE", "1 = 1", "lines of a reward do not change")
refuse(
    "reward_share_fixed",
    "reward_share",
    "UPDATE",
    "NEW.amount_fen <> OLD.amount_fen OR NEW.reward_id <> OLD.reward_id OR NEW.letter_id <> OLD.letter_id"
    " OR NEW.person <> OLD.person OR NEW.named <> OLD.named",
    "a share does not change",
)

# ---- paid once, by a third person, what was approved and confirmed ----

_REWARD_OF_SHARE = "(SELECT reward_id FROM reward_share WHERE id = NEW.share_id)"
refuse(
    "reward_payment_due",
    "reward_payment",
    "INSERT",
    "NEW.state <> 'paid' OR NOT EXISTS (SELECT 1 FROM reward JOIN reward_share ON reward_share.reward_id = reward.id"
    " WHERE reward_share.id = NEW.share_id AND reward.state = 'approved' AND reward_share.state IN ('notified', 'paid'))",
    "this share is not due",
)
refuse(
    "reward_payment_confirmed",
    "reward_payment",
    "INSERT",
    f"EXISTS (SELECT 1 FROM reward WHERE id = {_REWARD_OF_SHARE} AND unconfirmed <> '')"
    f" OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = {_REWARD_OF_SHARE} AND NOT confirmed)",
    "an unconfirmed entry can be proposed, not paid",
)
refuse(
    "reward_payment_third_person",
    "reward_payment",
    "INSERT",
    f"EXISTS (SELECT 1 FROM reward WHERE id = {_REWARD_OF_SHARE} AND proposed_by = NEW.paid_by)"
    f" OR EXISTS (SELECT 1 FROM reward_approval WHERE reward_id = {_REWARD_OF_SHARE} AND approver = NEW.paid_by)",
    "who proposed or approved cannot pay",
)
refuse(
    "reward_payment_code",
    "reward_payment",
    "INSERT",
    "NEW.code_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM collection_code WHERE id = NEW.code_id AND share_id = NEW.share_id"
    " AND digest IS NOT NULL AND voided_at IS NULL)",
    "this collection code does not fit",
)
refuse(
    "reward_payment_fixed",
    "reward_payment",
    "UPDATE",
    "OLD.state = 'voided' OR (OLD.state = 'reconciled' AND NEW.state <> 'reconciled') OR NEW.share_id <> OLD.share_id"
    " OR NEW.amount_fen <> OLD.amount_fen OR NEW.paid_by <> OLD.paid_by OR NEW.voucher <> OLD.voucher OR NEW.means <> OLD.means"
    " OR NEW.paid_on <> OLD.paid_on",
    "a payment does not change",
)
refuse(
    "reward_payment_voided_by_two",
    "reward_payment",
    "UPDATE",
    "NEW.state = 'voided' AND NOT EXISTS (SELECT 1 FROM reward_second_hand WHERE kind = 'void_payment' AND subject_id = NEW.id"
    " AND granted)",
    "voiding a payment needs two people",
)
refuse(
    "reward_payment_phone_erased",
    "reward_payment",
    "UPDATE",
    "NEW.state = 'reconciled' AND OLD.state <> 'reconciled'"
    " AND EXISTS (SELECT 1 FROM reward_share WHERE id = NEW.share_id AND sealed_phone IS NOT NULL)",
    "the phone number must be erased first",
)
refuse("reward_payment_kept", "reward_payment", "DELETE", "1 = 1", "payments are kept")
refuse(
    "collection_code_once",
    "collection_code",
    "UPDATE",
    "OLD.used_at IS NOT NULL OR OLD.voided_at IS NOT NULL OR NEW.share_id <> OLD.share_id"
    " OR (OLD.digest IS NOT NULL AND NEW.digest <> OLD.digest)",
    "a collection code works once",
)
refuse("collection_code_kept", "collection_code", "DELETE", "1 = 1", "collection codes are kept")
refuse(
    "reward_second_hand_fixed",
    "reward_second_hand",
    "UPDATE",
    "OLD.decided_at IS NOT NULL OR NEW.asked_by <> OLD.asked_by OR NEW.subject_id <> OLD.subject_id OR NEW.kind <> OLD.kind",
    "a decision stands",
)
