"""Fills an empty database with the cases of a city, histories, evidence rows and warnings, as fast as it takes them.

Cases are handed over (COPY on PostgreSQL, many rows a statement on SQLite); what belongs to them is made from them by
the database itself. Indexes are removed before and made again afterwards by the words in which the database keeps them,
which is how one loads a database, and gives the same indexes.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.engine import URL

from benchmarks.cases_city import COLUMNS, DECISIONS, PATHS, cameras, cases_of_city
from cases.tables import CaseRow

CHUNK = 20_000
CAMERAS = 2_000

_AUDIT = """
INSERT INTO audit (case_id, seq, at, actor, action, from_state, to_state, reason, detail)
SELECT c.id, p.seq, {at},
       CASE WHEN p.action IN ('open', 'add_pack', 'add_warning', 'warn', 'end', 'resolve') THEN 'system'
            ELSE '李雷' END,
       p.action, p.from_state, p.to_state,
       CASE WHEN p.action IN ('dismiss', 'report', 'close') THEN '现场已核实，摊位已撤离' ELSE '' END,
       CAST(replace(replace(p.detail, '@unit', c.unit), '@due_at', coalesce({due_at}, '')) AS {json})
FROM cases c JOIN paths p ON p.state = c.state
"""
_PACKS = """
INSERT INTO packs (case_id, number, purpose, folder, manifest_sha256, written_at, captured_at, clock_error_s,
                   incomplete)
SELECT c.id, k.number, k.purpose, {folder}, c.id || c.id, {at}, {at}, 0.2, k.incomplete
FROM cases c CROSS JOIN kinds_of_pack k
"""
_FILES = """
INSERT INTO files (pack_id, name, role, sha256, size_bytes)
SELECT p.id, f.name, f.role, p.case_id || p.case_id, 184320 + (p.id & 65535)
FROM packs p JOIN kinds_of_file f ON f.purpose = p.purpose
"""
_WARNINGS = """
INSERT INTO warnings (case_id, horn_id, phrase, level, text, started_at, duration_s, ok, detail, codec, bytes_sent,
                      audio_sha256, file)
SELECT a.case_id, 'horn-1', 'vending', 1, '您好，此处严禁占道经营，请收好物品，前往便民疏导点经营。', a.at, 6.5,
       {true}, '', 'pcm_mulaw', 52000, a.case_id || a.case_id, ''
FROM audit a WHERE a.action = 'add_warning'
"""
_READINGS = """
INSERT INTO readings (case_id, kind, value, shown, score)
SELECT id, 'mobile', '138' || substr(number, 7), '138' || substr(number, 7), 0.97 FROM cases WHERE kind = 'flyers'
"""
_COUNTERS = """
INSERT INTO case_counters (day, last)
SELECT substr(number, 3, 8), max(CAST(substr(number, 11) AS integer)) FROM cases GROUP BY substr(number, 3, 8)
"""
_HELPERS = (
    "CREATE TEMPORARY TABLE paths (state text, seq integer, action text, from_state text, to_state text, detail text)",
    "CREATE TEMPORARY TABLE kinds_of_pack (number integer, purpose text, incomplete {json})",
    "INSERT INTO kinds_of_pack VALUES (1, 'opening', '[]'), (2, 'persistence', '[\"no_clip\"]')",
    "CREATE TEMPORARY TABLE kinds_of_file (purpose text, name text, role text)",
    "INSERT INTO kinds_of_file VALUES ('opening', 'panorama-1.jpg', 'panorama'),"
    " ('opening', 'close-up.jpg', 'close_up'), ('opening', 'marked.jpg', 'marked'),"
    " ('persistence', 'panorama-2.jpg', 'panorama'),"
    " ('persistence', 'marked-2.jpg', 'marked')",
)
_WORDS = {
    "postgresql": {
        "at": "c.raised_at + {n} * interval '1 minute'",
        "due_at": """to_char(c.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        "folder": "to_char(c.raised_at, 'YYYY/MM/DD/') || c.id || '/pack-000' || k.number",
        "true": "true",
        "json": "json",
    },
    "sqlite": {
        "at": "strftime('%Y-%m-%d %H:%M:%f000', c.raised_at, '+' || {n} || ' minutes')",
        "due_at": "strftime('%Y-%m-%dT%H:%M:%f000Z', c.due_at)",
        "folder": "strftime('%Y/%m/%d/', c.raised_at) || c.id || '/pack-000' || k.number",
        "true": "1",
        "json": "text",
    },
}


def fill(url: URL, count: int) -> None:
    """Fill an empty, migrated database with `count` cases and all that belongs to them.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: the database refuses.
    """
    engine = create_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    words = _WORDS[engine.dialect.name]
    with engine.begin() as connection:
        made_again = [*_without_indexes(connection, is_sqlite=is_sqlite)]
        if not is_sqlite:
            made_again += _without_constraints(connection)
        rest = _rest()
        rows = ((*row, *rest.values()) for row in cases_of_city(count, cameras(CAMERAS)))
        columns = (*COLUMNS, *rest)
        _insert(connection, columns, rows) if is_sqlite else _copy(connection, columns, rows)
        _run(connection, [text.format(**words) if "{json}" in text else text for text in _HELPERS])
        connection.exec_driver_sql(f"INSERT INTO paths VALUES {', '.join(_paths())}")  # noqa: S608
        audit = _AUDIT.format(at=words["at"].format(n="p.seq"), json=words["json"], due_at=words["due_at"])
        packs = _PACKS.format(at=words["at"].format(n="k.number"), folder=words["folder"])
        _run(connection, [audit, packs, _FILES, _WARNINGS.format(**words), _READINGS, _COUNTERS, *made_again])
    _tidy(engine, is_sqlite=is_sqlite)
    engine.dispose()


def _rest() -> dict[str, object]:
    """Return what stands in the columns that the city says nothing about: nothing, in each column's own way."""
    nothing: dict[type, object] = {str: "", int: 0, float: 0.0, bool: False, list: "[]", dict: "{}"}
    return {
        column.name: nothing[column.type.python_type]
        for column in CaseRow.__table__.columns
        if column.name not in COLUMNS and column.computed is None and not column.nullable
    }


def _without_indexes(connection: Connection, *, is_sqlite: bool) -> Iterator[str]:
    """Remove every index that is no constraint and yield what makes it again."""
    if is_sqlite:
        told = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        told = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
        told += " AND left(indexname, 3) = 'ix_'"
    for name, made_by in connection.exec_driver_sql(told).all():
        connection.exec_driver_sql(f"DROP INDEX {name}")
        yield made_by


def _without_constraints(connection: Connection) -> Iterator[str]:
    """Remove what has to be unique or to refer to something, and yield what makes it again, in an order that works."""
    told = (
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = current_schema()::regnamespace AND contype IN ('f', 'u') ORDER BY contype DESC"
    )
    for table, name, made_by in connection.exec_driver_sql(told).all():  # unique ones before those that refer to them
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        yield f"ALTER TABLE {table} ADD CONSTRAINT {name} {made_by}"


def _copy(connection: Connection, columns: Sequence[str], rows: Iterable[tuple[object, ...]]) -> None:
    raw: Any = connection.connection.driver_connection  # psycopg's own connection, for COPY
    with raw.cursor() as cursor, cursor.copy(f"COPY cases ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _insert(connection: Connection, columns: Sequence[str], rows: Iterator[tuple[object, ...]]) -> None:
    statement = f"INSERT INTO cases ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    while chunk := [_plain(row) for row in itertools.islice(rows, CHUNK)]:
        connection.exec_driver_sql(statement, chunk)


def _plain(row: Sequence[object]) -> tuple[object, ...]:
    """Write times as SQLAlchemy keeps them in SQLite."""
    return tuple(
        each.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(each, datetime) else each for each in row
    )


def _paths() -> Iterator[str]:
    """Yield the rows of `paths`: state, number of the step, action, states before and after it, and its detail."""
    for state, steps in PATHS.items():
        before, revision = "", 1
        for seq, (after, action) in enumerate(steps, start=1):
            revision += action in DECISIONS
            told: dict[str, object] = {"revision": revision} if action in DECISIONS else {}
            told |= _TOLD.get(action, {})
            if action == "dispatch" and state == "dispatched":  # that of a closed case is over and was not kept
                told["due_at"] = "@due_at"
            detail = json.dumps(told)
            yield f"('{state}', {seq}, '{action}', '{before}', '{after}', '{detail}')"
            before = after


_TOLD: dict[str, dict[str, object]] = {"dispatch": {"unit": "@unit"}, "feed_back": {"spent_s": 0.0}}
"""What a decision tells besides its revision; what begins with @ is the case's own."""


def _run(connection: Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)


def _tidy(engine: Engine, *, is_sqlite: bool) -> None:
    """Do what PostgreSQL's autovacuum does within minutes, and SQLite only when asked: learn what the tables hold."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if is_sqlite else "VACUUM ANALYZE")
