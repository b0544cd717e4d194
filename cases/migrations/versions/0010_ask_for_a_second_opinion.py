"""keep that an examiner doubts a case

Revision ID: 0010
Revises: 0009
Create Date: 2026-11-29 20:20:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain ADD COLUMN: rewriting the table, as a batch would, would need the room of all cases a second time.
    op.add_column("cases", sa.Column("doubted", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_cases_doubted_raised_at"), "cases", ["doubted", "raised_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_doubted_raised_at"), table_name="cases")
    op.drop_column("cases", "doubted")
