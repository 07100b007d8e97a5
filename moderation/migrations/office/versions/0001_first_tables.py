"""The first tables of the office store. Generated from the models; later changes are migrations of their own."""

# ruff: noqa
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


PROTECTIONS = {
    "sqlite": [
        "CREATE TRIGGER accountability_history_no_update BEFORE UPDATE ON accountability_history BEGIN SELECT RAISE(ABORT, 'accountability_history is append-only'); END",
        "CREATE TRIGGER accountability_history_no_delete BEFORE DELETE ON accountability_history BEGIN SELECT RAISE(ABORT, 'accountability_history is append-only'); END",
        "CREATE TRIGGER collection_code_kept BEFORE DELETE ON collection_code WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'collection codes are kept'); END",
        "CREATE TRIGGER collection_code_once BEFORE UPDATE ON collection_code WHEN OLD.used_at IS NOT NULL OR OLD.voided_at IS NOT NULL OR NEW.share_id <> OLD.share_id OR (OLD.digest IS NOT NULL AND NEW.digest <> OLD.digest) BEGIN SELECT RAISE(ABORT, 'a collection code works once'); END",
        "CREATE TRIGGER disclosure_history_no_update BEFORE UPDATE ON disclosure_history BEGIN SELECT RAISE(ABORT, 'disclosure_history is append-only'); END",
        "CREATE TRIGGER disclosure_history_no_delete BEFORE DELETE ON disclosure_history BEGIN SELECT RAISE(ABORT, 'disclosure_history is append-only'); END",
        "CREATE TRIGGER exposure_history_no_update BEFORE UPDATE ON exposure_history BEGIN SELECT RAISE(ABORT, 'exposure_history is append-only'); END",
        "CREATE TRIGGER exposure_history_no_delete BEFORE DELETE ON exposure_history BEGIN SELECT RAISE(ABORT, 'exposure_history is append-only'); END",
        'CREATE TRIGGER figure_check_past AFTER UPDATE OF round ON letter BEGIN UPDATE figure_check SET past = (round <> NEW.round) WHERE letter_id = NEW.id; END',
        "CREATE TRIGGER identity_opened_no_update BEFORE UPDATE ON identity_opened BEGIN SELECT RAISE(ABORT, 'identity_opened is append-only'); END",
        "CREATE TRIGGER identity_opened_no_delete BEFORE DELETE ON identity_opened BEGIN SELECT RAISE(ABORT, 'identity_opened is append-only'); END",
        "CREATE TRIGGER investigation_history_no_update BEFORE UPDATE ON investigation_history BEGIN SELECT RAISE(ABORT, 'investigation_history is append-only'); END",
        "CREATE TRIGGER investigation_history_no_delete BEFORE DELETE ON investigation_history BEGIN SELECT RAISE(ABORT, 'investigation_history is append-only'); END",
        'CREATE TRIGGER letter_assignment_copied_in AFTER INSERT ON letter_assignment BEGIN UPDATE letter_assignment SET (state, desk, region_code, received_on, due_on) = (SELECT state, desk, region_code, received_on, due_on FROM letter WHERE id = NEW.letter_id) WHERE id = NEW.id AND (state, desk, region_code, received_on, due_on) IS NOT (SELECT state, desk, region_code, received_on, due_on FROM letter WHERE id = NEW.letter_id); END',
        'CREATE TRIGGER letter_assignment_copied_over AFTER UPDATE OF state, desk, region_code, received_on, due_on ON letter BEGIN UPDATE letter_assignment SET state = NEW.state, desk = NEW.desk, region_code = NEW.region_code, received_on = NEW.received_on, due_on = NEW.due_on WHERE letter_id = NEW.id; END',
        'CREATE TRIGGER letter_counted_in AFTER INSERT ON letter BEGIN INSERT INTO letter_count (state, unit_id, discipline_only, letters) VALUES (NEW.state, NEW.unit_id, NEW.discipline_only, 1) ON CONFLICT (state, unit_id, discipline_only) DO UPDATE SET letters = letter_count.letters + 1; END',
        'CREATE TRIGGER letter_counted_out AFTER DELETE ON letter BEGIN UPDATE letter_count SET letters = letters - 1 WHERE state = OLD.state AND unit_id = OLD.unit_id AND discipline_only = OLD.discipline_only; END',
        'CREATE TRIGGER letter_counted_over AFTER UPDATE OF state, unit_id, discipline_only ON letter BEGIN UPDATE letter_count SET letters = letters - 1 WHERE state = OLD.state AND unit_id = OLD.unit_id AND discipline_only = OLD.discipline_only; INSERT INTO letter_count (state, unit_id, discipline_only, letters) VALUES (NEW.state, NEW.unit_id, NEW.discipline_only, 1) ON CONFLICT (state, unit_id, discipline_only) DO UPDATE SET letters = letter_count.letters + 1; END',
        "CREATE TRIGGER letter_event_no_update BEFORE UPDATE ON letter_event BEGIN SELECT RAISE(ABORT, 'letter_event is append-only'); END",
        "CREATE TRIGGER letter_event_no_delete BEFORE DELETE ON letter_event BEGIN SELECT RAISE(ABORT, 'letter_event is append-only'); END",
        "CREATE TRIGGER letter_finding_no_update BEFORE UPDATE ON letter_finding BEGIN SELECT RAISE(ABORT, 'letter_finding is append-only'); END",
        "CREATE TRIGGER letter_finding_no_delete BEFORE DELETE ON letter_finding BEGIN SELECT RAISE(ABORT, 'letter_finding is append-only'); END",
        "CREATE TRIGGER letter_recheck_end_no_update BEFORE UPDATE ON letter_recheck_end BEGIN SELECT RAISE(ABORT, 'letter_recheck_end is append-only'); END",
        "CREATE TRIGGER letter_recheck_end_no_delete BEFORE DELETE ON letter_recheck_end BEGIN SELECT RAISE(ABORT, 'letter_recheck_end is append-only'); END",
        "CREATE TRIGGER letter_recheck_result_no_update BEFORE UPDATE ON letter_recheck_result BEGIN SELECT RAISE(ABORT, 'letter_recheck_result is append-only'); END",
        "CREATE TRIGGER letter_recheck_result_no_delete BEFORE DELETE ON letter_recheck_result BEGIN SELECT RAISE(ABORT, 'letter_recheck_result is append-only'); END",
        'CREATE TRIGGER letter_type_copied_in AFTER INSERT ON letter_type BEGIN UPDATE letter_type SET (state, desk, region_code, unit_id, key_letter, received_on, due_on) = (SELECT state, desk, region_code, unit_id, key_letter, received_on, due_on FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND type = NEW.type AND (state, desk, region_code, unit_id, key_letter, received_on, due_on) IS NOT (SELECT state, desk, region_code, unit_id, key_letter, received_on, due_on FROM letter WHERE id = NEW.letter_id); END',
        'CREATE TRIGGER letter_type_copied_over AFTER UPDATE OF state, desk, region_code, unit_id, key_letter, received_on, due_on ON letter BEGIN UPDATE letter_type SET state = NEW.state, desk = NEW.desk, region_code = NEW.region_code, unit_id = NEW.unit_id, key_letter = NEW.key_letter, received_on = NEW.received_on, due_on = NEW.due_on WHERE letter_id = NEW.id; END',
        'CREATE VIRTUAL TABLE letter_words USING fts5(grams, marks, content=\'letter_search\', content_rowid=\'position\', tokenize="unicode61 remove_diacritics 0")',
        'CREATE TRIGGER letter_words_in AFTER INSERT ON letter_search BEGIN INSERT INTO letter_words(rowid, grams, marks) VALUES (NEW.position, NEW.grams, NEW.marks); END',
        "CREATE TRIGGER letter_words_out AFTER DELETE ON letter_search BEGIN INSERT INTO letter_words(letter_words, rowid, grams, marks) VALUES ('delete', OLD.position, OLD.grams, OLD.marks); END",
        "CREATE TRIGGER letter_words_over AFTER UPDATE OF grams, marks ON letter_search BEGIN INSERT INTO letter_words(letter_words, rowid, grams, marks) VALUES ('delete', OLD.position, OLD.grams, OLD.marks); INSERT INTO letter_words(rowid, grams, marks) VALUES (NEW.position, NEW.grams, NEW.marks); END",
        "CREATE TRIGGER letter_marked_0 AFTER UPDATE OF state, region_code, unit_id, key_letter, discipline_only ON letter BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.id) WHERE letter_id = NEW.id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.id); END",
        "CREATE TRIGGER letter_marked_1 AFTER INSERT ON letter_type BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); END",
        "CREATE TRIGGER letter_marked_2 AFTER DELETE ON letter_type BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = OLD.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = OLD.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = OLD.letter_id) WHERE letter_id = OLD.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = OLD.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = OLD.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = OLD.letter_id); END",
        "CREATE TRIGGER letter_marked_3 AFTER INSERT ON letter_assignment BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); END",
        "CREATE TRIGGER letter_marked_4 AFTER UPDATE OF ended_at, unit_id ON letter_assignment BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || lower(hex(unit_id)) || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT group_concat(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT group_concat(' all' || lower(hex(unit_id)), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); END",
        "CREATE TRIGGER measure_change_no_update BEFORE UPDATE ON measure_change BEGIN SELECT RAISE(ABORT, 'measure_change is append-only'); END",
        "CREATE TRIGGER measure_change_no_delete BEFORE DELETE ON measure_change BEGIN SELECT RAISE(ABORT, 'measure_change is append-only'); END",
        "CREATE TRIGGER naming_decision_no_update BEFORE UPDATE ON naming_decision BEGIN SELECT RAISE(ABORT, 'naming_decision is append-only'); END",
        "CREATE TRIGGER naming_decision_no_delete BEFORE DELETE ON naming_decision BEGIN SELECT RAISE(ABORT, 'naming_decision is append-only'); END",
        "CREATE TRIGGER offence_letter_no_update BEFORE UPDATE ON offence_letter BEGIN SELECT RAISE(ABORT, 'offence_letter is append-only'); END",
        "CREATE TRIGGER offence_letter_no_delete BEFORE DELETE ON offence_letter BEGIN SELECT RAISE(ABORT, 'offence_letter is append-only'); END",
        "CREATE TRIGGER office_audit_no_update BEFORE UPDATE ON office_audit BEGIN SELECT RAISE(ABORT, 'office_audit is append-only'); END",
        "CREATE TRIGGER office_audit_no_delete BEFORE DELETE ON office_audit BEGIN SELECT RAISE(ABORT, 'office_audit is append-only'); END",
        "CREATE TRIGGER rectification_event_no_update BEFORE UPDATE ON rectification_event BEGIN SELECT RAISE(ABORT, 'rectification_event is append-only'); END",
        "CREATE TRIGGER rectification_event_no_delete BEFORE DELETE ON rectification_event BEGIN SELECT RAISE(ABORT, 'rectification_event is append-only'); END",
        "CREATE TRIGGER rectification_monthly_report_no_update BEFORE UPDATE ON rectification_monthly_report BEGIN SELECT RAISE(ABORT, 'rectification_monthly_report is append-only'); END",
        "CREATE TRIGGER rectification_monthly_report_no_delete BEFORE DELETE ON rectification_monthly_report BEGIN SELECT RAISE(ABORT, 'rectification_monthly_report is append-only'); END",
        "CREATE TRIGGER reward_approval_no_update BEFORE UPDATE ON reward_approval BEGIN SELECT RAISE(ABORT, 'reward_approval is append-only'); END",
        "CREATE TRIGGER reward_approval_no_delete BEFORE DELETE ON reward_approval BEGIN SELECT RAISE(ABORT, 'reward_approval is append-only'); END",
        "CREATE TRIGGER reward_approval_by_another BEFORE INSERT ON reward_approval WHEN NOT EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state = 'proposed' AND round = NEW.round AND proposed_by <> NEW.approver) BEGIN SELECT RAISE(ABORT, 'who proposed cannot approve'); END",
        "CREATE TRIGGER reward_approved_by_others BEFORE UPDATE ON reward WHEN NEW.state = 'approved' AND OLD.state <> 'approved' AND (SELECT COUNT(*) FROM reward_approval WHERE reward_id = NEW.id AND round = NEW.round AND approver <> NEW.proposed_by) < (SELECT approvers FROM reward_schedule WHERE id = NEW.schedule_id) BEGIN SELECT RAISE(ABORT, 'the reward lacks an approval by another person'); END",
        "CREATE TRIGGER reward_entry_no_update BEFORE UPDATE ON reward_entry BEGIN SELECT RAISE(ABORT, 'reward_entry is append-only'); END",
        "CREATE TRIGGER reward_entry_no_delete BEFORE DELETE ON reward_entry BEGIN SELECT RAISE(ABORT, 'reward_entry is append-only'); END",
        "CREATE TRIGGER reward_fixed BEFORE UPDATE ON reward WHEN NEW.offence_id <> OLD.offence_id OR (OLD.state IN ('approved', 'revoked') AND (NEW.amount_fen <> OLD.amount_fen OR NEW.unconfirmed <> OLD.unconfirmed OR NEW.proposed_by <> OLD.proposed_by OR NEW.schedule_id <> OLD.schedule_id OR NEW.round <> OLD.round OR NEW.budget_year <> OLD.budget_year)) BEGIN SELECT RAISE(ABORT, 'an approved reward does not change'); END",
        "CREATE TRIGGER reward_history_no_update BEFORE UPDATE ON reward_history BEGIN SELECT RAISE(ABORT, 'reward_history is append-only'); END",
        "CREATE TRIGGER reward_history_no_delete BEFORE DELETE ON reward_history BEGIN SELECT RAISE(ABORT, 'reward_history is append-only'); END",
        "CREATE TRIGGER reward_kept BEFORE DELETE ON reward WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'rewards are kept'); END",
        "CREATE TRIGGER reward_ledger_no_update BEFORE UPDATE ON reward_ledger BEGIN SELECT RAISE(ABORT, 'reward_ledger is append-only'); END",
        "CREATE TRIGGER reward_ledger_no_delete BEFORE DELETE ON reward_ledger BEGIN SELECT RAISE(ABORT, 'reward_ledger is append-only'); END",
        "CREATE TRIGGER reward_line_adopted BEFORE INSERT ON reward_line WHEN NOT EXISTS (SELECT 1 FROM reward_schedule WHERE id = NEW.schedule_id AND state = 'adopted') BEGIN SELECT RAISE(ABORT, 'this schedule is not adopted'); END",
        "CREATE TRIGGER reward_line_delete_open BEFORE DELETE ON reward_line WHEN EXISTS (SELECT 1 FROM reward WHERE id = OLD.reward_id AND state <> 'pending') BEGIN SELECT RAISE(ABORT, 'lines and shares are fixed once a reward is proposed'); END",
        "CREATE TRIGGER reward_line_fixed BEFORE UPDATE ON reward_line WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'lines of a reward do not change'); END",
        "CREATE TRIGGER reward_line_insert_open BEFORE INSERT ON reward_line WHEN EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state <> 'pending') BEGIN SELECT RAISE(ABORT, 'lines and shares are fixed once a reward is proposed'); END",
        "CREATE TRIGGER reward_new BEFORE INSERT ON reward WHEN NEW.state <> 'pending' BEGIN SELECT RAISE(ABORT, 'a reward begins as pending'); END",
        "CREATE TRIGGER reward_payment_code BEFORE INSERT ON reward_payment WHEN NEW.code_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM collection_code WHERE id = NEW.code_id AND share_id = NEW.share_id AND digest IS NOT NULL AND voided_at IS NULL) BEGIN SELECT RAISE(ABORT, 'this collection code does not fit'); END",
        "CREATE TRIGGER reward_payment_confirmed BEFORE INSERT ON reward_payment WHEN EXISTS (SELECT 1 FROM reward WHERE id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND unconfirmed <> '') OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND NOT confirmed) BEGIN SELECT RAISE(ABORT, 'an unconfirmed entry can be proposed, not paid'); END",
        "CREATE TRIGGER reward_payment_due BEFORE INSERT ON reward_payment WHEN NEW.state <> 'paid' OR NOT EXISTS (SELECT 1 FROM reward JOIN reward_share ON reward_share.reward_id = reward.id WHERE reward_share.id = NEW.share_id AND reward.state = 'approved' AND reward_share.state IN ('notified', 'paid')) BEGIN SELECT RAISE(ABORT, 'this share is not due'); END",
        "CREATE TRIGGER reward_payment_fixed BEFORE UPDATE ON reward_payment WHEN OLD.state = 'voided' OR (OLD.state = 'reconciled' AND NEW.state <> 'reconciled') OR NEW.share_id <> OLD.share_id OR NEW.amount_fen <> OLD.amount_fen OR NEW.paid_by <> OLD.paid_by OR NEW.voucher <> OLD.voucher OR NEW.means <> OLD.means OR NEW.paid_on <> OLD.paid_on BEGIN SELECT RAISE(ABORT, 'a payment does not change'); END",
        "CREATE TRIGGER reward_payment_kept BEFORE DELETE ON reward_payment WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'payments are kept'); END",
        "CREATE TRIGGER reward_payment_phone_erased BEFORE UPDATE ON reward_payment WHEN NEW.state = 'reconciled' AND OLD.state <> 'reconciled' AND EXISTS (SELECT 1 FROM reward_share WHERE id = NEW.share_id AND sealed_phone IS NOT NULL) BEGIN SELECT RAISE(ABORT, 'the phone number must be erased first'); END",
        "CREATE TRIGGER reward_payment_third_person BEFORE INSERT ON reward_payment WHEN EXISTS (SELECT 1 FROM reward WHERE id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND proposed_by = NEW.paid_by) OR EXISTS (SELECT 1 FROM reward_approval WHERE reward_id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND approver = NEW.paid_by) BEGIN SELECT RAISE(ABORT, 'who proposed or approved cannot pay'); END",
        "CREATE TRIGGER reward_payment_voided_by_two BEFORE UPDATE ON reward_payment WHEN NEW.state = 'voided' AND NOT EXISTS (SELECT 1 FROM reward_second_hand WHERE kind = 'void_payment' AND subject_id = NEW.id AND granted) BEGIN SELECT RAISE(ABORT, 'voiding a payment needs two people'); END",
        "CREATE TRIGGER reward_proposer_fixed BEFORE UPDATE ON reward WHEN OLD.state = 'proposed' AND NEW.state IN ('proposed', 'approved') AND (NEW.proposed_by <> OLD.proposed_by OR NEW.amount_fen <> OLD.amount_fen OR NEW.round <> OLD.round OR NEW.unconfirmed <> OLD.unconfirmed) BEGIN SELECT RAISE(ABORT, 'a proposal does not change while it is decided'); END",
        "CREATE TRIGGER reward_schedule_fixed BEFORE UPDATE ON reward_schedule WHEN OLD.state <> 'proposed' OR NEW.text <> OLD.text OR NEW.digest <> OLD.digest OR NEW.proposed_by <> OLD.proposed_by OR NEW.first_receipt_on <> OLD.first_receipt_on OR NEW.document_number <> OLD.document_number BEGIN SELECT RAISE(ABORT, 'an adopted schedule does not change'); END",
        "CREATE TRIGGER reward_schedule_kept BEFORE DELETE ON reward_schedule WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'schedules are kept'); END",
        "CREATE TRIGGER reward_second_hand_fixed BEFORE UPDATE ON reward_second_hand WHEN OLD.decided_at IS NOT NULL OR NEW.asked_by <> OLD.asked_by OR NEW.subject_id <> OLD.subject_id OR NEW.kind <> OLD.kind BEGIN SELECT RAISE(ABORT, 'a decision stands'); END",
        "CREATE TRIGGER reward_share_delete_open BEFORE DELETE ON reward_share WHEN EXISTS (SELECT 1 FROM reward WHERE id = OLD.reward_id AND state <> 'pending') BEGIN SELECT RAISE(ABORT, 'lines and shares are fixed once a reward is proposed'); END",
        "CREATE TRIGGER reward_share_fixed BEFORE UPDATE ON reward_share WHEN NEW.amount_fen <> OLD.amount_fen OR NEW.reward_id <> OLD.reward_id OR NEW.letter_id <> OLD.letter_id OR NEW.person <> OLD.person OR NEW.named <> OLD.named BEGIN SELECT RAISE(ABORT, 'a share does not change'); END",
        "CREATE TRIGGER reward_share_insert_open BEFORE INSERT ON reward_share WHEN EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state <> 'pending') BEGIN SELECT RAISE(ABORT, 'lines and shares are fixed once a reward is proposed'); END",
        "CREATE TRIGGER reward_step BEFORE UPDATE ON reward WHEN NOT (OLD.state = NEW.state OR (OLD.state = 'pending' AND NEW.state = 'proposed') OR (OLD.state = 'pending' AND NEW.state = 'not_applicable') OR (OLD.state = 'not_applicable' AND NEW.state = 'pending') OR (OLD.state = 'proposed' AND NEW.state = 'pending') OR (OLD.state = 'proposed' AND NEW.state = 'approved') OR (OLD.state = 'approved' AND NEW.state = 'revoked')) BEGIN SELECT RAISE(ABORT, 'a reward cannot go from that state to this one'); END",
        "CREATE TRIGGER reward_tray_ready AFTER UPDATE OF state, duplicate_of ON letter BEGIN UPDATE reward_tray SET ready = (NEW.state IN ('settled', 'settled_for_now', 'follow_up', 'archived') AND NEW.duplicate_of IS NULL) WHERE letter_id = NEW.id; END",
        "CREATE TRIGGER reward_whole BEFORE UPDATE ON reward WHEN NEW.state IN ('proposed', 'approved') AND OLD.state <> NEW.state AND (NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_line WHERE reward_id = NEW.id) OR NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_share WHERE reward_id = NEW.id) OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = NEW.id AND schedule_id <> NEW.schedule_id) OR (1 < (SELECT COUNT(*) FROM reward_line WHERE reward_id = NEW.id) AND 'sum' <> (SELECT counted FROM reward_schedule WHERE id = NEW.schedule_id))) BEGIN SELECT RAISE(ABORT, 'amount, lines and shares of the reward do not agree'); END",
        "CREATE TRIGGER supervision_event_no_update BEFORE UPDATE ON supervision_event BEGIN SELECT RAISE(ABORT, 'supervision_event is append-only'); END",
        "CREATE TRIGGER supervision_event_no_delete BEFORE DELETE ON supervision_event BEGIN SELECT RAISE(ABORT, 'supervision_event is append-only'); END",
        "CREATE TRIGGER supervision_paper_no_update BEFORE UPDATE ON supervision_paper BEGIN SELECT RAISE(ABORT, 'supervision_paper is append-only'); END",
        "CREATE TRIGGER supervision_paper_no_delete BEFORE DELETE ON supervision_paper BEGIN SELECT RAISE(ABORT, 'supervision_paper is append-only'); END",
        "CREATE TRIGGER verified_act_no_update BEFORE UPDATE ON verified_act BEGIN SELECT RAISE(ABORT, 'verified_act is append-only'); END",
        "CREATE TRIGGER verified_act_no_delete BEFORE DELETE ON verified_act BEGIN SELECT RAISE(ABORT, 'verified_act is append-only'); END",
        "CREATE TRIGGER verified_act_once BEFORE INSERT ON verified_act WHEN EXISTS (SELECT 1 FROM verified_act AS other WHERE (other.place_key IN (NEW.place_key, NEW.spot_key) OR other.spot_key = NEW.place_key) AND other.act_id = NEW.act_id AND other.first_day <= NEW.last_day AND other.last_day >= NEW.first_day) BEGIN SELECT RAISE(ABORT, 'this act at this place on these days is verified already'); END",
        "CREATE TRIGGER verified_offence_fixed BEFORE UPDATE ON verified_offence WHEN 1 = 1 BEGIN SELECT RAISE(ABORT, 'a verified offence does not change'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION accountability_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'accountability_history is append-only'; END $$",
        'CREATE TRIGGER accountability_history_keep BEFORE UPDATE OR DELETE ON accountability_history FOR EACH ROW EXECUTE FUNCTION accountability_history_keep()',
        "CREATE FUNCTION collection_code_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'collection codes are kept'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER collection_code_kept BEFORE DELETE ON collection_code FOR EACH ROW EXECUTE FUNCTION collection_code_kept()',
        "CREATE FUNCTION collection_code_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.used_at IS NOT NULL OR OLD.voided_at IS NOT NULL OR NEW.share_id <> OLD.share_id OR (OLD.digest IS NOT NULL AND NEW.digest <> OLD.digest) THEN RAISE EXCEPTION 'a collection code works once'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER collection_code_once BEFORE UPDATE ON collection_code FOR EACH ROW EXECUTE FUNCTION collection_code_once()',
        "CREATE FUNCTION disclosure_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disclosure_history is append-only'; END $$",
        'CREATE TRIGGER disclosure_history_keep BEFORE UPDATE OR DELETE ON disclosure_history FOR EACH ROW EXECUTE FUNCTION disclosure_history_keep()',
        "CREATE FUNCTION exposure_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'exposure_history is append-only'; END $$",
        'CREATE TRIGGER exposure_history_keep BEFORE UPDATE OR DELETE ON exposure_history FOR EACH ROW EXECUTE FUNCTION exposure_history_keep()',
        'CREATE FUNCTION figure_check_past() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE figure_check SET past = (round <> NEW.round) WHERE letter_id = NEW.id; RETURN NULL; END $$',
        'CREATE TRIGGER figure_check_past AFTER UPDATE OF round ON letter FOR EACH ROW EXECUTE FUNCTION figure_check_past()',
        "CREATE FUNCTION identity_opened_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'identity_opened is append-only'; END $$",
        'CREATE TRIGGER identity_opened_keep BEFORE UPDATE OR DELETE ON identity_opened FOR EACH ROW EXECUTE FUNCTION identity_opened_keep()',
        "CREATE FUNCTION investigation_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'investigation_history is append-only'; END $$",
        'CREATE TRIGGER investigation_history_keep BEFORE UPDATE OR DELETE ON investigation_history FOR EACH ROW EXECUTE FUNCTION investigation_history_keep()',
        'CREATE FUNCTION letter_assignment_copied_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT state, desk, region_code, received_on, due_on INTO NEW.state, NEW.desk, NEW.region_code, NEW.received_on, NEW.due_on FROM letter WHERE id = NEW.letter_id; RETURN NEW; END $$',
        'CREATE TRIGGER letter_assignment_copied_in BEFORE INSERT ON letter_assignment FOR EACH ROW EXECUTE FUNCTION letter_assignment_copied_in()',
        'CREATE FUNCTION letter_assignment_copied_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_assignment SET state = NEW.state, desk = NEW.desk, region_code = NEW.region_code, received_on = NEW.received_on, due_on = NEW.due_on WHERE letter_id = NEW.id; RETURN NULL; END $$',
        'CREATE TRIGGER letter_assignment_copied_over AFTER UPDATE OF state, desk, region_code, received_on, due_on ON letter FOR EACH ROW EXECUTE FUNCTION letter_assignment_copied_over()',
        "CREATE FUNCTION letter_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'INSERT' THEN UPDATE letter_count SET letters = letters - 1 WHERE state = OLD.state AND unit_id = OLD.unit_id AND discipline_only = OLD.discipline_only; END IF; IF TG_OP <> 'DELETE' THEN INSERT INTO letter_count (state, unit_id, discipline_only, letters) VALUES (NEW.state, NEW.unit_id, NEW.discipline_only, 1) ON CONFLICT (state, unit_id, discipline_only) DO UPDATE SET letters = letter_count.letters + 1; END IF; RETURN NULL; END $$",
        'CREATE TRIGGER letter_counted_row AFTER INSERT OR DELETE OR UPDATE OF state, unit_id, discipline_only ON letter FOR EACH ROW EXECUTE FUNCTION letter_counted()',
        "CREATE FUNCTION letter_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'letter_event is append-only'; END $$",
        'CREATE TRIGGER letter_event_keep BEFORE UPDATE OR DELETE ON letter_event FOR EACH ROW EXECUTE FUNCTION letter_event_keep()',
        "CREATE FUNCTION letter_finding_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'letter_finding is append-only'; END $$",
        'CREATE TRIGGER letter_finding_keep BEFORE UPDATE OR DELETE ON letter_finding FOR EACH ROW EXECUTE FUNCTION letter_finding_keep()',
        "CREATE FUNCTION letter_recheck_end_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'letter_recheck_end is append-only'; END $$",
        'CREATE TRIGGER letter_recheck_end_keep BEFORE UPDATE OR DELETE ON letter_recheck_end FOR EACH ROW EXECUTE FUNCTION letter_recheck_end_keep()',
        "CREATE FUNCTION letter_recheck_result_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'letter_recheck_result is append-only'; END $$",
        'CREATE TRIGGER letter_recheck_result_keep BEFORE UPDATE OR DELETE ON letter_recheck_result FOR EACH ROW EXECUTE FUNCTION letter_recheck_result_keep()',
        'CREATE FUNCTION letter_type_copied_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT state, desk, region_code, unit_id, key_letter, received_on, due_on INTO NEW.state, NEW.desk, NEW.region_code, NEW.unit_id, NEW.key_letter, NEW.received_on, NEW.due_on FROM letter WHERE id = NEW.letter_id; RETURN NEW; END $$',
        'CREATE TRIGGER letter_type_copied_in BEFORE INSERT ON letter_type FOR EACH ROW EXECUTE FUNCTION letter_type_copied_in()',
        'CREATE FUNCTION letter_type_copied_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_type SET state = NEW.state, desk = NEW.desk, region_code = NEW.region_code, unit_id = NEW.unit_id, key_letter = NEW.key_letter, received_on = NEW.received_on, due_on = NEW.due_on WHERE letter_id = NEW.id; RETURN NULL; END $$',
        'CREATE TRIGGER letter_type_copied_over AFTER UPDATE OF state, desk, region_code, unit_id, key_letter, received_on, due_on ON letter FOR EACH ROW EXECUTE FUNCTION letter_type_copied_over()',
        'CREATE TABLE letter_words (position bigint PRIMARY KEY REFERENCES letter_search(position) ON DELETE CASCADE, words tsvector NOT NULL)',
        'CREATE INDEX ix_letter_words_words ON letter_words USING gin (words)',
        "CREATE FUNCTION letter_words_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO letter_words VALUES (NEW.position, array_to_tsvector(array_remove(string_to_array(NEW.grams || ' ' || NEW.marks, ' '), ''))) ON CONFLICT (position) DO UPDATE SET words = EXCLUDED.words; RETURN NULL; END $$",
        'CREATE TRIGGER letter_words_row AFTER INSERT OR UPDATE OF grams, marks ON letter_search FOR EACH ROW EXECUTE FUNCTION letter_words_kept()',
        "CREATE FUNCTION letter_marked_0() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.id) WHERE letter_id = NEW.id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.id); RETURN NULL; END $$",
        'CREATE TRIGGER letter_marked_0 AFTER UPDATE OF state, region_code, unit_id, key_letter, discipline_only ON letter FOR EACH ROW EXECUTE FUNCTION letter_marked_0()',
        "CREATE FUNCTION letter_marked_1() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); RETURN NULL; END $$",
        'CREATE TRIGGER letter_marked_1 AFTER INSERT ON letter_type FOR EACH ROW EXECUTE FUNCTION letter_marked_1()',
        "CREATE FUNCTION letter_marked_2() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = OLD.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = OLD.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = OLD.letter_id) WHERE letter_id = OLD.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = OLD.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = OLD.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = OLD.letter_id); RETURN NULL; END $$",
        'CREATE TRIGGER letter_marked_2 AFTER DELETE ON letter_type FOR EACH ROW EXECUTE FUNCTION letter_marked_2()',
        "CREATE FUNCTION letter_marked_3() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); RETURN NULL; END $$",
        'CREATE TRIGGER letter_marked_3 AFTER INSERT ON letter_assignment FOR EACH ROW EXECUTE FUNCTION letter_marked_3()',
        "CREATE FUNCTION letter_marked_4() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE letter_search SET marks = (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id) WHERE letter_id = NEW.letter_id AND marks <> (SELECT 'reg' || region_code || ' sta' || replace(state, '_', '') || ' uni' || encode(convert_to(unit_id, 'UTF8'), 'hex') || CASE WHEN key_letter THEN ' key' ELSE '' END || CASE WHEN discipline_only THEN ' dis' ELSE '' END || coalesce((SELECT string_agg(' typ' || replace(type, '_', ''), '') FROM letter_type WHERE letter_id = NEW.letter_id), '') || coalesce((SELECT string_agg(' all' || encode(convert_to(unit_id, 'UTF8'), 'hex'), '') FROM letter_assignment WHERE letter_id = NEW.letter_id AND ended_at IS NULL), '') FROM letter WHERE id = NEW.letter_id); RETURN NULL; END $$",
        'CREATE TRIGGER letter_marked_4 AFTER UPDATE OF ended_at, unit_id ON letter_assignment FOR EACH ROW EXECUTE FUNCTION letter_marked_4()',
        "CREATE FUNCTION measure_change_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'measure_change is append-only'; END $$",
        'CREATE TRIGGER measure_change_keep BEFORE UPDATE OR DELETE ON measure_change FOR EACH ROW EXECUTE FUNCTION measure_change_keep()',
        "CREATE FUNCTION naming_decision_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'naming_decision is append-only'; END $$",
        'CREATE TRIGGER naming_decision_keep BEFORE UPDATE OR DELETE ON naming_decision FOR EACH ROW EXECUTE FUNCTION naming_decision_keep()',
        "CREATE FUNCTION offence_letter_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'offence_letter is append-only'; END $$",
        'CREATE TRIGGER offence_letter_keep BEFORE UPDATE OR DELETE ON offence_letter FOR EACH ROW EXECUTE FUNCTION offence_letter_keep()',
        "CREATE FUNCTION office_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'office_audit is append-only'; END $$",
        'CREATE TRIGGER office_audit_keep BEFORE UPDATE OR DELETE ON office_audit FOR EACH ROW EXECUTE FUNCTION office_audit_keep()',
        "CREATE FUNCTION rectification_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rectification_event is append-only'; END $$",
        'CREATE TRIGGER rectification_event_keep BEFORE UPDATE OR DELETE ON rectification_event FOR EACH ROW EXECUTE FUNCTION rectification_event_keep()',
        "CREATE FUNCTION rectification_monthly_report_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'rectification_monthly_report is append-only'; END $$",
        'CREATE TRIGGER rectification_monthly_report_keep BEFORE UPDATE OR DELETE ON rectification_monthly_report FOR EACH ROW EXECUTE FUNCTION rectification_monthly_report_keep()',
        "CREATE FUNCTION reward_approval_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reward_approval is append-only'; END $$",
        'CREATE TRIGGER reward_approval_keep BEFORE UPDATE OR DELETE ON reward_approval FOR EACH ROW EXECUTE FUNCTION reward_approval_keep()',
        "CREATE FUNCTION reward_approval_by_another() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state = 'proposed' AND round = NEW.round AND proposed_by <> NEW.approver) THEN RAISE EXCEPTION 'who proposed cannot approve'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_approval_by_another BEFORE INSERT ON reward_approval FOR EACH ROW EXECUTE FUNCTION reward_approval_by_another()',
        "CREATE FUNCTION reward_approved_by_others() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'approved' AND OLD.state <> 'approved' AND (SELECT COUNT(*) FROM reward_approval WHERE reward_id = NEW.id AND round = NEW.round AND approver <> NEW.proposed_by) < (SELECT approvers FROM reward_schedule WHERE id = NEW.schedule_id) THEN RAISE EXCEPTION 'the reward lacks an approval by another person'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_approved_by_others BEFORE UPDATE ON reward FOR EACH ROW EXECUTE FUNCTION reward_approved_by_others()',
        "CREATE FUNCTION reward_entry_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reward_entry is append-only'; END $$",
        'CREATE TRIGGER reward_entry_keep BEFORE UPDATE OR DELETE ON reward_entry FOR EACH ROW EXECUTE FUNCTION reward_entry_keep()',
        "CREATE FUNCTION reward_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.offence_id <> OLD.offence_id OR (OLD.state IN ('approved', 'revoked') AND (NEW.amount_fen <> OLD.amount_fen OR NEW.unconfirmed <> OLD.unconfirmed OR NEW.proposed_by <> OLD.proposed_by OR NEW.schedule_id <> OLD.schedule_id OR NEW.round <> OLD.round OR NEW.budget_year <> OLD.budget_year)) THEN RAISE EXCEPTION 'an approved reward does not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_fixed BEFORE UPDATE ON reward FOR EACH ROW EXECUTE FUNCTION reward_fixed()',
        "CREATE FUNCTION reward_history_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reward_history is append-only'; END $$",
        'CREATE TRIGGER reward_history_keep BEFORE UPDATE OR DELETE ON reward_history FOR EACH ROW EXECUTE FUNCTION reward_history_keep()',
        "CREATE FUNCTION reward_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'rewards are kept'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER reward_kept BEFORE DELETE ON reward FOR EACH ROW EXECUTE FUNCTION reward_kept()',
        "CREATE FUNCTION reward_ledger_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'reward_ledger is append-only'; END $$",
        'CREATE TRIGGER reward_ledger_keep BEFORE UPDATE OR DELETE ON reward_ledger FOR EACH ROW EXECUTE FUNCTION reward_ledger_keep()',
        "CREATE FUNCTION reward_line_adopted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT EXISTS (SELECT 1 FROM reward_schedule WHERE id = NEW.schedule_id AND state = 'adopted') THEN RAISE EXCEPTION 'this schedule is not adopted'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_line_adopted BEFORE INSERT ON reward_line FOR EACH ROW EXECUTE FUNCTION reward_line_adopted()',
        "CREATE FUNCTION reward_line_delete_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = OLD.reward_id AND state <> 'pending') THEN RAISE EXCEPTION 'lines and shares are fixed once a reward is proposed'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER reward_line_delete_open BEFORE DELETE ON reward_line FOR EACH ROW EXECUTE FUNCTION reward_line_delete_open()',
        "CREATE FUNCTION reward_line_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'lines of a reward do not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_line_fixed BEFORE UPDATE ON reward_line FOR EACH ROW EXECUTE FUNCTION reward_line_fixed()',
        "CREATE FUNCTION reward_line_insert_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state <> 'pending') THEN RAISE EXCEPTION 'lines and shares are fixed once a reward is proposed'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_line_insert_open BEFORE INSERT ON reward_line FOR EACH ROW EXECUTE FUNCTION reward_line_insert_open()',
        "CREATE FUNCTION reward_new() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'pending' THEN RAISE EXCEPTION 'a reward begins as pending'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_new BEFORE INSERT ON reward FOR EACH ROW EXECUTE FUNCTION reward_new()',
        "CREATE FUNCTION reward_payment_code() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.code_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM collection_code WHERE id = NEW.code_id AND share_id = NEW.share_id AND digest IS NOT NULL AND voided_at IS NULL) THEN RAISE EXCEPTION 'this collection code does not fit'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_code BEFORE INSERT ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_code()',
        "CREATE FUNCTION reward_payment_confirmed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND unconfirmed <> '') OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND NOT confirmed) THEN RAISE EXCEPTION 'an unconfirmed entry can be proposed, not paid'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_confirmed BEFORE INSERT ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_confirmed()',
        "CREATE FUNCTION reward_payment_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state <> 'paid' OR NOT EXISTS (SELECT 1 FROM reward JOIN reward_share ON reward_share.reward_id = reward.id WHERE reward_share.id = NEW.share_id AND reward.state = 'approved' AND reward_share.state IN ('notified', 'paid')) THEN RAISE EXCEPTION 'this share is not due'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_due BEFORE INSERT ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_due()',
        "CREATE FUNCTION reward_payment_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'voided' OR (OLD.state = 'reconciled' AND NEW.state <> 'reconciled') OR NEW.share_id <> OLD.share_id OR NEW.amount_fen <> OLD.amount_fen OR NEW.paid_by <> OLD.paid_by OR NEW.voucher <> OLD.voucher OR NEW.means <> OLD.means OR NEW.paid_on <> OLD.paid_on THEN RAISE EXCEPTION 'a payment does not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_fixed BEFORE UPDATE ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_fixed()',
        "CREATE FUNCTION reward_payment_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'payments are kept'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER reward_payment_kept BEFORE DELETE ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_kept()',
        "CREATE FUNCTION reward_payment_phone_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'reconciled' AND OLD.state <> 'reconciled' AND EXISTS (SELECT 1 FROM reward_share WHERE id = NEW.share_id AND sealed_phone IS NOT NULL) THEN RAISE EXCEPTION 'the phone number must be erased first'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_phone_erased BEFORE UPDATE ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_phone_erased()',
        "CREATE FUNCTION reward_payment_third_person() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND proposed_by = NEW.paid_by) OR EXISTS (SELECT 1 FROM reward_approval WHERE reward_id = (SELECT reward_id FROM reward_share WHERE id = NEW.share_id) AND approver = NEW.paid_by) THEN RAISE EXCEPTION 'who proposed or approved cannot pay'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_third_person BEFORE INSERT ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_third_person()',
        "CREATE FUNCTION reward_payment_voided_by_two() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state = 'voided' AND NOT EXISTS (SELECT 1 FROM reward_second_hand WHERE kind = 'void_payment' AND subject_id = NEW.id AND granted) THEN RAISE EXCEPTION 'voiding a payment needs two people'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_payment_voided_by_two BEFORE UPDATE ON reward_payment FOR EACH ROW EXECUTE FUNCTION reward_payment_voided_by_two()',
        "CREATE FUNCTION reward_proposer_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state = 'proposed' AND NEW.state IN ('proposed', 'approved') AND (NEW.proposed_by <> OLD.proposed_by OR NEW.amount_fen <> OLD.amount_fen OR NEW.round <> OLD.round OR NEW.unconfirmed <> OLD.unconfirmed) THEN RAISE EXCEPTION 'a proposal does not change while it is decided'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_proposer_fixed BEFORE UPDATE ON reward FOR EACH ROW EXECUTE FUNCTION reward_proposer_fixed()',
        "CREATE FUNCTION reward_schedule_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.state <> 'proposed' OR NEW.text <> OLD.text OR NEW.digest <> OLD.digest OR NEW.proposed_by <> OLD.proposed_by OR NEW.first_receipt_on <> OLD.first_receipt_on OR NEW.document_number <> OLD.document_number THEN RAISE EXCEPTION 'an adopted schedule does not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_schedule_fixed BEFORE UPDATE ON reward_schedule FOR EACH ROW EXECUTE FUNCTION reward_schedule_fixed()',
        "CREATE FUNCTION reward_schedule_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'schedules are kept'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER reward_schedule_kept BEFORE DELETE ON reward_schedule FOR EACH ROW EXECUTE FUNCTION reward_schedule_kept()',
        "CREATE FUNCTION reward_second_hand_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.decided_at IS NOT NULL OR NEW.asked_by <> OLD.asked_by OR NEW.subject_id <> OLD.subject_id OR NEW.kind <> OLD.kind THEN RAISE EXCEPTION 'a decision stands'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_second_hand_fixed BEFORE UPDATE ON reward_second_hand FOR EACH ROW EXECUTE FUNCTION reward_second_hand_fixed()',
        "CREATE FUNCTION reward_share_delete_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = OLD.reward_id AND state <> 'pending') THEN RAISE EXCEPTION 'lines and shares are fixed once a reward is proposed'; END IF; RETURN OLD; END $$",
        'CREATE TRIGGER reward_share_delete_open BEFORE DELETE ON reward_share FOR EACH ROW EXECUTE FUNCTION reward_share_delete_open()',
        "CREATE FUNCTION reward_share_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.amount_fen <> OLD.amount_fen OR NEW.reward_id <> OLD.reward_id OR NEW.letter_id <> OLD.letter_id OR NEW.person <> OLD.person OR NEW.named <> OLD.named THEN RAISE EXCEPTION 'a share does not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_share_fixed BEFORE UPDATE ON reward_share FOR EACH ROW EXECUTE FUNCTION reward_share_fixed()',
        "CREATE FUNCTION reward_share_insert_open() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM reward WHERE id = NEW.reward_id AND state <> 'pending') THEN RAISE EXCEPTION 'lines and shares are fixed once a reward is proposed'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_share_insert_open BEFORE INSERT ON reward_share FOR EACH ROW EXECUTE FUNCTION reward_share_insert_open()',
        "CREATE FUNCTION reward_step() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NOT (OLD.state = NEW.state OR (OLD.state = 'pending' AND NEW.state = 'proposed') OR (OLD.state = 'pending' AND NEW.state = 'not_applicable') OR (OLD.state = 'not_applicable' AND NEW.state = 'pending') OR (OLD.state = 'proposed' AND NEW.state = 'pending') OR (OLD.state = 'proposed' AND NEW.state = 'approved') OR (OLD.state = 'approved' AND NEW.state = 'revoked')) THEN RAISE EXCEPTION 'a reward cannot go from that state to this one'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_step BEFORE UPDATE ON reward FOR EACH ROW EXECUTE FUNCTION reward_step()',
        "CREATE FUNCTION reward_tray_ready() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE reward_tray SET ready = (NEW.state IN ('settled', 'settled_for_now', 'follow_up', 'archived') AND NEW.duplicate_of IS NULL) WHERE letter_id = NEW.id; RETURN NULL; END $$",
        'CREATE TRIGGER reward_tray_ready AFTER UPDATE OF state, duplicate_of ON letter FOR EACH ROW EXECUTE FUNCTION reward_tray_ready()',
        "CREATE FUNCTION reward_whole() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.state IN ('proposed', 'approved') AND OLD.state <> NEW.state AND (NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_line WHERE reward_id = NEW.id) OR NEW.amount_fen <> (SELECT COALESCE(SUM(amount_fen), 0) FROM reward_share WHERE reward_id = NEW.id) OR EXISTS (SELECT 1 FROM reward_line WHERE reward_id = NEW.id AND schedule_id <> NEW.schedule_id) OR (1 < (SELECT COUNT(*) FROM reward_line WHERE reward_id = NEW.id) AND 'sum' <> (SELECT counted FROM reward_schedule WHERE id = NEW.schedule_id))) THEN RAISE EXCEPTION 'amount, lines and shares of the reward do not agree'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER reward_whole BEFORE UPDATE ON reward FOR EACH ROW EXECUTE FUNCTION reward_whole()',
        "CREATE FUNCTION supervision_event_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'supervision_event is append-only'; END $$",
        'CREATE TRIGGER supervision_event_keep BEFORE UPDATE OR DELETE ON supervision_event FOR EACH ROW EXECUTE FUNCTION supervision_event_keep()',
        "CREATE FUNCTION supervision_paper_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'supervision_paper is append-only'; END $$",
        'CREATE TRIGGER supervision_paper_keep BEFORE UPDATE OR DELETE ON supervision_paper FOR EACH ROW EXECUTE FUNCTION supervision_paper_keep()',
        "CREATE FUNCTION verified_act_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'verified_act is append-only'; END $$",
        'CREATE TRIGGER verified_act_keep BEFORE UPDATE OR DELETE ON verified_act FOR EACH ROW EXECUTE FUNCTION verified_act_keep()',
        "CREATE FUNCTION verified_act_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('verified_act ' || split_part(NEW.place_key, '|', 1))); IF EXISTS (SELECT 1 FROM verified_act AS other WHERE (other.place_key IN (NEW.place_key, NEW.spot_key) OR other.spot_key = NEW.place_key) AND other.act_id = NEW.act_id AND other.first_day <= NEW.last_day AND other.last_day >= NEW.first_day) THEN RAISE EXCEPTION 'this act at this place on these days is verified already'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER verified_act_once BEFORE INSERT ON verified_act FOR EACH ROW EXECUTE FUNCTION verified_act_once()',
        "CREATE FUNCTION verified_offence_fixed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF 1 = 1 THEN RAISE EXCEPTION 'a verified offence does not change'; END IF; RETURN NEW; END $$",
        'CREATE TRIGGER verified_offence_fixed BEFORE UPDATE ON verified_offence FOR EACH ROW EXECUTE FUNCTION verified_offence_fixed()',
    ],
}


def upgrade() -> None:
    op.create_table('bulletin',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False, comment='文号'),
    sa.Column('issuer', sa.String(length=120), nullable=False, comment='who issues it'),
    sa.Column('issued_on', sa.Date(), nullable=False),
    sa.Column('opening', sa.Text(), nullable=False, comment='who supervised, when, what was handed over'),
    sa.Column('closing', sa.Text(), nullable=False, comment='what is asked of everybody'),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('record_id', sa.String(length=64), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin')),
    sa.UniqueConstraint('number', name=op.f('uq_bulletin_number'))
    )
    op.create_table('calendar_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('is_workday', sa.Boolean(), nullable=False, comment='True: make-up workday (调休上班); False: day off'),
    sa.Column('name', sa.String(length=40), nullable=False, comment='name of the holiday'),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_calendar_day'))
    )
    op.create_table('calendar_year',
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('document_number', sa.String(length=80), nullable=False, comment='the notice that announced it'),
    sa.Column('published_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_calendar_year'))
    )
    op.create_table('destruction_list',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('retention_class', sa.String(length=20), nullable=False, comment='code in rules/retention.toml'),
    sa.Column('closed_before', sa.Date(), nullable=False),
    sa.Column('years', sa.Integer(), nullable=False),
    sa.Column('clause', sa.String(length=200), nullable=False),
    sa.Column('proposed_by', sa.String(length=64), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_destruction_list'))
    )
    op.create_index(op.f('ix_destruction_list_state'), 'destruction_list', ['state'], unique=False)
    op.create_table('disclosure',
    sa.Column('id', sa.String(length=64), nullable=False, comment='also the permanent address of the record'),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('draft', sa.Text(), nullable=False, comment='JSON: fields of PublicRecord but those the press writes'),
    sa.Column('version', sa.Integer(), nullable=False, comment='counts every change; a second writer is told'),
    sa.Column('drafted_by', sa.String(length=64), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False, comment='day the information was made or changed'),
    sa.Column('due_on', sa.Date(), nullable=False, comment='last day to publish it'),
    sa.Column('due_arithmetic', sa.String(length=200), nullable=False),
    sa.Column('due_provisional', sa.Boolean(), nullable=False, comment='暂定: runs into a year not yet announced'),
    sa.Column('checklist', sa.Text(), nullable=False, comment='JSON: question → answer, by whom'),
    sa.Column('checklist_done', sa.Boolean(), nullable=False),
    sa.Column('leak_notice', sa.String(length=400), nullable=False, comment='why the leak guard holds it; empty: nothing found'),
    sa.Column('compared_version', sa.Integer(), nullable=False, comment='version the worker compared with sealed letters'),
    sa.Column('publishable_persons', sa.Text(), nullable=False, comment='names that may stand in it, one a line'),
    sa.Column('held_rows', sa.Text(), nullable=False, comment='rows of a batch that wait: indices in the draft'),
    sa.Column('publish_at', sa.DateTime(), nullable=True, comment='when the worker publishes it; None: by hand'),
    sa.Column('live_revision', sa.Integer(), nullable=False, comment='0: never published'),
    sa.Column('live_record', sa.Text(), nullable=True, comment='canonical JSON of what is public'),
    sa.Column('change_reason', sa.String(length=300), nullable=False, comment='of the correction being drafted'),
    sa.Column('source_kind', sa.String(length=40), nullable=False, comment='rectification_task, outcome, case, batch …'),
    sa.Column('source_id', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure'))
    )
    op.create_index(op.f('ix_disclosure_drafted_by'), 'disclosure', ['drafted_by'], unique=False)
    op.create_index(op.f('ix_disclosure_kind'), 'disclosure', ['kind'], unique=False)
    op.create_index('ix_disclosure_source', 'disclosure', ['source_kind', 'source_id'], unique=False)
    op.create_index('ix_disclosure_state_due_on', 'disclosure', ['state', 'due_on'], unique=False)
    op.create_table('file_scan',
    sa.Column('file_id', sa.String(length=26), nullable=False, comment='random; name of the locked file'),
    sa.Column('verdict', sa.String(length=40), nullable=False),
    sa.Column('detail', sa.String(length=120), nullable=False, comment='name of the virus, or why it was not scanned'),
    sa.Column('scanned_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('file_id', name=op.f('pk_file_scan'))
    )
    op.create_table('identity_opened',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('report_id', sa.String(length=26), nullable=False),
    sa.Column('on', sa.Date(), nullable=False, comment='day only'),
    sa.Column('role', sa.String(length=40), nullable=False, comment='in Chinese, as the receipt prints it'),
    sa.Column('reason', sa.String(length=200), nullable=False, comment='as the receipt prints it'),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_opened'))
    )
    op.create_index(op.f('ix_identity_opened_report_id'), 'identity_opened', ['report_id'], unique=False)
    op.create_table('letter_batch',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('origin', sa.String(length=40), nullable=False),
    sa.Column('round_name', sa.String(length=80), nullable=False, comment='督察轮次'),
    sa.Column('number', sa.Integer(), nullable=False, comment='第几批'),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('made_by', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_batch')),
    sa.UniqueConstraint('origin', 'round_name', 'number', name=op.f('uq_letter_batch_origin_round_name_number'))
    )
    op.create_table('letter_count',
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('discipline_only', sa.Boolean(), nullable=False),
    sa.Column('letters', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('state', 'unit_id', 'discipline_only', name=op.f('pk_letter_count'))
    )
    op.create_table('letter_figures',
    sa.Column('key', sa.String(length=64), nullable=False, comment='SHA-256 of days, today, and the letters left out'),
    sa.Column('figures', sa.Text(), nullable=False, comment='JSON'),
    sa.Column('made_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_letter_figures'))
    )
    op.create_index(op.f('ix_letter_figures_made_at'), 'letter_figures', ['made_at'], unique=False)
    op.create_table('letter_recheck',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('origin', sa.String(length=40), nullable=False),
    sa.Column('round_name', sa.String(length=80), nullable=False, comment='督察轮次'),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('opened_by', sa.String(length=64), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True, comment='when its first conclusion was written'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_recheck')),
    sa.UniqueConstraint('origin', 'round_name', 'first_on', 'last_on', name=op.f('uq_letter_recheck_origin_round_name_first_on_last_on'))
    )
    op.create_index('ix_letter_recheck_open', 'letter_recheck', ['opened_at', 'id'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('long_work',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='key of KINDS'),
    sa.Column('title', sa.String(length=120), nullable=False, comment='what is done, as the desk says it; no word of a letter'),
    sa.Column('link', sa.String(length=200), nullable=False, comment='page of the console it was begun on'),
    sa.Column('options', sa.Text(), nullable=False, comment='JSON: what was chosen for all of them'),
    sa.Column('total', sa.Integer(), nullable=False),
    sa.Column('tried', sa.Integer(), nullable=False, comment='things gone through, done or refused'),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('left', sa.Text(), nullable=False, comment='JSON: a line for each thing that was refused'),
    sa.Column('undo_offer', sa.String(length=32), nullable=False),
    sa.Column('begun_at', sa.DateTime(), nullable=False),
    sa.Column('moved_at', sa.DateTime(), nullable=False, comment='when the count last went up'),
    sa.Column('held_until', sa.DateTime(), nullable=True, comment='somebody works on it until then'),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_long_work'))
    )
    op.create_index(op.f('ix_long_work_ended_at'), 'long_work', ['ended_at'], unique=False)
    op.create_index('ix_long_work_staff_id_begun_at', 'long_work', ['staff_id', 'begun_at'], unique=False)
    op.create_table('notice',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False, comment='staff id, role:… or unit:… at the console; else an address'),
    sa.Column('sentence', sa.String(length=40), nullable=False, comment='key of SENTENCES'),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False, comment='page of the console'),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('not_before', sa.DateTime(), nullable=False, comment='lease or next try'),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(), nullable=True),
    sa.Column('failure', sa.String(length=200), nullable=False, comment='kind of the last failure; no address, no content'),
    sa.Column('read_at', sa.DateTime(), nullable=True, comment='seen at a desk; elsewhere: withdrawn before it was sent'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice')),
    sa.UniqueConstraint('key', name=op.f('uq_notice_key'))
    )
    op.create_index('ix_notice_desk', 'notice', ['address', 'created_at', 'id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
    op.create_index('ix_notice_link', 'notice', ['link'], unique=False)
    op.create_index('ix_notice_sent_at_not_before', 'notice', ['sent_at', 'not_before'], unique=False)
    op.create_table('office_audit',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False, comment='place in the chain'),
    sa.Column('at', sa.String(length=32), nullable=False, comment='UTC instant; in the intake store the day only'),
    sa.Column('by', sa.String(length=64), nullable=False, comment='staff id, or the name of a process'),
    sa.Column('act', sa.String(length=80), nullable=False, comment='machine.verb'),
    sa.Column('subject', sa.String(length=120), nullable=False, comment='what it was done to'),
    sa.Column('detail', sa.Text(), nullable=False, comment='canonical JSON; never content of a report'),
    sa.Column('previous_digest', sa.String(length=64), nullable=False, comment='digest of the line before'),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 over this line and the one before'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_office_audit')),
    sa.UniqueConstraint('digest', name=op.f('uq_office_audit_digest')),
    sa.UniqueConstraint('previous_digest', name=op.f('uq_office_audit_previous_digest'))
    )
    op.create_table('official',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('unit_name', sa.String(length=120), nullable=False, comment='unit where they are now, as far as known'),
    sa.Column('born_year', sa.Integer(), nullable=True, comment='only to tell two people of one name apart'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_official'))
    )
    op.create_index(op.f('ix_official_name'), 'official', ['name'], unique=False)
    op.create_table('polluter',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('uscc', sa.String(length=18), nullable=True, comment='统一社会信用代码, check character verified'),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('state_owned', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_polluter')),
    sa.UniqueConstraint('uscc', name=op.f('uq_polluter_uscc'))
    )
    op.create_index(op.f('ix_polluter_name'), 'polluter', ['name'], unique=False)
    op.create_index(op.f('ix_polluter_region_code'), 'polluter', ['region_code'], unique=False)
    op.create_table('rectification_consultation',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=False),
    sa.Column('title', sa.String(length=160), nullable=False),
    sa.Column('attended', sa.Text(), nullable=False),
    sa.Column('minutes', sa.Text(), nullable=False),
    sa.Column('decisions', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_consultation'))
    )
    op.create_index(op.f('ix_rectification_consultation_held_on'), 'rectification_consultation', ['held_on'], unique=False)
    op.create_table('rectification_import',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('document_number', sa.String(length=80), nullable=False),
    sa.Column('programme', sa.String(length=60), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('base_on', sa.Date(), nullable=True, comment='day that spans count from'),
    sa.Column('file', sa.String(length=64), nullable=False, comment='id in the evidence store'),
    sa.Column('file_name', sa.String(length=160), nullable=False),
    sa.Column('edits', sa.Text(), nullable=False, comment='JSON: item number → field → words; due: a day'),
    sa.Column('begun_by', sa.String(length=64), nullable=False),
    sa.Column('begun_at', sa.DateTime(), nullable=False),
    sa.Column('applied_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_import'))
    )
    op.create_table('rectification_plan',
    sa.Column('id', sa.String(length=40), nullable=False, comment='code, e.g. zj-2026-03'),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('programme', sa.String(length=60), nullable=False, comment='督察轮次'),
    sa.Column('document_number', sa.String(length=80), nullable=False, comment='文号, as printed'),
    sa.Column('issued_on', sa.Date(), nullable=True, comment='first day the paper may have been issued on'),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('file_name', sa.String(length=200), nullable=False),
    sa.Column('unread', sa.Text(), nullable=False, comment='JSON: lines the reader placed in no task'),
    sa.Column('imported_at', sa.DateTime(), nullable=False),
    sa.Column('imported_by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_plan'))
    )
    op.create_index(op.f('ix_rectification_plan_imported_at'), 'rectification_plan', ['imported_at'], unique=False)
    op.create_table('retention_due',
    sa.Column('retention_class', sa.String(length=20), nullable=False, comment='code in rules/retention.toml'),
    sa.Column('letters', sa.Integer(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False, comment='day on which there was something due again'),
    sa.Column('counted_on', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('retention_class', name=op.f('pk_retention_due'))
    )
    op.create_table('reward_budget',
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('cap_fen', sa.BigInteger(), nullable=True, comment='none: the rule sets no cap'),
    sa.Column('committed_fen', sa.BigInteger(), nullable=False, comment='approved and not given back, paid included'),
    sa.Column('paid_fen', sa.BigInteger(), nullable=False),
    sa.Column('vouchers', sa.Integer(), nullable=False, comment='last voucher number of the year'),
    sa.CheckConstraint('cap_fen IS NULL OR committed_fen <= cap_fen', name=op.f('ck_reward_budget_within_cap')),
    sa.CheckConstraint('paid_fen >= 0 AND paid_fen <= committed_fen', name=op.f('ck_reward_budget_paid')),
    sa.PrimaryKeyConstraint('year', name=op.f('pk_reward_budget'))
    )
    op.create_table('reward_history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('subject_id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_history'))
    )
    op.create_index(op.f('ix_reward_history_subject_id'), 'reward_history', ['subject_id'], unique=False)
    op.create_table('reward_schedule',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 of the text that both people saw'),
    sa.Column('text', sa.Text(), nullable=False, comment='the TOML file, word for word'),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('version', sa.String(length=80), nullable=False),
    sa.Column('counted', sa.String(length=20), nullable=False, comment='several acts: highest or sum'),
    sa.Column('approvers', sa.Integer(), nullable=False, comment='approvals a reward needs'),
    sa.Column('yearly_fen', sa.BigInteger(), nullable=False, comment='budget cap in fen; 0: none'),
    sa.Column('document_number', sa.String(length=80), nullable=False, comment='文号 of the decision to adopt'),
    sa.Column('document_on', sa.Date(), nullable=False),
    sa.Column('first_receipt_on', sa.Date(), nullable=False, comment='applies to reports received from this day on'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('proposed_by', sa.String(length=64), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False, comment='why it was not adopted'),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> proposed_by', name=op.f('ck_reward_schedule_two_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_schedule'))
    )
    op.create_table('reward_second_hand',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.String(length=26), nullable=False, comment='payment, reward or share'),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('granted', sa.Boolean(), nullable=True),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> asked_by', name=op.f('ck_reward_second_hand_two_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_second_hand'))
    )
    op.create_index(op.f('ix_reward_second_hand_subject_id'), 'reward_second_hand', ['subject_id'], unique=False)
    op.create_index('uq_reward_second_hand_open', 'reward_second_hand', ['kind', 'subject_id'], unique=True, sqlite_where=sa.text('decided_at IS NULL'), postgresql_where=sa.text('decided_at IS NULL'))
    op.create_table('reward_tray',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=False),
    sa.Column('decided', sa.Boolean(), nullable=False),
    sa.Column('ready', sa.Boolean(), nullable=False, comment='the letter is closed now and is no duplicate; kept by the database itself'),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_reward_tray'))
    )
    op.create_index('ix_reward_tray_waiting', 'reward_tray', ['closed_on', 'letter_id'], unique=False, sqlite_where=sa.text('ready AND NOT decided'), postgresql_where=sa.text('ready AND NOT decided'))
    op.create_table('setting',
    sa.Column('key', sa.String(length=80), nullable=False),
    sa.Column('value', sa.Text(), nullable=False, comment='JSON'),
    sa.Column('clause', sa.String(length=200), nullable=False, comment='where the rule stands'),
    sa.Column('source', sa.String(length=400), nullable=False, comment='document or page'),
    sa.Column('confirmed', sa.Boolean(), nullable=False, comment='False: shown to staff as 未核定'),
    sa.Column('changed_at', sa.DateTime(), nullable=False),
    sa.Column('changed_by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('staff_draft',
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False, comment='nonce and AES-GCM of the fields as JSON; bound to person and place'),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('staff_id', 'place', name=op.f('pk_staff_draft'))
    )
    op.create_index(op.f('ix_staff_draft_saved_at'), 'staff_draft', ['saved_at'], unique=False)
    op.create_table('supervision',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('subject_kind', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False, comment='as people say it, when the row was made'),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment='lead unit at the last step'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('since_on', sa.Date(), nullable=False),
    sa.Column('lowered_on', sa.Date(), nullable=True, comment='the timer counts from here again'),
    sa.Column('steps', sa.Integer(), nullable=False, comment='lines of history; raised by every step'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision')),
    sa.UniqueConstraint('subject_kind', 'subject_id', name=op.f('uq_supervision_subject_kind_subject_id'))
    )
    op.create_index('ix_supervision_state', 'supervision', ['state', 'since_on', 'id'], unique=False)
    op.create_table('supervision_sample',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('seed', sa.String(length=32), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('key_only', sa.Boolean(), nullable=False),
    sa.Column('population', sa.Integer(), nullable=False, comment='letters it was drawn from'),
    sa.Column('drawn_by', sa.String(length=64), nullable=False),
    sa.Column('drawn_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_sample'))
    )
    op.create_table('undo_offer',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False, comment='order of the acts'),
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='key of KINDS'),
    sa.Column('label', sa.String(length=120), nullable=False, comment='what was done, as the desk said it; no word of a letter'),
    sa.Column('link', sa.String(length=200), nullable=False, comment='page of the console it was done on'),
    sa.Column('parts', sa.Text(), nullable=False, comment='JSON: list of facts; ids, versions, and how what was changed stood before, texts too; [] once it is too late'),
    sa.Column('done_at', sa.DateTime(), nullable=False),
    sa.Column('until', sa.DateTime(), nullable=False),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_undo_offer')),
    sa.UniqueConstraint('id', name=op.f('uq_undo_offer_id'))
    )
    op.create_index('ix_undo_offer_staff_id_until', 'undo_offer', ['staff_id', 'until'], unique=False)
    op.create_index(op.f('ix_undo_offer_until'), 'undo_offer', ['until'], unique=False)
    op.create_table('unit',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='department, township, county, city, office, company'),
    sa.Column('parent_id', sa.String(length=32), nullable=True),
    sa.Column('has_accounts', sa.Boolean(), nullable=False, comment='False: answers on stamped paper'),
    sa.ForeignKeyConstraint(['parent_id'], ['unit.id'], name=op.f('fk_unit_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('name', name=op.f('uq_unit_name'))
    )
    op.create_index(op.f('ix_unit_parent_id'), 'unit', ['parent_id'], unique=False)
    op.create_index(op.f('ix_unit_region_code'), 'unit', ['region_code'], unique=False)
    op.create_table('verified_offence',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('place_key', sa.String(length=240), nullable=False, comment='region and target, or place where nobody is named, in one spelling'),
    sa.Column('spot_key', sa.String(length=240), nullable=False, comment='region and place in the same spelling; empty: no place is given'),
    sa.Column('place', sa.String(length=200), nullable=False, comment="the office's own words"),
    sa.Column('target', sa.String(length=200), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False, comment='day the case was closed; what happens later is a new offence'),
    sa.Column('usable_lead', sa.Boolean(), nullable=False, comment='not proven, but of use'),
    sa.Column('verified_by', sa.String(length=64), nullable=False),
    sa.Column('verified_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint('first_day <= last_day', name=op.f('ck_verified_offence_days')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_verified_offence')),
    sa.UniqueConstraint('id', 'place_key', 'spot_key', 'first_day', 'last_day', name=op.f('uq_verified_offence_id_place_key_spot_key_first_day_last_day'))
    )
    op.create_index('ix_verified_offence_place', 'verified_offence', ['place_key', 'last_day'], unique=False)
    op.create_table('accountability_case',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False, comment='问责〔2026〕3号'),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('facts_text', sa.Text(), nullable=False, comment="the matter in the office's own words"),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment='unit it concerns most'),
    sa.Column('origin', sa.String(length=40), nullable=False),
    sa.Column('letter_id', sa.String(length=32), nullable=True, comment='letter it grew from'),
    sa.Column('letter_batch', sa.String(length=64), nullable=True, comment="public record id of the letter's batch"),
    sa.Column('task_id', sa.String(length=64), nullable=True, comment='rectification task it grew from'),
    sa.Column('task_record', sa.String(length=64), nullable=True, comment='public record id of the task'),
    sa.Column('polluter_id', sa.String(length=32), nullable=True),
    sa.Column('accident', sa.Boolean(), nullable=False, comment='四不放过 applies'),
    sa.Column('previous_id', sa.String(length=32), nullable=True, comment='the last case on the same matter'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('ruleset', sa.String(length=40), nullable=False),
    sa.Column('said', sa.Text(), nullable=False, comment='JSON: facts, signs, impact … as disclosure assess takes them'),
    sa.Column('grade_reason', sa.Text(), nullable=False, comment='why a person sets another grade than presumed'),
    sa.Column('frozen', sa.Text(), nullable=False, comment='JSON: the suggestion as it stood when the decision was confirmed'),
    sa.Column('handed_over', sa.Boolean(), nullable=False, comment='handed over by an inspection: consent needed'),
    sa.Column('consent_by', sa.String(length=120), nullable=False, comment='inspection body that consented'),
    sa.Column('consent_on', sa.Date(), nullable=True),
    sa.Column('consent_document', sa.String(length=120), nullable=False),
    sa.Column('suggestion_shown', sa.Boolean(), nullable=False, comment='the deciding body agrees to show the suggestion'),
    sa.Column('suggestion_agreed_by', sa.String(length=120), nullable=False),
    sa.Column('execution_due_on', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.String(length=64), nullable=False, comment='who last recorded a decision; cannot confirm it'),
    sa.Column('record_id', sa.String(length=64), nullable=True, comment='public record of the outcome'),
    sa.ForeignKeyConstraint(['polluter_id'], ['polluter.id'], name=op.f('fk_accountability_case_polluter_id')),
    sa.ForeignKeyConstraint(['previous_id'], ['accountability_case.id'], name=op.f('fk_accountability_case_previous_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_accountability_case_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountability_case')),
    sa.UniqueConstraint('number', name=op.f('uq_accountability_case_number'))
    )
    op.create_index(op.f('ix_accountability_case_letter_id'), 'accountability_case', ['letter_id'], unique=False)
    op.create_index(op.f('ix_accountability_case_polluter_id'), 'accountability_case', ['polluter_id'], unique=False)
    op.create_index(op.f('ix_accountability_case_region_code'), 'accountability_case', ['region_code'], unique=False)
    op.create_index(op.f('ix_accountability_case_state'), 'accountability_case', ['state'], unique=False)
    op.create_index(op.f('ix_accountability_case_task_id'), 'accountability_case', ['task_id'], unique=False)
    op.create_table('disclosure_history',
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_disclosure_history_disclosure_id')),
    sa.PrimaryKeyConstraint('disclosure_id', 'number', name=op.f('pk_disclosure_history'))
    )
    op.create_table('disclosure_letter',
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('letter_id', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_disclosure_letter_disclosure_id')),
    sa.PrimaryKeyConstraint('disclosure_id', 'letter_id', name=op.f('pk_disclosure_letter'))
    )
    op.create_index(op.f('ix_disclosure_letter_letter_id'), 'disclosure_letter', ['letter_id'], unique=False)
    op.create_table('disclosure_remark',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('place', sa.String(length=120), nullable=False, comment='path of the passage in the draft that was read'),
    sa.Column('passage', sa.Text(), nullable=False, comment='the words remarked upon, as they stood'),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('answered_by', sa.String(length=64), nullable=False, comment='the drafter; or the reviewer, who took it back'),
    sa.Column('answered_at', sa.DateTime(), nullable=True, comment='None: open'),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_disclosure_remark_disclosure_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure_remark'))
    )
    op.create_index(op.f('ix_disclosure_remark_disclosure_id'), 'disclosure_remark', ['disclosure_id'], unique=False)
    op.create_table('disclosure_review',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('stage', sa.String(length=40), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('deputy_for', sa.String(length=64), nullable=False, comment='staff id of the person stood in for'),
    sa.Column('entered_by', sa.String(length=64), nullable=False, comment='who entered a signature given on paper'),
    sa.Column('paper_evidence', sa.String(length=64), nullable=False, comment='evidence id of the scanned signature'),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('remarks', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('taken_back_at', sa.DateTime(), nullable=True, comment='its giver took it back before anybody went on'),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_disclosure_review_disclosure_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_disclosure_review'))
    )
    op.create_index(op.f('ix_disclosure_review_disclosure_id'), 'disclosure_review', ['disclosure_id'], unique=False)
    op.create_table('inspection_request',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('supervision_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('ground', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['supervision_id'], ['supervision.id'], name=op.f('fk_inspection_request_supervision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_inspection_request'))
    )
    op.create_index(op.f('ix_inspection_request_state'), 'inspection_request', ['state'], unique=False)
    op.create_index(op.f('ix_inspection_request_supervision_id'), 'inspection_request', ['supervision_id'], unique=False)
    op.create_table('leak_exception',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('words', sa.String(length=200), nullable=False, comment='as the leak guard marked them'),
    sa.Column('passages', sa.Text(), nullable=False, comment='JSON: digests of the passages they stood in when asked for'),
    sa.Column('reason', sa.String(length=400), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True, comment='who granted or refused; never who asked'),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('decided_why', sa.String(length=400), nullable=False, comment='why it was refused'),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_leak_exception_disclosure_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leak_exception'))
    )
    op.create_index(op.f('ix_leak_exception_disclosure_id'), 'leak_exception', ['disclosure_id'], unique=False)
    op.create_index('ix_leak_exception_state', 'leak_exception', ['state', 'asked_at'], unique=False)
    op.create_table('letter',
    sa.Column('id', sa.String(length=26), nullable=False, comment='random'),
    sa.Column('version', sa.Integer(), nullable=False, comment='raised by every step; the second of two people is told'),
    sa.Column('report_id', sa.String(length=26), nullable=True, comment='sealed report in the intake store, if any'),
    sa.Column('number', sa.String(length=40), nullable=True, comment='受理编号; last digits random: no gaps to read'),
    sa.Column('upstream_number', sa.String(length=80), nullable=True, comment='as the level above printed it'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('desk', sa.String(length=40), nullable=False, comment='follows from state'),
    sa.Column('track', sa.String(length=40), nullable=False),
    sa.Column('channel', sa.String(length=40), nullable=False),
    sa.Column('identity_level', sa.String(length=40), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('main_type', sa.String(length=40), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False, comment='code of the act, as in rules/questions'),
    sa.Column('key_letter', sa.Boolean(), nullable=False, comment='重点件'),
    sa.Column('severity', sa.Integer(), nullable=False, comment='1 ordinary, 2 serious, 3 grave'),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment='lead handling unit; empty before assignment'),
    sa.Column('batch_id', sa.String(length=26), nullable=True),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('accepted_on', sa.Date(), nullable=True),
    sa.Column('assigned_on', sa.Date(), nullable=True),
    sa.Column('due_on', sa.Date(), nullable=False, comment='9999-12-31: no deadline runs'),
    sa.Column('first_due_on', sa.Date(), nullable=True, comment='handling deadline before any extension'),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('verdict', sa.String(length=40), nullable=True, comment='overall; mixed claims make 部分属实'),
    sa.Column('returns', sa.Integer(), nullable=False, comment='times a unit returned it'),
    sa.Column('round', sa.Integer(), nullable=False, comment='rises with each 退回重办, 上级退回 and 重开'),
    sa.Column('redos', sa.Integer(), nullable=False, comment='times the review sent it back (退回重办)'),
    sa.Column('extended', sa.Boolean(), nullable=False),
    sa.Column('duplicate_of', sa.String(length=26), nullable=True),
    sa.Column('discipline_only', sa.Boolean(), nullable=False, comment='only the discipline liaison sees it'),
    sa.Column('quarantined', sa.Boolean(), nullable=False, comment='looks like machine input; still screened'),
    sa.Column('withdrawn_on', sa.Date(), nullable=True, comment='the reporter took it back, before or after assignment'),
    sa.Column('wants_reward', sa.Boolean(), nullable=False),
    sa.Column('untold', sa.Integer(), nullable=False, comment='changes the receipt does not show yet; 0: none'),
    sa.Column('wrap_up_on', sa.Date(), nullable=True, comment='closed, and since this day its last step is asked: evaluated, time to evaluate over, or tasks closed out'),
    sa.ForeignKeyConstraint(['batch_id'], ['letter_batch.id'], name=op.f('fk_letter_batch_id')),
    sa.ForeignKeyConstraint(['duplicate_of'], ['letter.id'], name=op.f('fk_letter_duplicate_of')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter')),
    sa.UniqueConstraint('number', name=op.f('uq_letter_number')),
    sa.UniqueConstraint('report_id', name=op.f('uq_letter_report_id'))
    )
    op.create_index('ix_letter_batch_id', 'letter', ['batch_id', 'state', 'discipline_only', 'closed_on', 'id'], unique=False)
    op.create_index('ix_letter_by_region_code', 'letter', ['region_code', 'received_on', 'id'], unique=False)
    op.create_index('ix_letter_by_region_code_unit_id', 'letter', ['region_code', 'unit_id', 'received_on', 'id'], unique=False)
    op.create_index('ix_letter_by_state', 'letter', ['state', 'received_on', 'id'], unique=False)
    op.create_index('ix_letter_by_state_region_code', 'letter', ['state', 'region_code', 'received_on', 'id'], unique=False)
    op.create_index('ix_letter_by_state_unit_id', 'letter', ['state', 'unit_id', 'received_on', 'id'], unique=False)
    op.create_index('ix_letter_by_unit_id', 'letter', ['unit_id', 'received_on', 'id'], unique=False)
    op.create_index(op.f('ix_letter_closed_on'), 'letter', ['closed_on'], unique=False)
    op.create_index('ix_letter_desk_due', 'letter', ['desk', 'due_on', 'id', 'state', 'region_code', 'unit_id', 'key_letter'], unique=False)
    op.create_index('ix_letter_discipline', 'letter', ['discipline_only', 'id'], unique=False, sqlite_where=sa.text('discipline_only IS 1'), postgresql_where=sa.text('discipline_only IS true'))
    op.create_index('ix_letter_due', 'letter', ['due_on', 'id'], unique=False)
    op.create_index(op.f('ix_letter_duplicate_of'), 'letter', ['duplicate_of'], unique=False)
    op.create_index('ix_letter_key', 'letter', ['received_on', 'id', 'state', 'region_code', 'unit_id'], unique=False, sqlite_where=sa.text('key_letter IS 1'), postgresql_where=sa.text('key_letter IS true'))
    op.create_index('ix_letter_received', 'letter', ['received_on', 'id'], unique=False)
    op.create_index('ix_letter_state_due', 'letter', ['state', 'due_on', 'id', 'region_code', 'unit_id', 'key_letter'], unique=False)
    op.create_index('ix_letter_untold', 'letter', ['untold'], unique=False, sqlite_where=sa.text('untold > 0'), postgresql_where=sa.text('untold > 0'))
    op.create_index(op.f('ix_letter_upstream_number'), 'letter', ['upstream_number'], unique=False)
    op.create_index('ix_letter_wrap_up', 'letter', ['wrap_up_on', 'id'], unique=False, sqlite_where=sa.text('wrap_up_on IS NOT NULL'), postgresql_where=sa.text('wrap_up_on IS NOT NULL'))
    op.create_table('letter_recheck_end',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('recheck_id', sa.String(length=26), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['recheck_id'], ['letter_recheck.id'], name=op.f('fk_letter_recheck_end_recheck_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_recheck_end'))
    )
    op.create_index(op.f('ix_letter_recheck_end_recheck_id'), 'letter_recheck_end', ['recheck_id'], unique=False)
    op.create_table('long_work_item',
    sa.Column('work_id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False, comment='an id, or a row of a table that is read in'),
    sa.Column('part', sa.Text(), nullable=False, comment='JSON: what undoing it needs'),
    sa.ForeignKeyConstraint(['work_id'], ['long_work.id'], name=op.f('fk_long_work_item_work_id')),
    sa.PrimaryKeyConstraint('work_id', 'number', name=op.f('pk_long_work_item'))
    )
    op.create_table('offence_letter',
    sa.Column('offence_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False),
    sa.Column('report_id', sa.String(length=26), nullable=True, comment='sealed report in the intake store, if any'),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('accepted_on', sa.Date(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=True, comment='exact moment, where one is proven'),
    sa.Column('identity', sa.String(length=40), nullable=False),
    sa.Column('proof', sa.String(length=40), nullable=False),
    sa.Column('proof_reference', sa.String(length=200), nullable=False, comment='call log entry, scan of the postmark'),
    sa.Column('reporters', sa.Integer(), nullable=False),
    sa.Column('parts', sa.String(length=200), nullable=False, comment='agreed weights, space between'),
    sa.Column('representative', sa.Integer(), nullable=False),
    sa.Column('barred', sa.String(length=200), nullable=False, comment='exclusions found, space between'),
    sa.Column('missing', sa.String(length=200), nullable=False, comment='evidence missing, space between'),
    sa.Column('wants_reward', sa.Boolean(), nullable=False),
    sa.Column('awarded_elsewhere', sa.Boolean(), nullable=False),
    sa.CheckConstraint('reporters >= 1', name=op.f('ck_offence_letter_reporters')),
    sa.ForeignKeyConstraint(['offence_id'], ['verified_offence.id'], name=op.f('fk_offence_letter_offence_id')),
    sa.PrimaryKeyConstraint('offence_id', 'letter_id', name=op.f('pk_offence_letter'))
    )
    op.create_index('ix_offence_letter_letter', 'offence_letter', ['letter_id'], unique=False)
    op.create_table('polluter_mention',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('polluter_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='letter, task, case, exposure, register'),
    sa.Column('reference', sa.String(length=64), nullable=False, comment='id of that record'),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('mentioned_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['polluter_id'], ['polluter.id'], name=op.f('fk_polluter_mention_polluter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_polluter_mention')),
    sa.UniqueConstraint('polluter_id', 'kind', 'reference', name=op.f('uq_polluter_mention_polluter_id_kind_reference'))
    )
    op.create_index(op.f('ix_polluter_mention_polluter_id'), 'polluter_mention', ['polluter_id'], unique=False)
    op.create_table('press_item',
    sa.Column('number', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('disclosure_id', sa.String(length=64), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('record', sa.Text(), nullable=False, comment='canonical JSON'),
    sa.Column('queued_at', sa.DateTime(), nullable=False),
    sa.Column('pressed_at', sa.DateTime(), nullable=True),
    sa.Column('failure', sa.Text(), nullable=False, comment='why the press could not; shown at the desk'),
    sa.ForeignKeyConstraint(['disclosure_id'], ['disclosure.id'], name=op.f('fk_press_item_disclosure_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_press_item')),
    sa.UniqueConstraint('disclosure_id', 'revision', name=op.f('uq_press_item_disclosure_id_revision'))
    )
    op.create_index(op.f('ix_press_item_disclosure_id'), 'press_item', ['disclosure_id'], unique=False)
    op.create_index(op.f('ix_press_item_pressed_at'), 'press_item', ['pressed_at'], unique=False)
    op.create_table('public_listing',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('supervision_id', sa.String(length=26), nullable=False),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('by_whom', sa.String(length=120), nullable=False),
    sa.Column('document_number', sa.String(length=80), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('released_on', sa.Date(), nullable=True),
    sa.Column('release_evidence', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['supervision_id'], ['supervision.id'], name=op.f('fk_public_listing_supervision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_listing'))
    )
    op.create_index('ix_public_listing_running', 'public_listing', ['until_on', 'id'], unique=False, sqlite_where=sa.text('released_on IS NULL'), postgresql_where=sa.text('released_on IS NULL'))
    op.create_index(op.f('ix_public_listing_supervision_id'), 'public_listing', ['supervision_id'], unique=False)
    op.create_table('rectification_task',
    sa.Column('id', sa.String(length=64), nullable=False, comment='plan code and number; the public address'),
    sa.Column('plan_id', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='number in the plan'),
    sa.Column('printed_number', sa.String(length=40), nullable=False),
    sa.Column('group_title', sa.String(length=200), nullable=False, comment='section heading above it in the plan'),
    sa.Column('problem', sa.Text(), nullable=False),
    sa.Column('task', sa.Text(), nullable=False, comment='整改任务, where the plan has one beside the problem'),
    sa.Column('target', sa.Text(), nullable=False),
    sa.Column('measures_intro', sa.Text(), nullable=False),
    sa.Column('leaders', sa.Text(), nullable=False, comment='JSON: names as printed'),
    sa.Column('responsible_persons', sa.Text(), nullable=False, comment='责任人, as printed; by office'),
    sa.Column('progress_printed', sa.Text(), nullable=False, comment='完成情况 as the plan printed it'),
    sa.Column('remark', sa.Text(), nullable=False),
    sa.Column('extra', sa.Text(), nullable=False, comment='JSON: columns the reader does not know, by heading'),
    sa.Column('deadline_text', sa.Text(), nullable=False),
    sa.Column('deadline_kind', sa.String(length=30), nullable=False),
    sa.Column('planned_due_on', sa.Date(), nullable=True, comment='final date of the plan, before any extension'),
    sa.Column('due_on', sa.Date(), nullable=True, comment='deadline in force'),
    sa.Column('due_note', sa.String(length=200), nullable=False, comment="why due_on differs from the plan's words"),
    sa.Column('ongoing', sa.Boolean(), nullable=False, comment='长期坚持, 持续推进'),
    sa.Column('milestones', sa.Text(), nullable=False, comment='JSON: due, text, done_on'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('main_type', sa.String(length=40), nullable=False),
    sa.Column('severity', sa.Integer(), nullable=False, comment='1 ordinary, 2 serious, 3 grave; a relapse raises it'),
    sa.Column('relapses', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False, comment='day 序时进度 counts from'),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('reporting_unit_id', sa.String(length=32), nullable=False, comment='unit that files the 月报'),
    sa.Column('dropped_on', sa.Date(), nullable=True, comment='no longer in the plan since a later import'),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False, comment='how far the whole task is, 0 to 100'),
    sa.Column('pace_kept', sa.String(length=40), nullable=False, comment='序时进度 before a day below comes'),
    sa.Column('overdue_from', sa.Date(), nullable=True, comment='first day it is late, unless something happens'),
    sa.Column('behind_from', sa.Date(), nullable=True, comment='first day it is behind, unless something happens'),
    sa.Column('pace_said', sa.String(length=40), nullable=True, comment='what a person set in the last report'),
    sa.Column('said_until', sa.Date(), nullable=True, comment='last day that word counts'),
    sa.ForeignKeyConstraint(['plan_id'], ['rectification_plan.id'], name=op.f('fk_rectification_task_plan_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_task')),
    sa.UniqueConstraint('plan_id', 'number', name=op.f('uq_rectification_task_plan_id_number'))
    )
    op.create_index('ix_rectification_task_figures', 'rectification_task', ['plan_id', 'state', 'main_type', 'reporting_unit_id', 'pace_kept', 'overdue_from', 'behind_from', 'pace_said', 'said_until', 'percent', 'closed_on', 'dropped_on'], unique=False)
    op.create_index(op.f('ix_rectification_task_main_type'), 'rectification_task', ['main_type'], unique=False)
    op.create_index('ix_rectification_task_overdue', 'rectification_task', ['overdue_from', 'id'], unique=False)
    op.create_index(op.f('ix_rectification_task_plan_id'), 'rectification_task', ['plan_id'], unique=False)
    op.create_index('ix_rectification_task_state_due', 'rectification_task', ['state', 'due_on'], unique=False)
    op.create_index('ix_rectification_task_unit', 'rectification_task', ['reporting_unit_id', 'state', 'due_on'], unique=False)
    op.create_table('reward',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('offence_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('schedule_id', sa.String(length=26), nullable=True),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('clause', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False, comment='amount and order, in words'),
    sa.Column('against', sa.Text(), nullable=False, comment='every reason against, JSON'),
    sa.Column('unconfirmed', sa.Text(), nullable=False, comment='entries relied on that are 未核定, lines'),
    sa.Column('round', sa.Integer(), nullable=False, comment='raised whenever a proposal is taken or sent back'),
    sa.Column('proposed_by', sa.String(length=64), nullable=True),
    sa.Column('proposed_at', sa.DateTime(), nullable=True),
    sa.Column('approved_at', sa.DateTime(), nullable=True),
    sa.Column('budget_year', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("state NOT IN ('proposed', 'approved') OR (proposed_by IS NOT NULL AND amount_fen > 0)", name=op.f('ck_reward_whole')),
    sa.CheckConstraint('amount_fen >= 0', name=op.f('ck_reward_amount')),
    sa.ForeignKeyConstraint(['offence_id'], ['verified_offence.id'], name=op.f('fk_reward_offence_id')),
    sa.ForeignKeyConstraint(['schedule_id'], ['reward_schedule.id'], name=op.f('fk_reward_schedule_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward'))
    )
    op.create_index(op.f('ix_reward_state'), 'reward', ['state'], unique=False)
    op.create_index('uq_reward_live', 'reward', ['offence_id'], unique=True, sqlite_where=sa.text("state <> 'revoked'"), postgresql_where=sa.text("state <> 'revoked'"))
    op.create_table('reward_entry',
    sa.Column('schedule_id', sa.String(length=26), nullable=False),
    sa.Column('tier_id', sa.String(length=40), nullable=False),
    sa.Column('act_id', sa.String(length=40), nullable=False, comment='empty: the award for a usable lead'),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False, comment='tier and act both checked against the rule'),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_reward_entry_positive')),
    sa.ForeignKeyConstraint(['schedule_id'], ['reward_schedule.id'], name=op.f('fk_reward_entry_schedule_id')),
    sa.PrimaryKeyConstraint('schedule_id', 'tier_id', 'act_id', name=op.f('pk_reward_entry')),
    sa.UniqueConstraint('schedule_id', 'tier_id', 'act_id', 'amount_fen', 'confirmed', name=op.f('uq_reward_entry_schedule_id_tier_id_act_id_amount_fen_confirmed'))
    )
    op.create_table('staff_member',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('login', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('role_list', sa.String(length=400), nullable=False, comment='values of Role, space between'),
    sa.Column('password_hash', sa.Text(), nullable=False, comment='Argon2id PHC string'),
    sa.Column('totp_secret', sa.String(length=200), nullable=False, comment='AES-GCM, base64'),
    sa.Column('last_totp_step', sa.Integer(), nullable=False, comment='a code works once'),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('locked_until', sa.DateTime(), nullable=True),
    sa.Column('disabled_at', sa.DateTime(), nullable=True),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('must_change_password', sa.Boolean(), nullable=False),
    sa.Column('language', sa.String(length=5), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_staff_member_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_member')),
    sa.UniqueConstraint('login', name=op.f('uq_staff_member_login'))
    )
    op.create_index(op.f('ix_staff_member_unit_id'), 'staff_member', ['unit_id'], unique=False)
    op.create_table('supervision_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('supervision_id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['supervision_id'], ['supervision.id'], name=op.f('fk_supervision_event_supervision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_event'))
    )
    op.create_index(op.f('ix_supervision_event_supervision_id'), 'supervision_event', ['supervision_id'], unique=False)
    op.create_table('supervision_paper',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('supervision_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('serial', sa.Integer(), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment='to whom'),
    sa.Column('words', sa.Text(), nullable=False, comment='paragraphs, a line each'),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['supervision_id'], ['supervision.id'], name=op.f('fk_supervision_paper_supervision_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_supervision_paper')),
    sa.UniqueConstraint('kind', 'year', 'serial', name=op.f('uq_supervision_paper_kind_year_serial'))
    )
    op.create_index(op.f('ix_supervision_paper_supervision_id'), 'supervision_paper', ['supervision_id'], unique=False)
    op.create_index(op.f('ix_supervision_paper_unit_id'), 'supervision_paper', ['unit_id'], unique=False)
    op.create_table('verified_act',
    sa.Column('offence_id', sa.String(length=26), nullable=False),
    sa.Column('act_id', sa.String(length=40), nullable=False, comment='empty: a usable lead'),
    sa.Column('place_key', sa.String(length=240), nullable=False),
    sa.Column('spot_key', sa.String(length=240), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('case_opened', sa.Boolean(), nullable=False, comment='立案处罚'),
    sa.ForeignKeyConstraint(['offence_id', 'place_key', 'spot_key', 'first_day', 'last_day'], ['verified_offence.id', 'verified_offence.place_key', 'verified_offence.spot_key', 'verified_offence.first_day', 'verified_offence.last_day'], name='fk_verified_act_offence'),
    sa.PrimaryKeyConstraint('offence_id', 'act_id', name=op.f('pk_verified_act'))
    )
    op.create_index('ix_verified_act_place', 'verified_act', ['place_key', 'act_id', 'last_day'], unique=False)
    op.create_index('ix_verified_act_spot', 'verified_act', ['spot_key', 'act_id', 'last_day'], unique=False)
    op.create_table('yearly_assessment',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('grade', sa.String(length=40), nullable=False),
    sa.Column('disqualifiers', sa.Text(), nullable=False, comment='JSON: [[row, why], …]'),
    sa.Column('decided_by', sa.String(length=120), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_yearly_assessment_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_yearly_assessment')),
    sa.UniqueConstraint('unit_id', 'year', name=op.f('uq_yearly_assessment_unit_id_year'))
    )
    op.create_index(op.f('ix_yearly_assessment_unit_id'), 'yearly_assessment', ['unit_id'], unique=False)
    op.create_table('accident_check',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('point', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('settled_on', sa.Date(), nullable=True),
    sa.Column('settled_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accident_check_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accident_check')),
    sa.UniqueConstraint('case_id', 'point', name=op.f('uq_accident_check_case_id_point'))
    )
    op.create_index(op.f('ix_accident_check_case_id'), 'accident_check', ['case_id'], unique=False)
    op.create_table('accountability_factor',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('factor', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accountability_factor_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountability_factor')),
    sa.UniqueConstraint('case_id', 'factor', name=op.f('uq_accountability_factor_case_id_factor'))
    )
    op.create_index(op.f('ix_accountability_factor_case_id'), 'accountability_factor', ['case_id'], unique=False)
    op.create_table('accountability_history',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accountability_history_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountability_history'))
    )
    op.create_index(op.f('ix_accountability_history_case_id'), 'accountability_history', ['case_id'], unique=False)
    op.create_table('accountability_procedure',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('step', sa.String(length=40), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=False),
    sa.Column('body', sa.String(length=120), nullable=False, comment='who did it or received it'),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accountability_procedure_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountability_procedure'))
    )
    op.create_index(op.f('ix_accountability_procedure_case_id'), 'accountability_procedure', ['case_id'], unique=False)
    op.create_table('accountability_register',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=True),
    sa.Column('polluter_id', sa.String(length=32), nullable=True),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False, comment='year of assessment it counts in'),
    sa.Column('body', sa.String(length=120), nullable=False, comment='who did it'),
    sa.Column('level', sa.String(length=40), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True, comment='None: until released'),
    sa.Column('recipients', sa.String(length=200), nullable=False, comment='to whom results are copied'),
    sa.Column('received_on', sa.Date(), nullable=True, comment='receipt signed'),
    sa.Column('received_by', sa.String(length=120), nullable=False),
    sa.Column('released_on', sa.Date(), nullable=True),
    sa.Column('release_evidence', sa.Text(), nullable=False),
    sa.Column('grave', sa.Boolean(), nullable=False, comment='major accident; grave consequence of an exposure'),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accountability_register_case_id')),
    sa.ForeignKeyConstraint(['polluter_id'], ['polluter.id'], name=op.f('fk_accountability_register_polluter_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_accountability_register_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountability_register'))
    )
    op.create_index(op.f('ix_accountability_register_case_id'), 'accountability_register', ['case_id'], unique=False)
    op.create_index('ix_accountability_register_kind_on', 'accountability_register', ['kind', 'entered_on'], unique=False)
    op.create_index(op.f('ix_accountability_register_polluter_id'), 'accountability_register', ['polluter_id'], unique=False)
    op.create_index(op.f('ix_accountability_register_unit_id'), 'accountability_register', ['unit_id'], unique=False)
    op.create_table('accountable_party',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('official_id', sa.String(length=32), nullable=True),
    sa.Column('unit_name', sa.String(length=120), nullable=False, comment='the unit, or the unit of the person then'),
    sa.Column('office', sa.String(length=120), nullable=False, comment='office held then, e.g. 副镇长'),
    sa.Column('rank', sa.String(length=40), nullable=True, comment='None for a unit'),
    sa.Column('tenure', sa.String(length=40), nullable=True, comment='None for a unit'),
    sa.Column('subject', sa.String(length=40), nullable=False, comment='which subject of the rules: direct, principal …'),
    sa.Column('dimension', sa.String(length=40), nullable=True),
    sa.Column('deciding_body', sa.String(length=120), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('basis', sa.String(length=200), nullable=False, comment='clause of the decision'),
    sa.Column('comparison', sa.String(length=40), nullable=False),
    sa.Column('suggested_row', sa.String(length=40), nullable=False),
    sa.Column('below_reason', sa.Text(), nullable=False),
    sa.Column('below_reason_public', sa.Boolean(), nullable=False, comment='the deciding body agrees'),
    sa.Column('exemption_clause', sa.String(length=120), nullable=False, comment='e.g. 昌吉办法 第十四条（三）3'),
    sa.Column('exemption_reason', sa.Text(), nullable=False),
    sa.Column('naming', sa.String(length=40), nullable=True, comment='None: not yet decided, cannot be published'),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_accountable_party_case_id')),
    sa.ForeignKeyConstraint(['official_id'], ['official.id'], name=op.f('fk_accountable_party_official_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accountable_party'))
    )
    op.create_index(op.f('ix_accountable_party_case_id'), 'accountable_party', ['case_id'], unique=False)
    op.create_index('ix_accountable_party_decided', 'accountable_party', ['decided_on', 'kind'], unique=False)
    op.create_index(op.f('ix_accountable_party_decided_on'), 'accountable_party', ['decided_on'], unique=False)
    op.create_index(op.f('ix_accountable_party_official_id'), 'accountable_party', ['official_id'], unique=False)
    op.create_table('blacklist_entry',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('polluter_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('ground', sa.Text(), nullable=False),
    sa.Column('clause', sa.String(length=120), nullable=False),
    sa.Column('entered_on', sa.Date(), nullable=False),
    sa.Column('effect', sa.Text(), nullable=False),
    sa.Column('exit_conditions', sa.Text(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True, comment='None: until the conditions are met'),
    sa.Column('left_on', sa.Date(), nullable=True),
    sa.Column('left_reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_blacklist_entry_case_id')),
    sa.ForeignKeyConstraint(['polluter_id'], ['polluter.id'], name=op.f('fk_blacklist_entry_polluter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_blacklist_entry'))
    )
    op.create_index(op.f('ix_blacklist_entry_entered_on'), 'blacklist_entry', ['entered_on'], unique=False)
    op.create_index(op.f('ix_blacklist_entry_polluter_id'), 'blacklist_entry', ['polluter_id'], unique=False)
    op.create_table('code_card_line',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_code_card_line_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_code_card_line'))
    )
    op.create_index(op.f('ix_code_card_line_staff_id'), 'code_card_line', ['staff_id'], unique=False)
    op.create_table('destruction_item',
    sa.Column('list_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('report_id', sa.String(length=26), nullable=False),
    sa.Column('done_at', sa.DateTime(), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=False, comment='已销毁, or why not'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_destruction_item_letter_id')),
    sa.ForeignKeyConstraint(['list_id'], ['destruction_list.id'], name=op.f('fk_destruction_item_list_id')),
    sa.PrimaryKeyConstraint('list_id', 'letter_id', name=op.f('pk_destruction_item')),
    sa.UniqueConstraint('list_id', 'report_id', name=op.f('uq_destruction_item_list_id_report_id'))
    )
    op.create_index('ix_destruction_item_letter', 'destruction_item', ['letter_id'], unique=False)
    op.create_table('exposed_case',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('polluter_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('letter_batch', sa.String(length=64), nullable=True, comment="public record id of the letter's batch"),
    sa.Column('task_record', sa.String(length=64), nullable=True, comment='public record id of the task'),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('facts_text', sa.Text(), nullable=False),
    sa.Column('law', sa.String(length=300), nullable=False, comment='law broken, with article'),
    sa.Column('unit_name', sa.String(length=60), nullable=False, comment='who investigated and decided'),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('rectified', sa.String(length=40), nullable=False),
    sa.Column('rectified_text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('take_down_by', sa.Date(), nullable=True, comment='last day a quashed penalty may stay up'),
    sa.Column('take_down_arithmetic', sa.String(length=200), nullable=False, comment='how that day was counted'),
    sa.Column('take_down_provisional', sa.Boolean(), nullable=False, comment='暂定: year not yet announced'),
    sa.Column('take_down_reason', sa.Text(), nullable=False),
    sa.Column('record_id', sa.String(length=64), nullable=True, comment='public record'),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_exposed_case_case_id')),
    sa.ForeignKeyConstraint(['polluter_id'], ['polluter.id'], name=op.f('fk_exposed_case_polluter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exposed_case'))
    )
    op.create_index(op.f('ix_exposed_case_case_id'), 'exposed_case', ['case_id'], unique=False)
    op.create_index(op.f('ix_exposed_case_polluter_id'), 'exposed_case', ['polluter_id'], unique=False)
    op.create_index(op.f('ix_exposed_case_region_code'), 'exposed_case', ['region_code'], unique=False)
    op.create_index(op.f('ix_exposed_case_state'), 'exposed_case', ['state'], unique=False)
    op.create_index('ix_exposed_case_take_down', 'exposed_case', ['take_down_by', 'id'], unique=False, sqlite_where=sa.text('take_down_by IS NOT NULL'), postgresql_where=sa.text('take_down_by IS NOT NULL'))
    op.create_table('figure_check',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('reported', sa.Integer(), nullable=False),
    sa.Column('found', sa.Integer(), nullable=True, comment='empty: not checked yet'),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('on', sa.Date(), nullable=False, comment='day of the check; while it is open, day of the report'),
    sa.Column('past', sa.Boolean(), nullable=False, comment='of an earlier round; kept by the database itself'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_figure_check_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', 'round', name=op.f('pk_figure_check'))
    )
    op.create_index('ix_figure_check_open', 'figure_check', ['on', 'letter_id'], unique=False, sqlite_where=sa.text('found IS NULL'), postgresql_where=sa.text('found IS NULL'))
    op.create_table('identity_request',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('purpose', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False, comment='internal; the receipt shows the purpose'),
    sa.Column('asked_by', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False, comment='role in which it was asked; shown on the receipt'),
    sa.Column('asked_at', sa.DateTime(), nullable=False),
    sa.Column('custodian', sa.String(length=64), nullable=False),
    sa.Column('second', sa.String(length=64), nullable=False),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('refusal', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(), nullable=False, comment='unused by then, it is void'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_identity_request_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_request'))
    )
    op.create_index(op.f('ix_identity_request_asked_by'), 'identity_request', ['asked_by'], unique=False)
    op.create_index(op.f('ix_identity_request_letter_id'), 'identity_request', ['letter_id'], unique=False)
    op.create_index(op.f('ix_identity_request_state'), 'identity_request', ['state'], unique=False)
    op.create_table('investigation',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('started_on', sa.Date(), nullable=False),
    sa.Column('started_by', sa.String(length=120), nullable=False, comment='government or body that started it'),
    sa.Column('why', sa.Text(), nullable=False, comment='situation of 第六条 and its facts'),
    sa.Column('assisting', sa.Boolean(), nullable=False, comment="a superior's investigation, assisted here"),
    sa.Column('team', sa.Text(), nullable=False, comment='units and experts, one a line'),
    sa.Column('team_approved_by', sa.String(length=120), nullable=False),
    sa.Column('team_approved_on', sa.Date(), nullable=True),
    sa.Column('discipline_opinion', sa.Text(), nullable=False, comment="the supervision team's own opinion (第十条)"),
    sa.Column('discipline_needed', sa.Boolean(), nullable=False, comment='discipline or organisation measures needed'),
    sa.Column('consulted', sa.String(length=200), nullable=False, comment='纪委、组织部 consulted, with date'),
    sa.Column('report_text', sa.Text(), nullable=False, comment='report as it will be public'),
    sa.Column('report_approved_by', sa.String(length=120), nullable=False),
    sa.Column('report_approved_on', sa.Date(), nullable=True),
    sa.Column('publish_by', sa.Date(), nullable=True),
    sa.Column('publish_by_arithmetic', sa.String(length=200), nullable=False),
    sa.Column('published_on', sa.Date(), nullable=True),
    sa.Column('record_id', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_investigation_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investigation')),
    sa.UniqueConstraint('case_id', name=op.f('uq_investigation_case_id'))
    )
    op.create_index(op.f('ix_investigation_state'), 'investigation', ['state'], unique=False)
    op.create_index('ix_investigation_unpublished', 'investigation', ['publish_by', 'id'], unique=False, sqlite_where=sa.text('published_on IS NULL'), postgresql_where=sa.text('published_on IS NULL'))
    op.create_table('legal_hold',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('set_by', sa.String(length=64), nullable=False),
    sa.Column('set_at', sa.DateTime(), nullable=False),
    sa.Column('lifted_by', sa.String(length=64), nullable=True),
    sa.Column('lifted_at', sa.DateTime(), nullable=True),
    sa.Column('lifted_why', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_legal_hold_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_legal_hold'))
    )
    op.create_index(op.f('ix_legal_hold_letter_id'), 'legal_hold', ['letter_id'], unique=False)
    op.create_table('letter_assignment',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('lead', sa.Boolean(), nullable=False),
    sa.Column('parent_id', sa.String(length=26), nullable=True),
    sa.Column('assigned_by', sa.String(length=64), nullable=False),
    sa.Column('assigned_at', sa.DateTime(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False, comment='the routing trace, or the words of who chose otherwise'),
    sa.Column('opened_at', sa.DateTime(), nullable=True, comment='somebody of the unit first read it'),
    sa.Column('taken_up_at', sa.DateTime(), nullable=True),
    sa.Column('reported_at', sa.DateTime(), nullable=True, comment="this round's report; emptied by 退回重办"),
    sa.Column('reported_by', sa.String(length=64), nullable=False),
    sa.Column('may_return', sa.Boolean(), nullable=False, comment='False after the group insisted'),
    sa.Column('ended_at', sa.DateTime(), nullable=True, comment='returned or replaced: the unit no longer sees the letter'),
    sa.Column('ended_why', sa.Text(), nullable=False),
    sa.Column('closed', sa.Boolean(), nullable=False, comment="the letter is closed: off the unit's desk, still in its list"),
    sa.Column('state', sa.String(length=40), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('desk', sa.String(length=40), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('region_code', sa.String(length=12), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('received_on', sa.Date(), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('due_on', sa.Date(), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_assignment_letter_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['letter_assignment.id'], name=op.f('fk_letter_assignment_parent_id')),
    sa.ForeignKeyConstraint(['unit_id'], ['unit.id'], name=op.f('fk_letter_assignment_unit_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_assignment'))
    )
    op.create_index(op.f('ix_letter_assignment_letter_id'), 'letter_assignment', ['letter_id'], unique=False)
    op.create_index('ix_letter_assignment_open', 'letter_assignment', ['unit_id', 'closed', 'due_on', 'letter_id', 'state', 'desk', 'region_code'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_index('ix_letter_assignment_unit', 'letter_assignment', ['unit_id', 'received_on', 'letter_id', 'state', 'region_code'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    op.create_table('letter_bar',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False, comment='empty: a whole unit'),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment='empty: one person'),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_bar_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_bar')),
    sa.UniqueConstraint('letter_id', 'staff_id', 'unit_id', name=op.f('uq_letter_bar_letter_id_staff_id_unit_id'))
    )
    op.create_index('ix_letter_bar_staff', 'letter_bar', ['staff_id', 'letter_id'], unique=False)
    op.create_index('ix_letter_bar_unit', 'letter_bar', ['unit_id', 'letter_id'], unique=False)
    op.create_table('letter_claim',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment="the office's own words"),
    sa.Column('act', sa.String(length=40), nullable=False),
    sa.Column('verdict', sa.String(length=40), nullable=True),
    sa.Column('finding', sa.Text(), nullable=False, comment='调查核实情况'),
    sa.Column('measures', sa.Text(), nullable=False, comment='处理和整改情况'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_claim_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_claim'))
    )
    op.create_index(op.f('ix_letter_claim_letter_id'), 'letter_claim', ['letter_id'], unique=False)
    op.create_table('letter_deadline',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('clock', sa.String(length=40), nullable=False, comment='code of the row in rules/clocks.toml'),
    sa.Column('start_on', sa.Date(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('workdays', sa.Boolean(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('arithmetic', sa.Text(), nullable=False, comment='the sum in words'),
    sa.Column('clause', sa.String(length=200), nullable=False),
    sa.Column('provisional', sa.Boolean(), nullable=False, comment='暂定: runs into a year not yet announced'),
    sa.Column('anchor_on', sa.Date(), nullable=True, comment='last certain day of the sum; empty: the count itself is 暂定'),
    sa.Column('changes', sa.Text(), nullable=False, comment='JSON: pauses and extensions after anchor_on, see clock_sums'),
    sa.Column('set_at', sa.DateTime(), nullable=False),
    sa.Column('paused_on', sa.Date(), nullable=True),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.Column('ended_why', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_deadline_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_deadline'))
    )
    op.create_index(op.f('ix_letter_deadline_letter_id'), 'letter_deadline', ['letter_id'], unique=False)
    op.create_index(op.f('ix_letter_deadline_provisional'), 'letter_deadline', ['provisional'], unique=False)
    op.create_table('letter_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('on', sa.Date(), nullable=False, comment='day in China'),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('source', sa.String(length=40), nullable=False),
    sa.Column('target', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False, comment='what was written with the step; internal'),
    sa.Column('public', sa.Text(), nullable=False, comment='what the reporter reads; empty: nothing'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_event_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_event'))
    )
    op.create_index(op.f('ix_letter_event_letter_id'), 'letter_event', ['letter_id'], unique=False)
    op.create_table('letter_evidence',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='id in the evidence store'),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('media_type', sa.String(length=80), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_evidence_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_evidence'))
    )
    op.create_index(op.f('ix_letter_evidence_letter_id'), 'letter_evidence', ['letter_id'], unique=False)
    op.create_table('letter_fingerprint',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('region_code', sa.String(length=12), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('exact', sa.LargeBinary(length=16), nullable=False, comment='the whole text, for floods'),
    sa.Column('target', sa.LargeBinary(length=16), nullable=False, comment='who is said to do it; empty when not named'),
    sa.Column('sketch', sa.LargeBinary(), nullable=False, comment='the 64 smallest keyed digests of its bigrams, 4 bytes each'),
    sa.Column('longitude', sa.Integer(), nullable=True, comment='thousandths of a degree, WGS-84'),
    sa.Column('latitude', sa.Integer(), nullable=True, comment='thousandths of a degree, WGS-84'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_fingerprint_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_letter_fingerprint'))
    )
    op.create_index(op.f('ix_letter_fingerprint_exact'), 'letter_fingerprint', ['exact'], unique=False)
    op.create_index('ix_letter_fingerprint_near', 'letter_fingerprint', ['region_code', 'received_on'], unique=False)
    op.create_index(op.f('ix_letter_fingerprint_target'), 'letter_fingerprint', ['target'], unique=False)
    op.create_table('letter_guard',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('runs', sa.LargeBinary(), nullable=False, comment='5 bytes for every run of 12 characters of the original'),
    sa.Column('identity', sa.LargeBinary(), nullable=False, comment='length and 8 bytes for name, phone, number and contact'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_guard_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_letter_guard'))
    )
    op.create_table('letter_link',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False, comment='task, case, reward, disclosure'),
    sa.Column('target_id', sa.String(length=40), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_link_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', 'kind', 'target_id', name=op.f('pk_letter_link'))
    )
    op.create_index('ix_letter_link_target', 'letter_link', ['kind', 'target_id'], unique=False)
    op.create_table('letter_measure',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False, comment='firms, people, cases or yuan, by kind'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_measure_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_measure'))
    )
    op.create_index(op.f('ix_letter_measure_letter_id'), 'letter_measure', ['letter_id'], unique=False)
    op.create_table('letter_message',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('direction', sa.String(length=40), nullable=False),
    sa.Column('message_id', sa.String(length=26), nullable=True, comment='sealed message in the intake store'),
    sa.Column('kind', sa.String(length=40), nullable=False, comment='value of MessageKind; reply for ours'),
    sa.Column('position', sa.Integer(), nullable=False, comment='1, 2, 3 … within the letter'),
    sa.Column('on', sa.Date(), nullable=False, comment='day only'),
    sa.Column('text', sa.Text(), nullable=False, comment='ours only'),
    sa.Column('score', sa.Integer(), nullable=True, comment='satisfaction, 1 to 5'),
    sa.Column('demanded', sa.String(length=10), nullable=False, comment='on withdrawal: did somebody demand it'),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('read_at', sa.DateTime(), nullable=True),
    sa.Column('evidence_id', sa.String(length=26), nullable=False, comment='ours: a file of the letter that goes with it'),
    sa.Column('sent', sa.Boolean(), nullable=False, comment='ours: sealed to the receipt'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_message_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_message')),
    sa.UniqueConstraint('message_id', name=op.f('uq_letter_message_message_id'))
    )
    op.create_index(op.f('ix_letter_message_letter_id'), 'letter_message', ['letter_id'], unique=False)
    op.create_index('ix_letter_message_tells', 'letter_message', ['on', 'id'], unique=False, sqlite_where=sa.text("kind = 'retaliation' OR kind = 'withdrawal'"), postgresql_where=sa.text("kind = 'retaliation' OR kind = 'withdrawal'"))
    op.create_index('ix_letter_message_unread', 'letter_message', ['kind', 'direction', 'on', 'id'], unique=False, sqlite_where=sa.text('read_at IS NULL'), postgresql_where=sa.text('read_at IS NULL'))
    op.create_index('ix_letter_message_unsent', 'letter_message', ['sent'], unique=False, sqlite_where=sa.text('sent IS 0'), postgresql_where=sa.text('sent IS false'))
    op.create_table('letter_on_site_check',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=False),
    sa.Column('items', sa.Text(), nullable=False, comment='JSON: item → 是, 否, 未查'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_on_site_check_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_on_site_check'))
    )
    op.create_index(op.f('ix_letter_on_site_check_letter_id'), 'letter_on_site_check', ['letter_id'], unique=False)
    op.create_table('letter_recheck_letter',
    sa.Column('recheck_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('done_round', sa.Integer(), nullable=True, comment='round of the letter in which every item was looked at'),
    sa.Column('failed_round', sa.Integer(), nullable=True, comment='round in which something was not done'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_recheck_letter_letter_id')),
    sa.ForeignKeyConstraint(['recheck_id'], ['letter_recheck.id'], name=op.f('fk_letter_recheck_letter_recheck_id')),
    sa.PrimaryKeyConstraint('recheck_id', 'letter_id', name=op.f('pk_letter_recheck_letter'))
    )
    op.create_index('ix_letter_recheck_left', 'letter_recheck_letter', ['letter_id'], unique=False, sqlite_where=sa.text('done_round IS NULL'), postgresql_where=sa.text('done_round IS NULL'))
    op.create_index('ix_letter_recheck_left_of', 'letter_recheck_letter', ['recheck_id', 'letter_id'], unique=False, sqlite_where=sa.text('done_round IS NULL'), postgresql_where=sa.text('done_round IS NULL'))
    op.create_index('ix_letter_recheck_letter_id', 'letter_recheck_letter', ['letter_id'], unique=False)
    op.create_table('letter_recheck_result',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('recheck_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False, comment='of the letter'),
    sa.Column('item', sa.String(length=80), nullable=False, comment='key of the item'),
    sa.Column('said', sa.Text(), nullable=False, comment="what was recorded, as it was compared; the office's own words"),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_recheck_result_letter_id')),
    sa.ForeignKeyConstraint(['recheck_id'], ['letter_recheck.id'], name=op.f('fk_letter_recheck_result_recheck_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_recheck_result'))
    )
    op.create_index('ix_letter_recheck_result', 'letter_recheck_result', ['recheck_id', 'letter_id', 'round'], unique=False)
    op.create_table('letter_refusal',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('template', sa.String(length=40), nullable=False),
    sa.Column('reply', sa.Text(), nullable=False, comment='what the reporter will be told'),
    sa.Column('clause', sa.String(length=200), nullable=False),
    sa.Column('proposed_by', sa.String(length=64), nullable=False),
    sa.Column('proposed_at', sa.DateTime(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=True),
    sa.Column('decided_at', sa.DateTime(), nullable=True),
    sa.Column('agreed', sa.Boolean(), nullable=True),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_refusal_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_refusal'))
    )
    op.create_index(op.f('ix_letter_refusal_letter_id'), 'letter_refusal', ['letter_id'], unique=False)
    op.create_table('letter_search',
    sa.Column('position', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('grams', sa.Text(), nullable=False, comment='overlapping pairs of characters, blanks between'),
    sa.Column('marks', sa.Text(), server_default='', nullable=False, comment='what words are looked for together with: region, state, units, types'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_search_letter_id')),
    sa.PrimaryKeyConstraint('position', name=op.f('pk_letter_search')),
    sa.UniqueConstraint('letter_id', name=op.f('uq_letter_search_letter_id'))
    )
    op.create_table('letter_text',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False, comment='working summary (工作摘要)'),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('target', sa.String(length=200), nullable=False, comment='who is said to do it'),
    sa.Column('acts', sa.String(length=400), nullable=False, comment='codes of all acts, space between'),
    sa.Column('reply', sa.Text(), nullable=False, comment='what the reporter is told in the end'),
    sa.Column('note', sa.Text(), nullable=False, comment='for the office only'),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_text_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', name=op.f('pk_letter_text'))
    )
    op.create_table('letter_type',
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=40), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('desk', sa.String(length=40), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('region_code', sa.String(length=12), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('unit_id', sa.String(length=32), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('key_letter', sa.Boolean(), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('received_on', sa.Date(), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.Column('due_on', sa.Date(), nullable=False, comment="the letter's own, kept equal by the database"),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_type_letter_id')),
    sa.PrimaryKeyConstraint('letter_id', 'type', name=op.f('pk_letter_type'))
    )
    op.create_index('ix_letter_type_due', 'letter_type', ['type', 'desk', 'due_on', 'letter_id', 'state', 'region_code', 'unit_id', 'key_letter'], unique=False)
    op.create_index('ix_letter_type_key', 'letter_type', ['type', 'received_on', 'letter_id', 'state', 'region_code', 'unit_id'], unique=False, sqlite_where=sa.text('key_letter IS 1'), postgresql_where=sa.text('key_letter IS true'))
    op.create_index('ix_letter_type_received', 'letter_type', ['type', 'received_on', 'letter_id'], unique=False)
    op.create_index('ix_letter_type_region', 'letter_type', ['type', 'region_code', 'received_on', 'letter_id'], unique=False)
    op.create_index('ix_letter_type_state', 'letter_type', ['type', 'state', 'received_on', 'letter_id'], unique=False)
    op.create_index('ix_letter_type_unit', 'letter_type', ['type', 'unit_id', 'received_on', 'letter_id'], unique=False)
    op.create_table('letter_undo',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('act', sa.String(length=40), nullable=False, comment='key of undoing.UNDOABLE'),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('until', sa.DateTime(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False, comment='of the letter, right after the act'),
    sa.Column('before', sa.Text(), nullable=False, comment="JSON: what the act replaced; the office's own words only"),
    sa.Column('undone_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_undo_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_undo'))
    )
    op.create_index('ix_letter_undo_by', 'letter_undo', ['by', 'until'], unique=False)
    op.create_index(op.f('ix_letter_undo_letter_id'), 'letter_undo', ['letter_id'], unique=False)
    op.create_table('rectification_close_out',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('requested_by', sa.String(length=64), nullable=False),
    sa.Column('requested_on', sa.Date(), nullable=False),
    sa.Column('self_check', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False, comment='整改结果, for the notice'),
    sa.Column('mechanism', sa.Text(), nullable=False, comment='长效机制'),
    sa.Column('checked_by', sa.String(length=64), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.Column('notice_first_on', sa.Date(), nullable=True),
    sa.Column('notice_last_on', sa.Date(), nullable=True),
    sa.Column('notice_arithmetic', sa.String(length=200), nullable=False),
    sa.Column('notice_place', sa.String(length=200), nullable=False, comment='where it was shown, when not on this site'),
    sa.Column('approved_by', sa.String(length=64), nullable=False),
    sa.Column('approval', sa.Text(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True, comment='approved, sent back, or ended by an objection'),
    sa.Column('outcome', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_close_out_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_close_out'))
    )
    op.create_index(op.f('ix_rectification_close_out_task_id'), 'rectification_close_out', ['task_id'], unique=False)
    op.create_table('rectification_consultation_task',
    sa.Column('consultation_id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['consultation_id'], ['rectification_consultation.id'], name=op.f('fk_rectification_consultation_task_consultation_id')),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_consultation_task_task_id')),
    sa.PrimaryKeyConstraint('consultation_id', 'task_id', name=op.f('pk_rectification_consultation_task'))
    )
    op.create_index(op.f('ix_rectification_consultation_task_task_id'), 'rectification_consultation_task', ['task_id'], unique=False)
    op.create_table('rectification_credit',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=160), nullable=False, comment='the firm'),
    sa.Column('points', sa.String(length=20), nullable=False, comment='points deducted, decimal text'),
    sa.Column('document_number', sa.String(length=80), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_credit_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_credit'))
    )
    op.create_index(op.f('ix_rectification_credit_task_id'), 'rectification_credit', ['task_id'], unique=False)
    op.create_table('rectification_duty',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('rhythm', sa.String(length=40), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False, comment='how often in each period'),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_duty_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_duty'))
    )
    op.create_index(op.f('ix_rectification_duty_task_id'), 'rectification_duty', ['task_id'], unique=False)
    op.create_table('rectification_event',
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('to_state', sa.String(length=40), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('public', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_event_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'number', name=op.f('pk_rectification_event'))
    )
    op.create_table('rectification_evidence',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('caption', sa.String(length=200), nullable=False),
    sa.Column('taken_on', sa.Date(), nullable=True),
    sa.Column('file', sa.String(length=64), nullable=False, comment='id in the evidence store; empty: no file'),
    sa.Column('file_name', sa.String(length=160), nullable=False),
    sa.Column('file_kind', sa.String(length=20), nullable=False, comment='code of portal.core.evidence_kinds'),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('value', sa.String(length=40), nullable=False, comment='of a monitoring value, as printed'),
    sa.Column('publish', sa.Boolean(), nullable=False, comment='chosen for the public page'),
    sa.Column('added_by', sa.String(length=64), nullable=False),
    sa.Column('added_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_evidence_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_evidence'))
    )
    op.create_index(op.f('ix_rectification_evidence_task_id'), 'rectification_evidence', ['task_id'], unique=False)
    op.create_table('rectification_extension',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=True),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('document_number', sa.String(length=80), nullable=False, comment='approving document'),
    sa.Column('approved_by_body', sa.String(length=120), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_extension_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_extension'))
    )
    op.create_index(op.f('ix_rectification_extension_task_id'), 'rectification_extension', ['task_id'], unique=False)
    op.create_table('rectification_letter_recheck',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False, comment='受理编号 as printed'),
    sa.Column('letter_id', sa.String(length=32), nullable=False),
    sa.Column('checked_on', sa.Date(), nullable=True),
    sa.Column('held', sa.Boolean(), nullable=True, comment='True: no relapse found'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_letter_recheck_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_letter_recheck'))
    )
    op.create_index(op.f('ix_rectification_letter_recheck_task_id'), 'rectification_letter_recheck', ['task_id'], unique=False)
    op.create_table('rectification_link',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('reference', sa.String(length=64), nullable=False),
    sa.Column('label', sa.String(length=200), nullable=False),
    sa.Column('cause', sa.String(length=40), nullable=False, comment='overdue, relapse, sham: what opened a case'),
    sa.Column('on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_link_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_link')),
    sa.UniqueConstraint('task_id', 'kind', 'reference', name=op.f('uq_rectification_link_task_id_kind_reference'))
    )
    op.create_index(op.f('ix_rectification_link_task_id'), 'rectification_link', ['task_id'], unique=False)
    op.create_table('rectification_listing',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('number', sa.String(length=80), nullable=False, comment='its document number'),
    sa.Column('what', sa.Text(), nullable=False),
    sa.Column('why', sa.Text(), nullable=False),
    sa.Column('by_body', sa.String(length=120), nullable=False, comment='who decided it'),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('released_on', sa.Date(), nullable=True),
    sa.Column('release_evidence', sa.Text(), nullable=False),
    sa.Column('released_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_listing_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_listing'))
    )
    op.create_index('ix_rectification_listing_open', 'rectification_listing', ['until_on', 'task_id'], unique=False, sqlite_where=sa.text('released_on IS NULL'), postgresql_where=sa.text('released_on IS NULL'))
    op.create_index(op.f('ix_rectification_listing_task_id'), 'rectification_listing', ['task_id'], unique=False)
    op.create_table('rectification_look_back',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('planned_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False, comment='why this task was drawn'),
    sa.Column('planned_by', sa.String(length=64), nullable=False),
    sa.Column('visited_on', sa.Date(), nullable=True),
    sa.Column('visited_by', sa.String(length=64), nullable=False),
    sa.Column('verdict', sa.String(length=40), nullable=True),
    sa.Column('findings', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_look_back_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_look_back'))
    )
    op.create_index('ix_rectification_look_back_open', 'rectification_look_back', ['planned_on', 'id'], unique=False, sqlite_where=sa.text('visited_on IS NULL'), postgresql_where=sa.text('visited_on IS NULL'))
    op.create_index(op.f('ix_rectification_look_back_task_id'), 'rectification_look_back', ['task_id'], unique=False)
    op.create_table('rectification_measure',
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('printed', sa.String(length=20), nullable=False, comment='its number as printed'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('changed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_measure_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'place', name=op.f('pk_rectification_measure'))
    )
    op.create_table('rectification_monthly_report',
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False, comment='YYYY-MM'),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False, comment='whole task, 0 to 100'),
    sa.Column('pace', sa.String(length=40), nullable=False, comment='as computed when filed'),
    sa.Column('pace_said', sa.String(length=40), nullable=True, comment='set by a person instead'),
    sa.Column('pace_reason', sa.Text(), nullable=False, comment='why it was set'),
    sa.Column('text', sa.Text(), nullable=False, comment='work of the month'),
    sa.Column('difficulties', sa.Text(), nullable=False),
    sa.Column('next_steps', sa.Text(), nullable=False),
    sa.Column('figures', sa.Text(), nullable=False, comment='JSON: quantities as they stood then'),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_monthly_report_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'month', 'version', name=op.f('pk_rectification_monthly_report'))
    )
    op.create_table('rectification_objection',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('letter_id', sa.String(length=32), nullable=False, comment='the letter it came as, if any'),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False, comment="in the office's own words"),
    sa.Column('answered_on', sa.Date(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('upheld', sa.Boolean(), nullable=True),
    sa.Column('answered_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_objection_task_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_objection'))
    )
    op.create_index('ix_rectification_objection_open', 'rectification_objection', ['received_on', 'id'], unique=False, sqlite_where=sa.text('answered_on IS NULL'), postgresql_where=sa.text('answered_on IS NULL'))
    op.create_index(op.f('ix_rectification_objection_task_id'), 'rectification_objection', ['task_id'], unique=False)
    op.create_table('rectification_quantity',
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=120), nullable=False),
    sa.Column('unit', sa.String(length=20), nullable=False),
    sa.Column('total', sa.String(length=24), nullable=False),
    sa.Column('done', sa.String(length=24), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True, comment='its own date, where it has one'),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_quantity_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'place', name=op.f('pk_rectification_quantity'))
    )
    op.create_table('rectification_task_unit',
    sa.Column('task_id', sa.String(length=64), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=40), nullable=False),
    sa.Column('printed', sa.String(length=200), nullable=False),
    sa.Column('unit_id', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['task_id'], ['rectification_task.id'], name=op.f('fk_rectification_task_unit_task_id')),
    sa.PrimaryKeyConstraint('task_id', 'place', name=op.f('pk_rectification_task_unit'))
    )
    op.create_index(op.f('ix_rectification_task_unit_unit_id'), 'rectification_task_unit', ['unit_id'], unique=False)
    op.create_table('reward_approval',
    sa.Column('reward_id', sa.String(length=26), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('approver', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_approval_reward_id')),
    sa.PrimaryKeyConstraint('reward_id', 'round', 'approver', name=op.f('pk_reward_approval'))
    )
    op.create_table('reward_line',
    sa.Column('reward_id', sa.String(length=26), nullable=False),
    sa.Column('act_id', sa.String(length=40), nullable=False),
    sa.Column('schedule_id', sa.String(length=26), nullable=False),
    sa.Column('tier_id', sa.String(length=40), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('clause', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_line_reward_id')),
    sa.ForeignKeyConstraint(['schedule_id', 'tier_id', 'act_id', 'amount_fen', 'confirmed'], ['reward_entry.schedule_id', 'reward_entry.tier_id', 'reward_entry.act_id', 'reward_entry.amount_fen', 'reward_entry.confirmed'], name='fk_reward_line_entry'),
    sa.PrimaryKeyConstraint('reward_id', 'act_id', name=op.f('pk_reward_line'))
    )
    op.create_table('reward_share',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('reward_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('report_id', sa.String(length=26), nullable=True),
    sa.Column('person', sa.Integer(), nullable=False, comment='place among joint reporters, from 0'),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('named', sa.Boolean(), nullable=False, comment='collects with a name, seen by the payer alone'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('notice_due_on', sa.Date(), nullable=True),
    sa.Column('notice_arithmetic', sa.Text(), nullable=False),
    sa.Column('notified_on', sa.Date(), nullable=True),
    sa.Column('window_start_on', sa.Date(), nullable=True),
    sa.Column('collect_until', sa.Date(), nullable=True),
    sa.Column('window_arithmetic', sa.Text(), nullable=False, comment='frozen sum in words'),
    sa.Column('window_provisional', sa.Boolean(), nullable=False, comment='暂定'),
    sa.Column('expired_on', sa.Date(), nullable=True),
    sa.Column('preferred', sa.String(length=20), nullable=False, comment='means the reporter chose'),
    sa.Column('sealed_phone', sa.LargeBinary(), nullable=True, comment='number for phone credit, sealed to the payer; erased'),
    sa.Column('phone_message_id', sa.String(length=26), nullable=False, comment='sealed message that brought the number; erased too'),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_reward_share_positive')),
    sa.ForeignKeyConstraint(['reward_id'], ['reward.id'], name=op.f('fk_reward_share_reward_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_share')),
    sa.UniqueConstraint('id', 'amount_fen', name=op.f('uq_reward_share_id_amount_fen')),
    sa.UniqueConstraint('reward_id', 'letter_id', 'person', name=op.f('uq_reward_share_reward_id_letter_id_person'))
    )
    op.create_index(op.f('ix_reward_share_letter_id'), 'reward_share', ['letter_id'], unique=False)
    op.create_index(op.f('ix_reward_share_reward_id'), 'reward_share', ['reward_id'], unique=False)
    op.create_index('ix_reward_share_state', 'reward_share', ['state', 'collect_until'], unique=False)
    op.create_table('staff_session',
    sa.Column('token_digest', sa.String(length=64), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('seen_at', sa.DateTime(), nullable=False),
    sa.Column('ended_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_staff_session_staff_id')),
    sa.PrimaryKeyConstraint('token_digest', name=op.f('pk_staff_session'))
    )
    op.create_index(op.f('ix_staff_session_staff_id'), 'staff_session', ['staff_id'], unique=False)
    op.create_table('suggestion_waiver',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('row', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_suggestion_waiver_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_suggestion_waiver')),
    sa.UniqueConstraint('case_id', 'row', 'subject', name=op.f('uq_suggestion_waiver_case_id_row_subject'))
    )
    op.create_index(op.f('ix_suggestion_waiver_case_id'), 'suggestion_waiver', ['case_id'], unique=False)
    op.create_table('supervision_sample_item',
    sa.Column('sample_id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('passed', sa.Boolean(), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_supervision_sample_item_letter_id')),
    sa.ForeignKeyConstraint(['sample_id'], ['supervision_sample.id'], name=op.f('fk_supervision_sample_item_sample_id')),
    sa.PrimaryKeyConstraint('sample_id', 'letter_id', name=op.f('pk_supervision_sample_item'))
    )
    op.create_index('ix_supervision_sample_item_open', 'supervision_sample_item', ['letter_id'], unique=False, sqlite_where=sa.text('passed IS NULL'), postgresql_where=sa.text('passed IS NULL'))
    op.create_table('worksheet_check',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('dimension', sa.String(length=40), nullable=False),
    sa.Column('answer', sa.String(length=40), nullable=True),
    sa.Column('finding', sa.Text(), nullable=False),
    sa.Column('offices', sa.Text(), nullable=False, comment='people by office, one a line'),
    sa.Column('evidence', sa.Text(), nullable=False, comment='what it rests on, one a line'),
    sa.Column('answered_by', sa.String(length=64), nullable=False),
    sa.Column('answered_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_worksheet_check_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_worksheet_check')),
    sa.UniqueConstraint('case_id', 'dimension', name=op.f('uq_worksheet_check_case_id_dimension'))
    )
    op.create_index(op.f('ix_worksheet_check_case_id'), 'worksheet_check', ['case_id'], unique=False)
    op.create_table('bulletin_item',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('bulletin_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('exposed_id', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['bulletin_id'], ['bulletin.id'], name=op.f('fk_bulletin_item_bulletin_id')),
    sa.ForeignKeyConstraint(['case_id'], ['accountability_case.id'], name=op.f('fk_bulletin_item_case_id')),
    sa.ForeignKeyConstraint(['exposed_id'], ['exposed_case.id'], name=op.f('fk_bulletin_item_exposed_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bulletin_item'))
    )
    op.create_index(op.f('ix_bulletin_item_bulletin_id'), 'bulletin_item', ['bulletin_id'], unique=False)
    op.create_table('collection_code',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('share_id', sa.String(length=26), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=True, comment='keyed; empty until the code was delivered'),
    sa.Column('issued_at', sa.DateTime(), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.Column('voided_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['share_id'], ['reward_share.id'], name=op.f('fk_collection_code_share_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_collection_code')),
    sa.UniqueConstraint('digest', name=op.f('uq_collection_code_digest'))
    )
    op.create_index('uq_collection_code_live', 'collection_code', ['share_id'], unique=True, sqlite_where=sa.text('used_at IS NULL AND voided_at IS NULL'), postgresql_where=sa.text('used_at IS NULL AND voided_at IS NULL'))
    op.create_table('exposure_history',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('exposed_id', sa.String(length=32), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['exposed_id'], ['exposed_case.id'], name=op.f('fk_exposure_history_exposed_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exposure_history'))
    )
    op.create_index(op.f('ix_exposure_history_exposed_id'), 'exposure_history', ['exposed_id'], unique=False)
    op.create_table('exposure_penalty',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('exposed_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('fine_yuan', sa.Integer(), nullable=True, comment='whole yuan, only for a fine'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('quashed_on', sa.Date(), nullable=True),
    sa.Column('quashed_reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['exposed_id'], ['exposed_case.id'], name=op.f('fk_exposure_penalty_exposed_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exposure_penalty'))
    )
    op.create_index(op.f('ix_exposure_penalty_exposed_id'), 'exposure_penalty', ['exposed_id'], unique=False)
    op.create_table('exposure_picture',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('exposed_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('original', sa.String(length=64), nullable=False, comment='evidence id; never published'),
    sa.Column('boxes', sa.Text(), nullable=False, comment='JSON [left, top, right, bottom] in pixels'),
    sa.Column('copy', sa.String(length=64), nullable=False, comment='evidence id of the burnt copy'),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('alt', sa.String(length=300), nullable=False),
    sa.Column('checked_by', sa.String(length=64), nullable=False, comment='who looked for faces and plates in this copy'),
    sa.ForeignKeyConstraint(['exposed_id'], ['exposed_case.id'], name=op.f('fk_exposure_picture_exposed_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exposure_picture'))
    )
    op.create_index(op.f('ix_exposure_picture_exposed_id'), 'exposure_picture', ['exposed_id'], unique=False)
    op.create_table('investigation_finding',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('investigation_id', sa.String(length=32), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False, comment='a key of FINDINGS'),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['investigation_id'], ['investigation.id'], name=op.f('fk_investigation_finding_investigation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investigation_finding'))
    )
    op.create_index(op.f('ix_investigation_finding_investigation_id'), 'investigation_finding', ['investigation_id'], unique=False)
    op.create_table('investigation_history',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('investigation_id', sa.String(length=32), nullable=False),
    sa.Column('verb', sa.String(length=40), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['investigation_id'], ['investigation.id'], name=op.f('fk_investigation_history_investigation_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_investigation_history'))
    )
    op.create_index(op.f('ix_investigation_history_investigation_id'), 'investigation_history', ['investigation_id'], unique=False)
    op.create_table('letter_finding',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('letter_id', sa.String(length=26), nullable=False),
    sa.Column('claim_id', sa.String(length=26), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False, comment='1 for the first report, raised by each 退回重办'),
    sa.Column('unit_id', sa.String(length=32), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('verdict', sa.String(length=40), nullable=False),
    sa.Column('finding', sa.Text(), nullable=False),
    sa.Column('measures', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['claim_id'], ['letter_claim.id'], name=op.f('fk_letter_finding_claim_id')),
    sa.ForeignKeyConstraint(['letter_id'], ['letter.id'], name=op.f('fk_letter_finding_letter_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_finding'))
    )
    op.create_index(op.f('ix_letter_finding_letter_id'), 'letter_finding', ['letter_id'], unique=False)
    op.create_table('naming_decision',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('naming', sa.String(length=40), nullable=False),
    sa.Column('rule', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('decided_by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['accountable_party.id'], name=op.f('fk_naming_decision_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_naming_decision'))
    )
    op.create_index(op.f('ix_naming_decision_party_id'), 'naming_decision', ['party_id'], unique=False)
    op.create_table('party_measure',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('party_id', sa.String(length=32), nullable=False),
    sa.Column('place', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(length=40), nullable=False, comment='a measure of the rules, e.g. 诫勉'),
    sa.Column('detail', sa.String(length=60), nullable=False, comment='e.g. 党内警告'),
    sa.ForeignKeyConstraint(['party_id'], ['accountable_party.id'], name=op.f('fk_party_measure_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_measure'))
    )
    op.create_index(op.f('ix_party_measure_party_id'), 'party_measure', ['party_id'], unique=False)
    op.create_table('rectification_duty_entry',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('duty_id', sa.String(length=32), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['duty_id'], ['rectification_duty.id'], name=op.f('fk_rectification_duty_entry_duty_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rectification_duty_entry'))
    )
    op.create_index(op.f('ix_rectification_duty_entry_duty_id'), 'rectification_duty_entry', ['duty_id'], unique=False)
    op.create_table('measure_change',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('measure_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('changed_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('document', sa.String(length=120), nullable=False),
    sa.Column('replaced_by', sa.String(length=100), nullable=False, comment='the measure that takes its place'),
    sa.Column('recorded_by', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['measure_id'], ['party_measure.id'], name=op.f('fk_measure_change_measure_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_measure_change'))
    )
    op.create_index(op.f('ix_measure_change_measure_id'), 'measure_change', ['measure_id'], unique=False)
    op.create_table('reward_payment',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('share_id', sa.String(length=26), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('means', sa.String(length=40), nullable=False),
    sa.Column('form', sa.String(length=40), nullable=False),
    sa.Column('named', sa.Boolean(), nullable=False),
    sa.Column('code_id', sa.String(length=26), nullable=True),
    sa.Column('voucher', sa.String(length=40), nullable=False, comment='voucher number'),
    sa.Column('state', sa.String(length=40), nullable=False),
    sa.Column('paid_by', sa.String(length=64), nullable=False),
    sa.Column('paid_at', sa.DateTime(), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('reference', sa.String(length=80), nullable=False, comment='bank or top-up number; no account, no name'),
    sa.Column('reconciled_by', sa.String(length=64), nullable=True),
    sa.Column('reconciled_on', sa.Date(), nullable=True),
    sa.Column('sampled_by', sa.String(length=64), nullable=True, comment='auditor who looked at it'),
    sa.Column('sampled_on', sa.Date(), nullable=True),
    sa.Column('sample_note', sa.Text(), nullable=False),
    sa.CheckConstraint('named OR code_id IS NOT NULL', name=op.f('ck_reward_payment_unnamed_by_code')),
    sa.CheckConstraint('reconciled_by IS NULL OR reconciled_by <> paid_by', name=op.f('ck_reward_payment_other_hand')),
    sa.ForeignKeyConstraint(['code_id'], ['collection_code.id'], name=op.f('fk_reward_payment_code_id')),
    sa.ForeignKeyConstraint(['share_id', 'amount_fen'], ['reward_share.id', 'reward_share.amount_fen'], name='fk_reward_payment_share'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reward_payment')),
    sa.UniqueConstraint('code_id', name=op.f('uq_reward_payment_code_id')),
    sa.UniqueConstraint('voucher', name=op.f('uq_reward_payment_voucher'))
    )
    op.create_index(op.f('ix_reward_payment_paid_on'), 'reward_payment', ['paid_on'], unique=False)
    op.create_index(op.f('ix_reward_payment_reconciled_on'), 'reward_payment', ['reconciled_on'], unique=False)
    op.create_index(op.f('ix_reward_payment_share_id'), 'reward_payment', ['share_id'], unique=False)
    op.create_index(op.f('ix_reward_payment_state'), 'reward_payment', ['state'], unique=False)
    op.create_index('ix_reward_payment_unsampled', 'reward_payment', ['named', 'paid_at', 'id'], unique=False, sqlite_where=sa.text('sampled_on IS NULL'), postgresql_where=sa.text('sampled_on IS NULL'))
    op.create_index('uq_reward_payment_live', 'reward_payment', ['share_id'], unique=True, sqlite_where=sa.text("state <> 'voided'"), postgresql_where=sa.text("state <> 'voided'"))
    op.create_table('reward_ledger',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('key', sa.String(length=80), nullable=False, comment='what was booked: the same thing cannot be booked twice'),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False, comment='budget year'),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('debit', sa.String(length=20), nullable=False),
    sa.Column('credit', sa.String(length=20), nullable=False),
    sa.Column('amount_fen', sa.BigInteger(), nullable=False),
    sa.Column('share_id', sa.String(length=26), nullable=False),
    sa.Column('payment_id', sa.String(length=26), nullable=True),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.CheckConstraint('amount_fen > 0', name=op.f('ck_reward_ledger_positive')),
    sa.CheckConstraint('debit <> credit', name=op.f('ck_reward_ledger_two_accounts')),
    sa.ForeignKeyConstraint(['payment_id'], ['reward_payment.id'], name=op.f('fk_reward_ledger_payment_id')),
    sa.ForeignKeyConstraint(['share_id'], ['reward_share.id'], name=op.f('fk_reward_ledger_share_id')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_reward_ledger')),
    sa.UniqueConstraint('key', name=op.f('uq_reward_ledger_key'))
    )
    op.create_index(op.f('ix_reward_ledger_share_id'), 'reward_ledger', ['share_id'], unique=False)
    op.create_index(op.f('ix_reward_ledger_year'), 'reward_ledger', ['year'], unique=False)
    for statement in PROTECTIONS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
