"""Reads zones with their rules and makes a detector of each; `Rule` is the one list of the rules that exist.

A zones file is JSON: `{"zones": [{"id", "name", "polygon", "version", "rule": {"kind", ...}}]}`. The page saves the
same format. What is wrong in it is said in one sentence that names the file, the zone and the key.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from detectors.disorder import DisorderRule
from detectors.errors import ZonesFileError
from detectors.flyers import FlyerRule
from detectors.goods import GoodsRule
from detectors.parking import ParkingRule
from detectors.rules import Detector, RuleSettings, Watches
from detectors.spillover import SpilloverRule
from detectors.vending import VendingRule
from vision.wording import sentence_of
from vision.zones import Zone

Rule = Annotated[
    ParkingRule | DisorderRule | VendingRule | SpilloverRule | GoodsRule | FlyerRule, Field(discriminator="kind")
]
"""The settings of any rule, told apart by `kind`, in the order the page offers them."""

RULES: dict[str, type[RuleSettings]] = {
    str(rule.model_fields["kind"].default): rule for rule in get_args(get_args(Rule)[0])
}
"""The settings of every kind of rule that exists, by its kind."""

Corner = tuple[float, float]


class ZoneSettings(BaseModel):
    """A polygon in a camera's view and the rule that holds in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(min_length=1, max_length=64, description="Unique within the camera.")
    name: str = Field(default="", max_length=120, description="What the operator calls it.")
    polygon: tuple[Corner, ...] = Field(
        description="At least three corners (x, y) as fractions of width and height, each within 0 and 1."
    )
    version: int = Field(default=1, ge=1, description="Counts edits; evidence names the version that judged it.")
    rule: Rule = Field(description="The rule and its settings.")
    still_gap_s: float | None = Field(
        default=None,
        ge=10,
        le=1800,
        description="Seconds between the panoramas of an offence here, where more is asked than by the settings.",
    )

    @model_validator(mode="after")
    def _is_a_zone(self) -> "ZoneSettings":
        make_detector("", self)
        return self

    def zone(self) -> Zone:
        """Return the polygon as the rules use it.

        Raises:
            ValueError: it has too few corners, leaves the picture or has no area.
        """
        return Zone(self.id, self.name or self.id, self.polygon, self.version)


class ZonesFile(BaseModel):
    """All zones of one camera."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    zones: tuple[ZoneSettings, ...] = Field(description="The zones, in the order they are shown.")

    @model_validator(mode="after")
    def _ids_are_unique(self) -> "ZonesFile":
        ids = [zone.id for zone in self.zones]
        doubled = next((zone_id for zone_id in ids if ids.count(zone_id) > 1), None)
        if doubled is not None:
            raise ValueError(f"zone id {doubled!r} stands for more than one zone; give each its own")
        return self


def load_zones(path: Path) -> tuple[ZoneSettings, ...]:
    """Read a zones file.

    Raises:
        ZonesFileError: it is missing, is no JSON, or a zone in it is wrong; one sentence says which and how.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except OSError as err:
        raise ZonesFileError(f"zones file {path} cannot be read: {err.strerror}") from None
    except UnicodeDecodeError:
        raise ZonesFileError(f"zones file {path} is no text file; it must be JSON in UTF-8") from None
    except json.JSONDecodeError as err:
        raise ZonesFileError(f"zones file {path} is no JSON: {err.msg} in line {err.lineno}") from None
    try:
        return ZonesFile.model_validate(raw).zones
    except ValidationError as err:
        raise ZonesFileError(f"zones file {path}: {explain(err, raw)}") from None


def make_detector(camera_id: str, zone: ZoneSettings) -> Detector:
    """Return a fresh detector for a zone of a camera."""
    return zone.rule.detector(camera_id, zone.zone())


def surfaces(zones: Iterable[ZoneSettings]) -> tuple[Zone, ...]:
    """Return the zones whose surface `Perception` must compare with its reference."""
    return tuple(zone.zone() for zone in zones if zone.rule.watches is Watches.SURFACE)


def unknown_zones(zones: Iterable[ZoneSettings]) -> tuple[Zone, ...]:
    """Return the zones in which `Perception` must look for unknown objects."""
    return tuple(zone.zone() for zone in zones if zone.rule.watches is Watches.UNKNOWN)


def smallest_things(zones: Iterable[ZoneSettings]) -> tuple[tuple[Zone, float], ...]:
    """Return the zones whose rule looks for things on the ground, each with the size in metres of the smallest.

    Sizes are as in `vision.ground_scale`. Surfaces are looked at by pixels, whatever their size.
    """
    sizes = [(zone, zone.rule.smallest_m) for zone in zones]
    return tuple((zone.zone(), size_m) for zone, size_m in sizes if size_m is not None)


def explain(err: ValidationError, raw: object) -> str:
    """Return the first thing that is wrong in zones as one sentence that names the zone and the key."""
    first = err.errors(include_url=False)[0]
    location = [part for part in first["loc"] if part not in RULES]
    message = sentence_of(first)
    if first["type"] == "union_tag_invalid":
        tag = first.get("ctx", {}).get("tag")
        message = f"there is no rule of kind {tag!r}; the kinds are {', '.join(sorted(RULES))}"
    if location[:1] != ["zones"] or len(location) < 2:
        return f"{'.'.join(map(str, location)) or 'the file'}: {message}"
    index = int(location[1])
    keys = ".".join(str(part) for part in location[2:])
    name = _name_of(raw, index)
    return f"zone {name}: {keys}: {message}" if keys else f"zone {name}: {message}"


def _name_of(raw: Any, index: int) -> str:
    try:
        return f"{raw['zones'][index]['id']!r} (number {index + 1})"
    except (KeyError, TypeError, IndexError):
        return f"number {index + 1}"
