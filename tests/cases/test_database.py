"""The database: settings that survive a power cut, migrations that fit the tables, clear words when it refuses."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine, inspect, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateIndex, CreateTable

import cases.database
from cases.coordinates import Position
from cases.database import Database, open_database
from cases.errors import DatabaseError, DatabaseUnusableError, MigrationError, UnstorableError
from cases.handling import Handling
from cases.people import People
from cases.posts import CENTRE_POSTS
from cases.queries import CaseQuery
from cases.replay import Replayed, replay
from cases.spots import NOWHERE, Spot
from cases.states import Action
from cases.store import CaseStore
from cases.tables import Base, CaseRow
from tests.cases.builders import NOON, new_case, pack_of
from tests.postgres_server import PostgresServer

FOR_SEARCH = {"sqlite": "ix_cases_words", "postgresql": "ix_cases_grams"}
"""Indexes of one kind of database, in words that SQLAlchemy cannot compare; the migration writes them by hand."""

MIGRATIONS = Path(cases.database.__file__).parent / "migrations"


def downgrade(connection: Connection, revision: str) -> None:
    """Take the layout back to what a released version wrote."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    alembic.command.downgrade(config, revision)


def differences_of(connection: Connection) -> list[object]:
    def is_compared(_thing: object, name: str | None, _kind: str, _is_reflected: bool, _other: object) -> bool:
        return name not in FOR_SEARCH.values()

    context = MigrationContext.configure(connection, opts={"include_object": is_compared, "compare_type": True})
    return compare_metadata(context, Base.metadata)


def test_migrations_make_exactly_the_tables_of_the_code(blank_url: URL) -> None:
    open_database(blank_url).close()

    engine = create_engine(blank_url)
    with engine.connect() as connection:
        differences = differences_of(connection)
        indexes = {str(index["name"]) for index in inspect(connection).get_indexes("cases")}
    engine.dispose()

    assert differences == []
    assert FOR_SEARCH[blank_url.get_backend_name()] in indexes


def test_tables_that_the_migrations_lack_would_be_noticed(blank_url: URL) -> None:
    open_database(blank_url).close()

    engine = create_engine(blank_url)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE cases DROP COLUMN class_label"))
        differences = differences_of(connection)
    engine.dispose()

    assert len(differences) == 1


@contextmanager
def database_of_version(path: Path, revision: str) -> Iterator[Connection]:
    """Make a database as an earlier version left it, to be filled."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        alembic.command.upgrade(config, revision)
        yield connection
    engine.dispose()


def test_cases_of_the_second_version_keep_their_packs(tmp_path: Path) -> None:
    case = {"id": "c1", "number": "SW1", "at": "2026-11-21 04:00:00"}
    with database_of_version(tmp_path / "cases.sqlite", "0002") as connection:
        named = "event_id, kind, code, state, camera_id, camera_name, zone_id, zone_name, class_label, reviewed_by"
        numbers = "zone_version, box_x1, box_y1, box_x2, box_y2, score, revision, audit_rows"
        times = "started_at, raised_at, created_at, updated_at"
        connection.execute(
            text(
                f"INSERT INTO cases (id, number, {named}, {numbers}, {times}, reasons) VALUES (:id, :number"  # noqa: S608
                + ", 'candidate'" * 10
                + ", 1" * 8
                + ", :at" * 4
                + ", '[]')"
            ),
            case,
        )
        pack = "case_id, number, purpose, folder, manifest_sha256, written_at, captured_at, clock_error_s, incomplete"
        values = "'c1', 1, 'opening', 'f', 'ab', :at, :at, 0.1, '[]'"
        connection.execute(text(f"INSERT INTO packs ({pack}) VALUES ({values})"), case)  # noqa: S608

    store = CaseStore(f"sqlite:///{tmp_path}/cases.sqlite")

    (kept,) = store.get("c1").packs
    assert (kept.deleted_at, kept.deletion_rule, kept.deletion_pack) == (None, "", None)
    store.close()


def test_accounts_of_the_first_version_come_through_the_upgrade(tmp_path: Path) -> None:
    with database_of_version(tmp_path / "cases.sqlite", "0001") as connection:
        connection.execute(
            text("INSERT INTO people (name, role, password_hash, disabled, created_at) VALUES (:n, :r, :h, 0, :t)"),
            {"n": "li", "r": "operator", "h": "x", "t": "2026-11-21 04:00:00"},
        )

    database = open_database(f"sqlite:///{tmp_path}/cases.sqlite")

    person = People(database).get("li")
    assert (person.password_number, person.posts, person.unit) == (0, CENTRE_POSTS, "")
    database.close()


def test_cases_from_before_places_come_through_the_upgrade_without_one(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cases.sqlite"
    store = CaseStore(url)
    case = store.open_case(new_case(spot=Spot(Position(111.0, 35.0, 5.0), "G", "A")), pack_of())
    store.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        downgrade(connection, "0002")
    engine.dispose()

    again = CaseStore(url)

    assert again.get(case.case_id) == replace(case, spot=NOWHERE)
    again.close()


def test_cases_of_the_second_version_come_through_the_upgrade_and_still_follow_from_their_history(
    tmp_path: Path,
) -> None:
    rows = [
        ("open", "", "candidate", "", '{"number": "SW202611210001"}'),
        ("file", "candidate", "filed", "", '{"revision": 2}'),
        ("close", "filed", "closed", "handled", '{"revision": 3}'),
    ]
    with database_of_version(tmp_path / "cases.sqlite", "0002") as connection:
        filled = (
            "id='c' number='SW202611210001' event_id='e' kind='parking' code='0505' state='closed' camera_id='gate'"
            " camera_name='gate' zone_id='kerb' zone_name='kerb' zone_version=1 started_at=:t raised_at=:t box_x1=0"
            " box_y1=0 box_x2=1 box_y2=1 class_label='car' score=0.9 reasons='[]' reviewed_by='' created_at=:t"
            " updated_at=:t revision=3 audit_rows=3"
        )
        names, values = zip(*(pair.split("=") for pair in filled.split()), strict=True)
        insert = f"INSERT INTO cases ({', '.join(names)}) VALUES ({', '.join(values)})"  # noqa: S608 - our own
        connection.execute(text(insert), {"t": "2026-11-21 04:00:00"})
        for seq, (action, before, after, reason, detail) in enumerate(rows, start=1):
            connection.execute(
                text(
                    "INSERT INTO audit (case_id, seq, at, actor, action, from_state, to_state, reason, detail)"
                    " VALUES ('c', :seq, :at, 'li', :action, :before, :after, :reason, :detail)"
                ),
                {"seq": seq, "at": f"2026-11-21 04:0{seq}:00", "action": action, "before": before}
                | {"after": after, "reason": reason, "detail": detail},
            )

    store = CaseStore(f"sqlite:///{tmp_path}/cases.sqlite")

    case = store.get("c")
    assert case.handling == Handling(closed_at=datetime(2026, 11, 21, 4, 3, tzinfo=UTC))
    assert replay(store.history("c")) == Replayed.of_case(case)
    store.close()


def test_upgrade_to_the_workflow_can_be_taken_back(tmp_path: Path) -> None:
    with database_of_version(tmp_path / "cases.sqlite", "0003") as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        alembic.command.downgrade(config, "0002")
        columns = {column["name"] for column in inspect(connection).get_columns("cases")}

    assert {"unit", "due_at", "exempt"} & columns == set()


def test_opening_again_keeps_what_is_there(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/cases.sqlite"
    first = CaseStore(url)
    case = first.open_case(new_case(), pack_of())
    first.close()

    again = CaseStore(url)

    assert again.get(case.case_id) == case
    again.close()


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("busy_timeout", 15000)]
)
def test_sqlite_is_set_to_survive_a_power_cut(sqlite_database: Database, pragma: str, value: object) -> None:
    with sqlite_database.reading() as session:
        assert session.scalar(text(f"PRAGMA {pragma}")) == value


def test_postgresql_waits_for_the_medium_although_the_server_is_set_up_not_to(postgresql_database: Database) -> None:
    with postgresql_database.reading() as session:
        assert session.scalar(text("SHOW synchronous_commit")) == "on"
        assert session.scalar(text("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'")) == "off"


def test_postgresql_database_that_is_not_utf8_is_refused_with_the_way_out(postgres: PostgresServer) -> None:
    url = postgres.create("latin", template="template0\" ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE \"C")

    with pytest.raises(DatabaseUnusableError, match=r"keeps text as LATIN1.*CREATE DATABASE"):
        open_database(url)

    postgres.drop("latin")


def test_row_that_names_no_case_is_refused(database: Database) -> None:
    from sqlalchemy.exc import IntegrityError

    from cases.rows import pack_row

    def orphan() -> None:
        with database.writing() as session:
            session.add(pack_row(pack_of("nobody")))

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        orphan()


def test_reader_sees_one_moment_while_a_writer_goes_on(store: CaseStore, database: Database) -> None:
    store.open_case(new_case("e1"), pack_of("e1"))
    with database.reading() as session:
        before = len(session.scalars(select(CaseRow)).all())
        store.open_case(new_case("e2"), pack_of("e2"))
        after = len(session.scalars(select(CaseRow)).all())

    assert (before, after) == (1, 1)


def test_migration_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "cases.sqlite") as connection:
        connection.execute("CREATE TABLE files (somebody TEXT)")  # the last table that the first revision makes
    connection.close()

    with pytest.raises(MigrationError, match="could not be brought up to date"):
        open_database(f"sqlite:///{tmp_path}/cases.sqlite")

    engine = create_engine(f"sqlite:///{tmp_path}/cases.sqlite")
    assert inspect(engine).get_table_names() == ["files"]
    engine.dispose()


def no_folder(folder: Path) -> str:
    return f"sqlite:///{folder}/missing/cases.sqlite"


def no_database(folder: Path) -> str:
    (folder / "text.sqlite").write_text("this is a letter, not a database" * 100)
    return f"sqlite:///{folder}/text.sqlite"


@pytest.mark.parametrize(
    ("make", "words", "retryable"),
    [
        (no_folder, "unable to open database file; make its folder", True),
        (no_database, "file is not a database", False),
        (lambda _: "cases.sqlite", "the database URL cannot be used", False),
        (lambda _: "oracul://u:secret@host/db", "the database URL cannot be used", False),
    ],
)
def test_unusable_database_is_said_in_one_sentence(
    tmp_path: Path, make: Callable[[Path], str], words: str, retryable: bool
) -> None:
    with pytest.raises(DatabaseError, match=words) as caught:
        open_database(make(tmp_path))

    assert caught.value.retryable is retryable
    assert "secret" not in str(caught.value)
    assert isinstance(caught.value, DatabaseUnusableError) is not retryable


def test_file_that_another_program_holds_is_waited_for_and_then_said(tmp_path: Path) -> None:
    open_database(f"sqlite:///{tmp_path}/cases.sqlite").close()
    store = CaseStore(Database(f"sqlite:///{tmp_path}/cases.sqlite", busy_timeout_s=0.05))
    holder = sqlite3.connect(tmp_path / "cases.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseError, match="locked; another program holds the file") as caught:
        store.open_case(new_case(), pack_of())
    holder.close()

    assert caught.value.retryable
    assert store.open_case(new_case(), pack_of()).number.endswith("0001")
    store.close()


def test_every_table_can_be_made_on_postgresql_and_on_sqlite() -> None:
    for dialect in (postgresql.dialect(), sqlite.dialect()):
        for table in Base.metadata.sorted_tables:
            assert str(CreateTable(table).compile(dialect=dialect))
            assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)


def test_every_constraint_has_a_name_that_a_later_migration_can_find() -> None:
    metadata: MetaData = Base.metadata
    names = [str(c.name) for table in metadata.sorted_tables for c in (*table.constraints, *table.indexes)]

    assert "None" not in names
    assert len(names) == len(set(names))


def test_session_of_a_failed_block_changes_nothing(database: Database) -> None:
    def fail(session: Session) -> None:
        session.execute(text("DELETE FROM alembic_version"))
        raise RuntimeError

    with pytest.raises(RuntimeError), database.writing() as session:
        fail(session)
    with database.reading() as session:
        assert session.scalar(text("SELECT count(*) FROM alembic_version")) == 1


def test_text_that_postgresql_cannot_hold_is_refused_in_words(postgresql_database: Database) -> None:
    store = CaseStore(postgresql_database)
    case = store.open_case(new_case(), pack_of())

    with pytest.raises(UnstorableError, match=r"cannot be kept or looked for: .*NUL"):
        store.find(CaseQuery(kinds=("park\0ing",)))
    with pytest.raises(UnstorableError, match="NUL"):
        store.apply(case.case_id, Action.DISMISS, actor="li", reason="\0", at=NOON)

    assert store.get(case.case_id) == case
