"""know since when the clock of a case's stage runs, and what a citizen who complained says

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-29 20:50:00.000000
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic import op


revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

CLOCKED = ("filed", "verifying", "approved", "checking")


def upgrade() -> None:
    op.add_column("cases", sa.Column("stage_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("cases", sa.Column("stage_spent_s", sa.Double(), server_default=sa.text("0"), nullable=False))
    for name in ("complaint", "answer"):
        op.add_column("cases", sa.Column(name, sa.String(16), server_default="", nullable=False))
    fill(op.get_bind())
    op.create_index(op.f("ix_cases_state_stage_since"), "cases", ["state", "stage_since"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_state_stage_since"), table_name="cases")
    for name in ("answer", "complaint"):
        op.drop_column("cases", name)
    op.drop_column("cases", "stage_spent_s")
    op.drop_column("cases", "stage_since")


def fill(connection: sa.Connection) -> None:
    """Write the stage clocks of all cases that are in a stage with one, as their histories tell them."""
    cases = sa.table("cases", *map(sa.column, ("id", "state")), sa.column("stage_since", sa.DateTime(timezone=True)), sa.column("stage_spent_s", sa.Double))
    audit = sa.table("audit", *map(sa.column, ("case_id", "seq", "from_state", "to_state")), sa.column("at", sa.DateTime(timezone=True)))
    open_ids = connection.scalars(sa.select(cases.c.id).where(cases.c.state.in_(CLOCKED))).all()
    moves = (audit.c.from_state != audit.c.to_state, audit.c.from_state != "")
    for case_id in open_ids:  # of a million cases the few that are in such a stage now; nobody else has a clock
        told = sa.select(audit.c.from_state, audit.c.to_state, audit.c.at).where(audit.c.case_id == case_id, *moves).order_by(audit.c.seq)
        since, spent_s = since_when([(before, after, at) for before, after, at in connection.execute(told)])
        connection.execute(cases.update().where(cases.c.id == case_id).values(stage_since=since, stage_spent_s=spent_s))


def since_when(moves: list[tuple[str, str, datetime]]) -> tuple[datetime | None, float]:
    """Return since when the stage of the last state runs, and what accepting used before it was verified."""
    since: datetime | None = None
    spent_s = 0.0
    for before, after, at in moves:
        used_s = spent_s if before == "verifying" else 0.0
        spent_s = max(0.0, (at - since).total_seconds()) if (before, after) == ("filed", "verifying") and since else 0.0
        since = at - timedelta(seconds=used_s) if after in CLOCKED else None
    return since, spent_s
