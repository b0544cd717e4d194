"""Every kind of rule is whole: codes, phrases, words, colours, a page with an example; nothing of it is forgotten."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from broadcast.phrases import load_phrases
from cases.code_files import bundled_table, bundled_tables, kind_names
from cases.wording import WORDS_FILE
from detectors.catalog import RULES, ZoneSettings
from detectors.rules import RuleSettings

ROOT = Path(__file__).parents[1]
SHEET: dict[str, dict[str, list[str]]] = tomllib.loads(WORDS_FILE.read_text("utf-8"))
NOT_OF_A_DETECTOR = re.compile(r"(model|place|pixels)_\w+|turned_camera")
"""Measurements of a look after dispatch (cases/closing.py); the page has words for them, the sheet shows none."""

kinds = pytest.mark.parametrize("kind", RULES)


def page_words() -> dict[str, list[str]]:
    text = (ROOT / "api" / "web" / "text.js").read_text("utf-8")
    table = text[text.index("{", text.index("WORDS =")) : text.index("\n};") + 2]
    words: dict[str, list[str]] = json.loads(re.sub(r",(\s*[}\]])", r"\1", table))
    return words


def page_of(kind: str) -> str:
    return (ROOT / "docs" / "detectors" / f"{kind}.md").read_text("utf-8")


def reasons_given() -> set[str]:
    texts = [path.read_text("utf-8") for path in (ROOT / "detectors").glob("*.py")]
    return {key for text in texts for key in re.findall(r'Reason\(\s*"(\w+)"', text)}


def shown(default: object) -> str:
    return f"{default:g}" if isinstance(default, int | float) else '""'


@kinds
def test_kind_is_what_its_settings_say(kind: str) -> None:
    assert RULES[kind].model_fields["kind"].default == kind
    assert issubclass(RULES[kind], RuleSettings)


@kinds
def test_kind_has_an_item_in_every_table_that_comes_along(kind: str) -> None:
    for name in bundled_tables():
        assert bundled_table(name).for_kind(kind).name_zh
    assert any(kind in names for names in kind_names().values())


@kinds
def test_kind_has_two_phrases_in_both_languages(kind: str) -> None:
    assert {level: sorted(said) for level, said in load_phrases()[kind].items()} == {
        "1": ["en", "zh"],
        "2": ["en", "zh"],
    }


@kinds
def test_kind_has_the_same_name_on_the_page_and_on_the_sheet(kind: str) -> None:
    assert page_words()[f"offence.{kind}"] == SHEET["offence"][kind]
    assert f"label.{kind}" in page_words()


@kinds
def test_every_setting_of_a_kind_that_the_page_offers_has_words(kind: str) -> None:
    offered = {
        name
        for name, schema in RULES[kind].model_json_schema()["properties"].items()
        if schema.get("type") in ("number", "integer") or "enum" in schema
    }
    assert offered
    assert [name for name in offered if f"rule.{name}" not in page_words()] == []


@kinds
def test_kind_has_a_colour_of_its_own(kind: str) -> None:
    css = (ROOT / "api" / "web" / "views.css").read_text("utf-8")
    boxes = (ROOT / "api" / "web" / "boxes.js").read_text("utf-8")
    colours = dict(re.findall(r'(\w+): "(#[0-9a-f]{6})"', boxes[boxes.index("ZONE_COLOURS = {") :].split("}")[0]))
    assert f".{kind} {{ color: " in css
    assert list(colours.values()).count(colours[kind]) == 1


@kinds
def test_page_of_a_kind_tells_each_setting_with_its_default(kind: str) -> None:
    page, fields = page_of(kind), RULES[kind].model_fields
    assert [name for name in fields if name != "kind" and f"`{name}`" not in page] == []
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.M))
    defaults = {name: fields[name].default for name in rows if name in fields}
    differ = {key: rows[key] for key, default in defaults.items() if default != () and rows[key] != shown(default)}
    assert differ == {}


@kinds
def test_page_of_a_kind_tells_idea_parameters_limits_and_figures(kind: str) -> None:
    headings = re.findall(r"^## (.+)$", page_of(kind), re.M)
    assert [each for each in ("Idea", "Parameters", "Limits", "Figures") if each not in headings] == []


@kinds
def test_page_of_a_kind_has_an_example_that_can_be_used_as_it_stands(kind: str) -> None:
    example = re.search(r'^    \{"id".*?\}\}$', page_of(kind), re.M | re.S)
    assert example is not None
    zone = TypeAdapter(ZoneSettings).validate_json(example[0])
    assert zone.rule.kind == kind
    assert zone.rule.detector("gate", zone.zone()).checkpoint()


@kinds
def test_figures_on_the_page_of_a_kind_come_from_files_that_are_there(kind: str) -> None:
    files = re.findall(r"benchmarks/results/[\w.]+", page_of(kind))
    assert [name for name in files if not (ROOT / name).is_file()] == []
    assert files or "not measured yet" in page_of(kind).lower()


def test_reasons_are_the_same_on_the_page_on_the_sheet_and_in_the_detectors() -> None:
    page = {key.removeprefix("reason.") for key in page_words() if key.startswith("reason.")}
    page = {key for key in page if NOT_OF_A_DETECTOR.fullmatch(key) is None}
    assert page == reasons_given()
    assert set(SHEET["reason"]) == reasons_given()


def test_reasons_say_the_same_on_the_page_and_on_the_sheet() -> None:
    page = page_words()
    differ = [
        key
        for key, (zh, en) in SHEET["reason"].items()
        if (page[f"reason.{key}"][0], page[f"reason.{key}"][1].lower()) != (zh, en.lower())
    ]
    assert differ == []
