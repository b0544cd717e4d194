"""evidence that was deleted by rule, and what people set on cases: locks, releases, leave to see originals

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-29 14:20:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("packs", sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("packs", sa.Column("deletion_rule", sa.String(length=32), server_default="", nullable=False))
    op.add_column("packs", sa.Column("deletion_pack", sa.Integer(), nullable=True))
    op.create_table(
        "marks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("set_by", sa.String(length=200), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(length=200), nullable=False),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_marks_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_index(op.f("ix_marks_case_id_kind"), "marks", ["case_id", "kind"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_marks_case_id_kind"), table_name="marks")
    op.drop_table("marks")
    with op.batch_alter_table("packs", schema=None) as batch_op:
        batch_op.drop_column("deletion_pack")
        batch_op.drop_column("deletion_rule")
        batch_op.drop_column("deleted_at")
