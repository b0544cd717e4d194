"""find and count among a million cases: searched names, indexes for lists and boards, tallies by state

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-29 14:10:00.000000
"""

import sqlalchemy as sa
from alembic import op


revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    connection = op.get_bind()
    is_stored = connection.dialect.name == "postgresql"  # SQLite can add it only as one that is worked out when read
    names = sa.Computed("lower(code || ' ' || camera_name || ' ' || zone_name || ' ' || address)", persisted=is_stored)
    op.add_column("cases", sa.Column("names", sa.Text(), names, nullable=False))
    op.create_index(op.f("ix_cases_state_unit_due_at"), "cases", ["state", "unit", "due_at"])
    op.create_table(
        "case_tallies",
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state", "slot", name=op.f("pk_case_tallies")),
    )
    op.execute("INSERT INTO case_tallies (state, slot, count) SELECT state, 0, count(*) FROM cases GROUP BY state")
    for statement in (POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE):
        connection.exec_driver_sql(statement)


def downgrade() -> None:
    connection = op.get_bind()
    for statement in (POSTGRESQL_BACK if connection.dialect.name == "postgresql" else SQLITE_BACK):
        connection.exec_driver_sql(statement)
    op.drop_table("case_tallies")
    op.drop_index(op.f("ix_cases_state_unit_due_at"), "cases")
    op.drop_column("cases", "names")


# Every run of `shortest` to `longest` characters of a text. What a text contains, it contains with all its runs; so an
# index of runs finds words of one or two Chinese characters as well, for which pg_trgm has to read everything.
GRAMS = """
CREATE FUNCTION streetwarden_grams(words text, shortest integer, longest integer) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
    SELECT coalesce(array_agg(substr(words, first, length)), '{}')
    FROM generate_series(shortest, longest) AS length, generate_series(1, char_length(words) - length + 1) AS first
$$
"""

# One row a state and statement, in the order of the states: a statement over many cases costs no more, and two of them
# lock in the same order. 64 slots keep those who change cases at once out of each other's way.
TALLY = """
CREATE FUNCTION streetwarden_tally() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO case_tallies (state, slot, count)
            SELECT state, mod(pg_backend_pid(), 64), count(*) FROM added GROUP BY state ORDER BY state
            ON CONFLICT (state, slot) DO UPDATE SET count = case_tallies.count + excluded.count;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO case_tallies (state, slot, count)
            SELECT state, mod(pg_backend_pid(), 64), -count(*) FROM removed GROUP BY state ORDER BY state
            ON CONFLICT (state, slot) DO UPDATE SET count = case_tallies.count + excluded.count;
    ELSE
        INSERT INTO case_tallies (state, slot, count)
            SELECT state, mod(pg_backend_pid(), 64), sum(change) FROM (
                SELECT state, 1 AS change FROM added UNION ALL SELECT state, -1 FROM removed
            ) AS changes GROUP BY state HAVING sum(change) <> 0 ORDER BY state
            ON CONFLICT (state, slot) DO UPDATE SET count = case_tallies.count + excluded.count;
    END IF;
    RETURN NULL;
END
$$
"""

POSTGRESQL = (
    GRAMS,
    "CREATE INDEX ix_cases_grams ON cases USING gin"
    " (streetwarden_grams(names, 1, 2), streetwarden_grams(lower(number), 3, 3)) WITH (fastupdate = off)",
    TALLY,
    "CREATE TRIGGER tally_added AFTER INSERT ON cases"
    " REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION streetwarden_tally()",
    "CREATE TRIGGER tally_changed AFTER UPDATE ON cases"
    " REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION streetwarden_tally()",
    "CREATE TRIGGER tally_removed AFTER DELETE ON cases"
    " REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION streetwarden_tally()",
)

POSTGRESQL_BACK = (
    "DROP TRIGGER tally_added ON cases",
    "DROP TRIGGER tally_changed ON cases",
    "DROP TRIGGER tally_removed ON cases",
    "DROP FUNCTION streetwarden_tally",
    "DROP INDEX ix_cases_grams",
    "DROP FUNCTION streetwarden_grams",
)

_ADD_ONE = "INSERT INTO case_tallies (state, slot, count) VALUES (NEW.state, 0, 1) ON CONFLICT (state, slot) DO UPDATE SET count = count + 1;"
_TAKE_ONE = "UPDATE case_tallies SET count = count - 1 WHERE state = OLD.state AND slot = 0;"

# SQLite reads the searched words of 100,000 cases from this index, newest first, in some tens of milliseconds.
SQLITE = (
    "CREATE INDEX ix_cases_words ON cases (raised_at, id, names, number)",
    f"CREATE TRIGGER tally_added AFTER INSERT ON cases BEGIN {_ADD_ONE} END",
    f"CREATE TRIGGER tally_changed AFTER UPDATE OF state ON cases WHEN OLD.state <> NEW.state BEGIN {_TAKE_ONE} {_ADD_ONE} END",
    f"CREATE TRIGGER tally_removed AFTER DELETE ON cases BEGIN {_TAKE_ONE} END",
)

SQLITE_BACK = (
    "DROP TRIGGER tally_added",
    "DROP TRIGGER tally_changed",
    "DROP TRIGGER tally_removed",
    "DROP INDEX ix_cases_words",
)
