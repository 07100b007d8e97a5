"""The first tables of the intake store. Generated from the models; later changes are migrations of their own."""

# ruff: noqa
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


PROTECTIONS = {
    "sqlite": [
        "CREATE TRIGGER intake_audit_no_update BEFORE UPDATE ON intake_audit BEGIN SELECT RAISE(ABORT, 'intake_audit is append-only'); END",
        "CREATE TRIGGER intake_audit_no_delete BEFORE DELETE ON intake_audit BEGIN SELECT RAISE(ABORT, 'intake_audit is append-only'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION intake_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'intake_audit is append-only'; END $$",
        'CREATE TRIGGER intake_audit_keep BEFORE UPDATE OR DELETE ON intake_audit FOR EACH ROW EXECUTE FUNCTION intake_audit_keep()',
    ],
}


def upgrade() -> None:
    op.create_table('intake_audit',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False, comment='place in the chain'),
    sa.Column('at', sa.String(length=32), nullable=False, comment='UTC instant; in the intake store the day only'),
    sa.Column('by', sa.String(length=64), nullable=False, comment='staff id, or the name of a process'),
    sa.Column('act', sa.String(length=80), nullable=False, comment='machine.verb'),
    sa.Column('subject', sa.String(length=120), nullable=False, comment='what it was done to'),
    sa.Column('detail', sa.Text(), nullable=False, comment='canonical JSON; never content of a report'),
    sa.Column('previous_digest', sa.String(length=64), nullable=False, comment='digest of the line before'),
    sa.Column('digest', sa.String(length=64), nullable=False, comment='SHA-256 over this line and the one before'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_intake_audit')),
    sa.UniqueConstraint('digest', name=op.f('uq_intake_audit_digest')),
    sa.UniqueConstraint('previous_digest', name=op.f('uq_intake_audit_previous_digest'))
    )
    op.create_table('locked_file',
    sa.Column('id', sa.String(length=26), nullable=False, comment='random; name of the file in the folder'),
    sa.Column('owner_id', sa.String(length=26), nullable=False, comment='report or message'),
    sa.Column('kept_on', sa.Date(), nullable=False, comment='day only'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_locked_file'))
    )
    op.create_index(op.f('ix_locked_file_owner_id'), 'locked_file', ['owner_id'], unique=False)
    op.create_table('receipt_day',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False, comment="root over the day's statements"),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_receipt_day'))
    )
    op.create_table('report',
    sa.Column('id', sa.String(length=26), nullable=False, comment='random'),
    sa.Column('received_on', sa.Date(), nullable=False, comment='day only; the exact moment is sealed inside'),
    sa.Column('tray', sa.String(length=40), nullable=False, comment='where it waits for the worker'),
    sa.Column('taken', sa.Boolean(), nullable=False, comment='the worker has it in the office store'),
    sa.Column('withdrawn', sa.Boolean(), nullable=False, comment='its receipt no longer answers'),
    sa.Column('receipt_digest', sa.LargeBinary(length=32), nullable=False, comment='keyed digest of the receipt'),
    sa.Column('form_digest', sa.LargeBinary(length=32), nullable=False, comment="keyed digest of the form's nonce"),
    sa.Column('repeat_box', sa.LargeBinary(), nullable=False, comment='content digest and moment, opened by the nonce only'),
    sa.Column('receipt_public', sa.LargeBinary(), nullable=False, comment='public key made from the receipt'),
    sa.Column('body', sa.LargeBinary(), nullable=True, comment='AES-256-GCM, padded'),
    sa.Column('key_for_office', sa.LargeBinary(), nullable=False, comment="the report's key, HPKE to the office"),
    sa.Column('key_for_receipt', sa.LargeBinary(), nullable=False, comment="the report's key, HPKE to the receipt"),
    sa.Column('identity_for_custodian', sa.LargeBinary(), nullable=True, comment='HPKE to the custodian, padded'),
    sa.Column('identity_for_guard', sa.LargeBinary(), nullable=True, comment="HPKE to the worker's guard key, padded"),
    sa.Column('notice_box', sa.LargeBinary(), nullable=True, comment='notice address, HPKE to the worker; or none'),
    sa.Column('notice_due', sa.Boolean(), nullable=False, comment='there is news, and an address to tell it to'),
    sa.Column('noticed_on', sa.Date(), nullable=True, comment='day of the last notice: one a day at most'),
    sa.Column('status_key', sa.LargeBinary(), nullable=True, comment='key of the state, HPKE to the receipt'),
    sa.Column('status_box', sa.LargeBinary(), nullable=True, comment='the state in plain words, locked'),
    sa.Column('reward_seen_on', sa.Date(), nullable=True, comment='first day the receipt showed a reward to collect'),
    sa.Column('statement_id', sa.String(length=26), nullable=False, comment='random; printed on the proof'),
    sa.Column('statement_digest', sa.LargeBinary(length=32), nullable=False, comment='salted from the receipt'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_report')),
    sa.UniqueConstraint('form_digest', name=op.f('uq_report_form_digest')),
    sa.UniqueConstraint('receipt_digest', name=op.f('uq_report_receipt_digest'))
    )
    op.create_index(op.f('ix_report_received_on'), 'report', ['received_on'], unique=False)
    op.create_index(op.f('ix_report_taken'), 'report', ['taken'], unique=False)
    op.create_table('message',
    sa.Column('id', sa.String(length=26), nullable=False, comment='random'),
    sa.Column('report_id', sa.String(length=26), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False, comment='day only'),
    sa.Column('direction', sa.String(length=40), nullable=False),
    sa.Column('taken', sa.Boolean(), nullable=False, comment='the worker has it in the office store'),
    sa.Column('form_digest', sa.LargeBinary(length=32), nullable=False, comment="keyed digest of the form's nonce"),
    sa.Column('body', sa.LargeBinary(), nullable=True, comment='AES-256-GCM, padded'),
    sa.Column('key_for_office', sa.LargeBinary(), nullable=True, comment='HPKE to the office; none on replies'),
    sa.Column('key_for_receipt', sa.LargeBinary(), nullable=False, comment='HPKE to the receipt'),
    sa.ForeignKeyConstraint(['report_id'], ['report.id'], name=op.f('fk_message_report_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('form_digest', name=op.f('uq_message_form_digest'))
    )
    op.create_index(op.f('ix_message_report_id'), 'message', ['report_id'], unique=False)
    op.create_index(op.f('ix_message_taken'), 'message', ['taken'], unique=False)
    for statement in PROTECTIONS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
