"""keep what the camera saw after dispatch, and what it proposed because of that

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-29 15:20:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXTS = (("closing_finding", 16), ("closing_proposal", 16), ("closing_delay", 32))
TIMES = ("closing_looked_at", "closing_round_at", "closing_tried_at")


def upgrade() -> None:
    # Plain ADD COLUMN: rewriting the table, as a batch would, would need the room of all cases a second time.
    for name, length in TEXTS:
        op.add_column("cases", sa.Column(name, sa.String(length), server_default="", nullable=False))
    for name in TIMES:
        op.add_column("cases", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("closing_looks", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_index(op.f("ix_cases_closing_proposal_raised_at"), "cases", ["closing_proposal", "raised_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_closing_proposal_raised_at"), table_name="cases")
    for name in (*(name for name, _ in TEXTS), *TIMES, "closing_looks"):
        op.drop_column("cases", name)
