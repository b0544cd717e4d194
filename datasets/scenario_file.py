"""Reads a scenario file: a street and its story in TOML, as `docs/design/drawn-scenes.md` explains by an example.

What is wrong in a file is said in one sentence that names the file, the entry and what is possible.
"""

import stat
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from datasets.errors import ScenarioFileError
from datasets.scenario import Script
from datasets.scenario_build import build
from datasets.scenario_tables import ScenarioFile, zone_id
from datasets.scene import script_zones
from detectors.catalog import Rule, ZoneSettings
from detectors.flyers import FlyerRule
from detectors.parking import ParkingRule
from detectors.spillover import SpilloverRule
from detectors.vending import VendingRule
from vision.wording import sentence_of

BUNDLED = Path(__file__).resolve().parent / "scenarios"
"""Where the scenario files lie that come along."""

MOST_BYTES = 1_000_000
"""A larger file is not read; one with as many entries as there may be has some 100 kB."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """A story that can be drawn.

    Attributes:
        title: one line that tells it.
        script: the story, with its weather and its camera.
        limits_s: from when on a stay in each of its zones is an offence, by zone id.
        light: the time of day, a name in `datasets.light.LIGHTS`.
    """

    title: str
    script: Script
    limits_s: dict[str, float]
    light: str = "day"


def bundled_scenarios() -> tuple[str, ...]:
    """Return the names of the scenarios that come along, in alphabetical order."""
    return tuple(sorted(path.stem for path in BUNDLED.glob("*.toml")))


def scenario_path(text: str) -> Path:
    """Return the file that is meant by a path or by the name of a bundled scenario."""
    return BUNDLED / f"{text}.toml" if text in bundled_scenarios() else Path(text)


def load_scenario(path: Path, look: int | None = None) -> Scenario:
    """Read a scenario.

    Args:
        path: of the file.
        look: seed of the decoration instead of the file's own.

    Raises:
        ScenarioFileError: the file is missing, is no TOML, or something in it cannot be; the message says what.
    """
    raw = _toml(path)
    if look is not None:
        raw["look"] = look
    try:
        told = ScenarioFile.model_validate(raw)
    except ValidationError as err:
        raise ScenarioFileError(f"scenario file {path}: {_explain(err, raw)}") from None
    try:
        script = build(told, path.stem)
        script_zones(script)
    except ValueError as err:
        raise ScenarioFileError(f"scenario file {path}: {err}") from None
    limits = {zone_id(zone, number): zone.limit for number, zone in enumerate(told.zones)}
    return Scenario(told.title, script, limits, told.light)


def zones_of(scenario: Scenario) -> tuple[ZoneSettings, ...]:
    """Return the zones of a scenario with their rules, as detectors take them."""
    return tuple(
        ZoneSettings(
            id=zone.zone_id,
            name=zone.name,
            polygon=zone.polygon,
            rule=_rule(zone.kind, scenario.limits_s[zone.zone_id]),
        )
        for zone in script_zones(scenario.script)
    )


def _rule(kind: str, limit_s: float) -> Rule:
    match kind:
        case "parking":
            return ParkingRule(limit_s=limit_s)
        case "vending":
            return VendingRule(limit_s=limit_s)
        case "spillover":
            return SpilloverRule(limit_s=limit_s)
        case _:
            return FlyerRule(limit_s=limit_s)


def _toml(path: Path) -> dict[str, Any]:
    text = _text(path)
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ScenarioFileError(f"scenario file {path} is no TOML that can be read: it is nested too deeply") from None
    except ValueError as err:  # also a number of thousands of digits, which tomllib leaves to int() to refuse
        raise ScenarioFileError(f"scenario file {path} is no TOML: {err}") from None


def _text(path: Path) -> str:
    """Return what a file holds; never waits for a pipe or a device, and never reads without end."""
    if "\0" in str(path):
        raise ScenarioFileError(f"scenario file {str(path)!r} cannot be read: no file has such a name")
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ScenarioFileError(f"scenario file {path} cannot be read: it is a folder, a pipe or a device")
        with path.open("rb") as file:
            raw = file.read(MOST_BYTES + 1)
    except OSError as err:
        raise ScenarioFileError(f"scenario file {path} cannot be read: {err.strerror}") from None
    if len(raw) > MOST_BYTES:
        raise ScenarioFileError(f"scenario file {path} is larger than {MOST_BYTES / 1e6:g} MB; no story is that long")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        raise ScenarioFileError(f"scenario file {path} is no text file; it must be TOML in UTF-8") from None


def _explain(err: ValidationError, raw: dict[str, Any]) -> str:
    """Return the first thing that is wrong as a sentence that names the entry."""
    first = err.errors(include_url=False)[0]
    where = _where(first["loc"], raw)
    if first["type"] == "extra_forbidden":
        keys = ", ".join(sorted(_keys_beside(first["loc"])))
        return f"{where}: there is no such key; there are {keys}"
    return f"{where}: {sentence_of(first)}" if where else sentence_of(first)


def _where(location: tuple[int | str, ...], raw: dict[str, Any]) -> str:
    """Return a place in the file as `actors number 2 (van): stay`."""
    words: list[str] = []
    for part in location:
        if isinstance(part, int) and words:
            words[-1] += f" number {part + 1}"
        else:
            words.append(str(part))
    kind = _kind_at(location, raw)
    if kind:
        words[0] += f" ({kind})"
    return ": ".join(words)


def _kind_at(location: tuple[int | str, ...], raw: dict[str, Any]) -> object:
    """Return the kind of the entry of a list that a place lies in, or nothing."""
    if len(location) < 2 or not isinstance(location[1], int):
        return None
    entries = raw.get(str(location[0]))
    entry = entries[location[1]] if isinstance(entries, list) and location[1] < len(entries) else None
    return entry.get("kind") or entry.get("flow") or entry.get("by") if isinstance(entry, dict) else None


def _keys_beside(location: tuple[int | str, ...]) -> set[str]:
    """Return the keys that a table can have in which one was not known."""
    model: Any = ScenarioFile
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        model = getattr(annotation, "__args__", (annotation,))[0]
    return {field.alias or name for name, field in model.model_fields.items()}
