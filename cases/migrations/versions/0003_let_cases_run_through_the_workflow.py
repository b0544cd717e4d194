"""let cases run through the city's workflow: unit, clock, returns, requests; posts and unit of an account

What is there stays as it is: cases without a unit and a clock, accounts with the posts of their role.

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-29 14:20:00.000000
"""

from typing import Any

import sqlalchemy as sa
from alembic import op


revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _text(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), server_default="", nullable=False)


def _count(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), server_default=sa.text("0"), nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _time(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=True)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("condition", sa.Integer(), nullable=True),
        _text("unit", 128),
        _text("handler", 200),
        _text("parent_number", 32),
        _text("returned_from", 16),
        _count("rework_count"),
        _text("supervision", 64),
        _time("suspended_at"),
        _time("suspended_until"),
        _time("dispatched_at"),
        _time("handled_at"),
        _time("closed_at"),
        _time("running_since"),
        _time("due_at"),
        sa.Column("spent_s", sa.Double(), server_default=sa.text("0"), nullable=False),
        _flag("overdue"),
        _count("extensions"),
        _text("extension", 16),
        _text("appeal", 16),
        _text("appeal_first", 200),
        _flag("exempt"),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("cases", column)
    op.create_index(op.f("ix_cases_unit_raised_at"), "cases", ["unit", "raised_at"])
    op.create_index(op.f("ix_cases_due_at"), "cases", ["due_at"])
    op.create_index(op.f("ix_cases_suspended_until"), "cases", ["suspended_until"])
    op.add_column("people", sa.Column("posts", sa.JSON(), server_default=sa.text("'[]'"), nullable=False))
    op.add_column("people", _text("unit", 128))
    op.execute(  # a replayed history says when a case was closed, so its row must say so too
        "UPDATE cases SET closed_at = (SELECT audit.at FROM audit WHERE audit.case_id = cases.id"
        " AND audit.action = 'close' ORDER BY audit.seq DESC LIMIT 1) WHERE state = 'closed'"
    )


def downgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("unit")
        batch_op.drop_column("posts")

    for name in ("suspended_until", "due_at", "unit_raised_at"):
        op.drop_index(op.f(f"ix_cases_{name}"), "cases")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        for column in reversed(_columns()):
            batch_op.drop_column(column.name)
