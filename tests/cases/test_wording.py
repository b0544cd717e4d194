"""The words of sheets and of `streetwarden evidence`: both languages, none missing, the same as on the page."""

import json
import re
import tomllib
from pathlib import Path
from string import Formatter

import pytest

from cases.closing import LOOK, LOOK_DELAYED, Delay, Finding
from cases.completeness import Shortfall
from cases.examining import EXAMINE, Verdict
from cases.keyring import NewKey
from cases.packs import PackPurpose, PartRole, Why
from cases.problems import Problem, ProblemKind
from cases.records import (
    ADD_PACK,
    ADD_WARNING,
    DELETE,
    END,
    EXPORT,
    LOCK,
    OPEN,
    RELEASE,
    UNLOCK,
    VIEW,
    WITHDRAW_RELEASE,
    AuditRow,
)
from cases.retention import Rule
from cases.said import SENTENCES
from cases.states import Action, CaseState
from cases.wording import WORDS_FILE, Words
from pipeline.false_alarms import MEMORY
from pipeline.language_model import LANGUAGE_MODEL
from pipeline.larger_model import LARGER_MODEL
from pipeline.plate_examiner import NAME as PLATES
from pipeline.poster_examiner import NAME as POSTERS
from tests.cases.builders import NOON

ROOT = Path(__file__).resolve().parents[2]
TABLE: dict[str, dict[str, list[str]]] = tomllib.loads(WORDS_FILE.read_text("utf-8"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def sources() -> str:
    paths = [*(ROOT / "cases").glob("*.py"), *(ROOT / "api" / "commands").glob("*.py")]
    return "\n".join(path.read_text("utf-8") for path in paths)


BESIDES = [
    OPEN,
    ADD_PACK,
    ADD_WARNING,
    END,
    EXPORT,
    VIEW,
    LOCK,
    UNLOCK,
    DELETE,
    RELEASE,
    WITHDRAW_RELEASE,
    LOOK,
    LOOK_DELAYED,
    EXAMINE,
]


def test_every_sentence_has_both_languages_with_the_same_places_to_fill_in() -> None:
    for family, rows in TABLE.items():
        for key, (zh, en) in rows.items():
            places = [{name for _, name, _, _ in Formatter().parse(text) if name} for text in (zh, en)]
            assert places[0] == places[1], f"{family}.{key}"
            assert not CHINESE.search(en), f"{family}.{key}"
            assert CHINESE.search(zh) or not re.search(r"[A-Za-z]", re.sub(r"\{\w+\}", "", zh)), f"{family}.{key}"


@pytest.mark.parametrize(
    ("family", "values"),
    [
        ("kind", list(ProblemKind)),
        ("finding", list(Finding)),
        ("delay", list(Delay)),
        ("verdict", list(Verdict)),
        ("examiner", [MEMORY, LARGER_MODEL, LANGUAGE_MODEL, PLATES, POSTERS]),
        ("newkey", list(NewKey)),
        ("why", list(Why)),
        ("state", list(CaseState)),
        ("happened", [*Action, *BESIDES]),
        ("purpose", list(PackPurpose)),
        ("role", list(PartRole)),
        ("incomplete", list(Shortfall)),
        ("rule", list(Rule)),
    ],
)
def test_every_value_has_words(family: str, values: list[str]) -> None:
    assert [value for value in values if value not in TABLE[family]] == []
    assert sorted(TABLE[family]) == sorted(values)


def test_every_sentence_about_a_table_of_codes_is_used_and_has_words() -> None:
    paths = [*(ROOT / "cases").glob("*.py"), ROOT / "api" / "commands" / "codes.py"]
    text = "\n".join(path.read_text("utf-8") for path in paths)
    used = set(re.findall(r'(?:UnreadableFileError|TableFault)\("(\w+)"', text))
    used |= set(re.findall(r'fault\((?:\w+, \w+|"\w+"|name|column), "(\w+)"', text))
    used |= set(re.findall(r'say\("table", "(\w+)"', text))

    assert len(used) > 30
    assert sorted(used - TABLE["table"].keys()) == []
    assert [key for key in TABLE["table"] if f'"{key}"' not in text] == []


def test_every_sentence_of_a_problem_that_is_used_has_words_and_the_other_way_round() -> None:
    text = sources()
    used = set(re.findall(r'ProblemKind\.\w+,\s*[^,]+(?:\([^)]*\))?[^,]*,\s*"(\w+)"', text))
    assert used <= TABLE["found"].keys()
    assert [key for key in TABLE["found"] if f'"{key}"' not in text] == []
    assert [key for key in TABLE["told"] if f'"{key}"' not in text] == []
    assert [key for key in TABLE["sheet"] if f'"{key}"' not in text and f"'{key}'" not in text] == []


def test_words_that_the_page_has_too_are_the_same_there() -> None:
    script = (ROOT / "api" / "web" / "text.js").read_text("utf-8")
    table = script[script.index("{", script.index("WORDS =")) : script.index("\n};") + 2]
    page: dict[str, list[str]] = json.loads(re.sub(r",(\s*[}\]])", r"\1", table))
    same = {"state": "state", "happened": "happened", "incomplete": "missing"}
    same |= {family: family for family in ("said", "problem", "quick")}
    assert {key for key in page if key.startswith("quick.")} == {f"quick.{key}" for key in TABLE["quick"]}

    differ = [
        f"{ours}.{key}"
        for ours, theirs in same.items()
        for key, pair in TABLE[ours].items()
        if page.get(f"{theirs}.{key}", pair) != pair
    ]

    assert differ == []


def told(reason: str, actor: str = "system", action: str = "supervise") -> tuple[str, str]:
    state = CaseState.DISPATCHED
    return Words.load().reason(AuditRow("c1", 7, NOON, actor, action, state, state, reason, {}))


def test_reason_is_worded_where_the_program_or_a_digit_wrote_it() -> None:
    assert told("its time is up") == ("处置时限已过", "Its time is up")
    assert told("horn post-3", "li", "warn") == ("由喇叭 post-3 播出", "Spoken by horn post-3")
    assert told("not_ours", "li", "decline") == ("非本单位职责", "Not our work")


@pytest.mark.parametrize("reason", ["its time is up", "trouble with the neighbours", "按要求办理"])
def test_what_a_person_typed_is_never_reworded(reason: str) -> None:
    assert told(reason, "li") == (reason, reason)


def test_every_sentence_of_the_program_has_words_in_both_languages() -> None:
    assert [f"{family}.{key}" for family, key, _ in SENTENCES if key not in TABLE[family]] == []
    assert {key for family, key, _ in SENTENCES if family == "said"} == set(TABLE["said"])


def test_problem_is_one_line_that_cannot_steer_a_terminal() -> None:
    problem = Problem(ProblemKind.EXTRA, "pack-0001/\x1b[2Jx\n.jpg", "not_named")

    assert Words.load().problem(problem, "en") == "pack-0001/�[2Jx�.jpg: extra: the manifest does not name this file"
    assert Words.load().problem(problem, "zh").endswith("：多余：清单中没有此文件")
