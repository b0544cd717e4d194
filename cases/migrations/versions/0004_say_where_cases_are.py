"""say where cases are: position, grids, district, address, and what was proposed because of that

Revision ID: 0004
Revises: 0003
Create Date: 2026-11-29 14:10:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXTS = (
    ("grid", 20),
    ("area", 20),
    ("district", 12),
    ("address", 200),
    ("proposed_unit", 100),
    ("kinship", 16),
    ("kin", 128),
    ("kinship_why", 32),
)


def upgrade() -> None:
    # Plain ADD COLUMN: rewriting the table, as a batch would, would need the room of all cases a second time.
    for name in ("longitude", "latitude", "position_error_m"):
        op.add_column("cases", sa.Column(name, sa.Double(), nullable=True))
    op.add_column("cases", sa.Column("cell", sa.BigInteger(), nullable=True))
    for name, length in TEXTS:
        op.add_column("cases", sa.Column(name, sa.String(length), server_default="", nullable=False))
    op.add_column("cases", sa.Column("cases_before", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("cases", sa.Column("kinship_sure", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index(op.f("ix_cases_cell_raised_at"), "cases", ["cell", "raised_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_cases_cell_raised_at"), table_name="cases")
    with op.batch_alter_table("cases", schema=None) as batch_op:
        for name in ("kinship_sure", "cases_before", *(name for name, _ in TEXTS), "cell", "position_error_m", "latitude", "longitude"):
            batch_op.drop_column(name)
