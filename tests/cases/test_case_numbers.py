"""Case numbers: by any template, without a gap and without a twin, whoever else takes one."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from cases.case_numbers import BEIJING, DEFAULT_NUMBERING, TEMPLATE, Numbering, missing_numbers, next_number
from cases.database import Database
from cases.evidence import EvidenceStore
from cases.rows import new_case_row
from cases.store import CaseStore
from cases.tables import CaseCounterRow
from tests.cases.builders import NOON, facts, new_case, parts
from tests.cases.number_writer import take, take_in_threads

WRITERS, EACH = 50, 5
PROCESSES = 5


def expected(count: int, numbering: Numbering = DEFAULT_NUMBERING) -> list[str]:
    return [numbering.number("20261121", each) for each in range(1, count + 1)]


def left_out(database: Database, numbering: Numbering = DEFAULT_NUMBERING) -> tuple[str, ...]:
    with database.reading() as session:
        return missing_numbers(session, numbering)


def url_of(database: Database) -> str:
    """Return the address of a database, for connections of their own."""
    with database.reading() as session:
        engine = session.get_bind().engine
    return engine.url.render_as_string(hide_password=False)


def test_fifty_threads_leave_no_gap_and_no_twin(database: Database) -> None:
    taken = take_in_threads(url_of(database), "a", WRITERS, EACH, Numbering())

    assert sorted(taken) == expected(WRITERS * EACH)
    assert left_out(database) == ()


def test_fifty_writers_in_five_processes_leave_no_gap_and_no_twin(database: Database) -> None:
    template = "{prefix}-{yyyyMMdd}-{seq:04d}"
    command = [sys.executable, "-m", "tests.cases.number_writer", url_of(database)]
    share = (str(WRITERS // PROCESSES), str(EACH), template)
    running = [
        subprocess.Popen([*command, f"p{n}", *share], stdout=subprocess.PIPE, text=True) for n in range(PROCESSES)
    ]
    taken = [line for process in running for line in process.communicate(timeout=300)[0].split()]

    assert {process.returncode for process in running} == {0}
    assert sorted(taken) == expected(WRITERS * EACH, Numbering(template))
    assert left_out(database, Numbering(template)) == ()


def test_day_goes_on_past_9999_with_more_digits(database: Database) -> None:
    take(database, "first", 1, Numbering())
    with database.writing() as session:
        session.execute(update(CaseCounterRow).values(last=9998))

    assert take(database, "many", 3, Numbering()) == ["SW202611219999", "SW2026112110000", "SW2026112110001"]


@pytest.mark.parametrize(
    ("template", "prefix", "numbers"),
    [
        (TEMPLATE, "YC", ["YC202611210001", "YC202611220001", "YC202612010001"]),
        ("{yyMMdd}{seq:06d}", "YC", ["261121000001", "261122000001", "261201000001"]),
        ("{prefix}{yyyyMM}-{seq:05d}", "CG.", ["CG.202611-00001", "CG.202611-00002", "CG.202612-00001"]),
        ("{seq}.{yyyy}", "", ["1.2026", "2.2026", "3.2026"]),
    ],
)
def test_sequence_begins_anew_with_what_the_template_counts(
    database: Database, template: str, prefix: str, numbers: list[str]
) -> None:
    numbering = Numbering(template, prefix)
    days = (NOON, NOON + timedelta(days=1), NOON + timedelta(days=10))

    assert [take(database, f"{day}", 1, numbering, day)[0] for day in days] == numbers
    assert left_out(database, numbering) == ()


def test_day_is_the_local_one() -> None:
    evening = datetime(2026, 11, 21, 16, 30, tzinfo=UTC)

    assert Numbering().period(evening, BEIJING) == "20261122"
    assert Numbering().period(evening, UTC) == "20261121"


@pytest.mark.parametrize(
    ("template", "prefix"),
    [
        ("", "SW"),
        ("{prefix}{seq:04d}", "SW"),
        ("{yyyyMMdd}", "SW"),
        ("{yyyyMMdd}{yyyy}{seq}", "SW"),
        ("{yyyyMMdd}{seq}{seq}", "SW"),
        ("{ddMMyyyy}{seq}", "SW"),
        ("{yyyyMMdd}{seq:4d}", "SW"),
        ("{yyyyMMdd}{seq.__class__}", "SW"),
        ("{yyyyMMdd}/{seq}", "SW"),
        ("{yyyyMMdd}{seq", "SW"),
        (TEMPLATE, "a b"),
        (TEMPLATE, "../"),
        (TEMPLATE, "S" * 17),
    ],
)
def test_template_that_makes_no_numbers_is_refused(template: str, prefix: str) -> None:
    with pytest.raises(ValueError, match="case number"):
        Numbering(template, prefix)


def test_number_that_was_given_and_has_no_case_is_found(database: Database) -> None:
    with database.writing() as session:
        next_number(session, NOON, BEIJING)
        session.add(new_case_row(new_case("event-2"), next_number(session, NOON, BEIJING)))

    assert left_out(database) == ("SW202611210001",)


def test_earlier_templates_still_explain_their_numbers(database: Database) -> None:
    take(database, "old", 2, Numbering())
    monthly = Numbering("CG{yyyyMM}{seq:05d}", former=("SW{yyyyMMdd}{seq:04d}",))
    daily = Numbering("CG{yyyyMMdd}{seq:04d}", former=("SW{yyyyMMdd}{seq:04d}", "CG{yyyyMM}{seq:05d}"))

    assert take(database, "monthly", 2, monthly) == ["CG20261100001", "CG20261100002"]
    assert left_out(database, monthly) == ()
    assert take(database, "daily", 1, daily) == ["CG202611210003"]
    assert left_out(database, daily) == ()


def test_counter_that_no_template_explains_is_told(database: Database) -> None:
    take(database, "old", 1, Numbering())

    assert left_out(database, Numbering("{yyyyMM}{seq}")) == ("20261121-1",)


def test_store_numbers_cases_as_it_is_told_and_looks_for_gaps_the_same_way(database: Database, tmp_path: Path) -> None:
    store = CaseStore(database, numbering=Numbering("{prefix}{yyyyMM}{seq:05d}", "CG"))
    writer = EvidenceStore(tmp_path / "evidence")
    case = store.open_case(new_case(), writer.write_pack(new_case().case_id, parts(), facts()))

    assert case.number == "CG20261100001"
    assert store.missing_numbers() == ()
