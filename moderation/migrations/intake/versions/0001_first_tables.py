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
    for statement in PROTECTIONS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
