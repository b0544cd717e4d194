"""number the passwords of an account, so that a session ends with the password it was opened with

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-21 16:20:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("people", sa.Column("password_number", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.drop_column("password_number")
