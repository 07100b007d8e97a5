"""The first tables of the office store. Generated from the models; later changes are migrations of their own."""

# ruff: noqa
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


PROTECTIONS = {
    "sqlite": [
        "CREATE TRIGGER office_audit_no_update BEFORE UPDATE ON office_audit BEGIN SELECT RAISE(ABORT, 'office_audit is append-only'); END",
        "CREATE TRIGGER office_audit_no_delete BEFORE DELETE ON office_audit BEGIN SELECT RAISE(ABORT, 'office_audit is append-only'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION office_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'office_audit is append-only'; END $$",
        'CREATE TRIGGER office_audit_keep BEFORE UPDATE OR DELETE ON office_audit FOR EACH ROW EXECUTE FUNCTION office_audit_keep()',
    ],
}


def upgrade() -> None:
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
    op.create_table('code_card_line',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('staff_id', sa.String(length=32), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('used_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['staff_id'], ['staff_member.id'], name=op.f('fk_code_card_line_staff_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_code_card_line'))
    )
    op.create_index(op.f('ix_code_card_line_staff_id'), 'code_card_line', ['staff_id'], unique=False)
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
    for statement in PROTECTIONS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)
