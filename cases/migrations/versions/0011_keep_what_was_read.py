"""keep what was read on the pictures of a case: plates, numbers, lines of text

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-29 20:40:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=200), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_readings_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_readings")),
    )
    op.create_index(op.f("ix_readings_case_id"), "readings", ["case_id"])
    op.create_index(op.f("ix_readings_value"), "readings", ["value"])


def downgrade() -> None:
    op.drop_index(op.f("ix_readings_value"), table_name="readings")
    op.drop_index(op.f("ix_readings_case_id"), table_name="readings")
    op.drop_table("readings")
