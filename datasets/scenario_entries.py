"""The tables of a scenario file, as they are written; what they mean is in `docs/design/drawn-scenes.md`.

Seconds count from the scene's beginning, metres as in `datasets.street`: x along the street, y across it, z up.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from datasets.cast import KINDS, STILL
from datasets.draw_prints import PAPER_KINDS
from detectors.catalog import RULES

Side = Literal["west", "east"]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Metre = Annotated[float, Field(ge=-200, le=200)]
Point = tuple[Metre, Metre]
SheetMetre = Annotated[float, Field(ge=0.03, le=10)]
"""A side of something printed: from a small sticker to a banner over several shops."""

MOST_SLENDER = 12
"""So many times longer than wide a print can be; its sheet is painted with a width of a few hundred pixels."""

Name = Annotated[str, Field(max_length=80)]

YAW_DEG, PITCH_DEG, FIELD_DEG = (1, 179), (1, 89), (15, 110)
"""Where a camera can look: neither backwards nor up, and neither through a telescope nor a fisheye."""

STALL_KINDS = (
    "cart",
    "food_cart",
    "grill",
    "table",
    "cloth",
    "shoe_shine",
    "baskets",
    "crates",
    "clothes_rack",
    "tables",
)
"""What a stall can be; what each consists of is in `datasets.scenario_stalls`."""


def _rule_kind(kind: str) -> str:
    if kind not in RULES:
        raise ValueError(f"there is no rule of kind {kind!r}; the kinds are {', '.join(sorted(RULES))}")
    return kind


class Entry(BaseModel):
    """A table of a scenario file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ViewEntry(Entry):
    """Where the camera hangs and looks; what is left out stays as is usual for the layout."""

    x: Metre | None = Field(default=None, description="Along the street (m).")
    y: Metre | None = Field(default=None, description="Across the street; below 0 is the camera's side (m).")
    height_m: float | None = Field(default=None, ge=1, le=30, description="Of the lens above the ground (m).")
    yaw_deg: float | None = Field(
        default=None, ge=YAW_DEG[0], le=YAW_DEG[1], description="0 looks east, 90 straight across (degrees)."
    )
    pitch_deg: float | None = Field(
        default=None, ge=PITCH_DEG[0], le=PITCH_DEG[1], description="How far it looks down (degrees)."
    )
    field_of_view_deg: float | None = Field(
        default=None, ge=FIELD_DEG[0], le=FIELD_DEG[1], description="From left to right (degrees)."
    )


class ActorEntry(Entry):
    """Something or somebody that comes, stops, stays and leaves."""

    kind: str = Field(description="What it is: a name of datasets.cast.")
    name: Name = Field(default="", description="By which [[offences]] can speak of it.")
    look: int | None = Field(default=None, ge=0, le=1 << 30, description="Seed of its appearance.")
    count: int = Field(default=1, ge=1, le=12, description="So many alike: a group of people, a row of bicycles.")
    from_: Side | None = Field(default=None, alias="from", description="Where it comes from; else it is there at once.")
    arrives: Seconds | None = Field(default=None, description="When it stands at its stop; else when it comes in (s).")
    stops_at: Point | None = Field(default=None, description="Where it stops (m).")
    via: tuple[Point, ...] = Field(default=(), max_length=8, description="Points on the way of who walks or rides (m).")
    stay: Seconds | None = Field(default=None, description="How long it stays; without this to the end (s).")
    leaves: Side | None = Field(default=None, description="Where it leaves to; the way it came is a turn.")
    faces: float | None = Field(default=None, ge=-360, le=360, description="Where it looks while it stays (degrees).")
    does: Literal["stand", "serve", "reach", "push", "sit", "sit_low", "squat"] = Field(
        default="stand", description="What a person does while standing."
    )
    speed: float | None = Field(default=None, ge=0.3, le=20, description="On the way (m/s).")
    lawful: Name = Field(default="", description="Why its stay is no offence, as a permit.")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in KINDS:
            raise ValueError(f"no kind of actor is called {kind!r}; there are {', '.join(KINDS)}")
        return kind

    @model_validator(mode="after")
    def _is_a_story(self) -> "ActorEntry":
        if self.stops_at is None and self.from_ is None:
            raise ValueError('say where it comes from (from = "west") or where it stands (stops_at = [x, y])')
        if self.stops_at is None and (self.stay is not None or self.leaves is not None):
            raise ValueError("who stays or leaves must stop somewhere: add stops_at = [x, y]")
        if self.from_ is not None and self.arrives is None:
            raise ValueError("say when it arrives (arrives = 12.0)")
        if self.leaves is not None and self.stay is None:
            raise ValueError("say how long it stays before it leaves (stay = 60)")
        if self.kind in STILL and (self.from_ or self.leaves):
            raise ValueError(f"{self.kind} does not move by itself; leave out from and leaves, or make it a stall")
        return self


class StallEntry(Entry):
    """A stall with its vendor and customers."""

    kind: str = Field(description="What it consists of: one of STALL_KINDS.")
    name: Name = Field(default="", description="By which [[offences]] can speak of it.")
    look: int | None = Field(default=None, ge=0, le=1 << 30, description="Seed of its appearance.")
    at: Point = Field(description="Its middle (m).")
    arrives: Seconds | None = Field(
        default=None, description="When its first thing stands; else from the beginning (s)."
    )
    stay: Seconds | None = Field(default=None, description="When its last thing is gone, after that; else never (s).")
    comes: Literal["pushed", "tricycle", "carried", "stands"] = Field(
        default="stands", description="How it gets there: pushed, on a tricycle, carried, or it is set up unseen."
    )
    from_: Side = Field(default="west", alias="from", description="Where vendor and stall come from.")
    leaves: Side = Field(default="east", description="Where they go to.")
    faces: float | None = Field(default=None, ge=-360, le=360, description="Turn of its things (degrees).")
    vendor: bool = Field(default=True, description="Whether somebody attends it.")
    umbrella: bool = Field(default=False, description="Whether a large umbrella stands over it.")
    customers: int = Field(default=0, ge=0, le=6, description="How many come one after the other.")
    permitted: Name = Field(default="", description="The permit that makes it lawful.")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in STALL_KINDS:
            raise ValueError(f"no kind of stall is called {kind!r}; there are {', '.join(STALL_KINDS)}")
        return kind

    @model_validator(mode="after")
    def _can_come(self) -> "StallEntry":
        if self.comes == "pushed" and self.kind not in ("cart", "food_cart"):
            raise ValueError(f"{self.kind} has no wheels; only a cart or a food_cart can be pushed")
        if self.comes != "stands" and (self.arrives is None or self.stay is None):
            raise ValueError("a stall that comes needs arrives and stay")
        return self


class PaperEntry(Entry):
    """Something printed, written or sprayed."""

    kind: str = Field(description="A flyer, sticker, lettering, poster, notice, enamel; cover, stain.")
    name: Name = Field(default="", description="By which [[offences]] can speak of it.")
    look: int | None = Field(default=None, ge=0, le=1 << 30, description="Seed of its appearance.")
    at: Point = Field(description="x and z of its lower left corner; on the pavement x and y (m).")
    size: tuple[SheetMetre, SheetMetre] | None = Field(
        default=None, description="Width and height; else as usual for its kind (m)."
    )
    surface: Literal["wall", "shutter", "door", "pole", "pavement"] = Field(
        default="wall", description="What it is on."
    )
    appears: Seconds = Field(default=0.0, description="When it is there (s).")
    stay: Seconds | None = Field(default=None, description="How long; without this to the end (s).")
    posted_from: Side | None = Field(
        default=None, description="Where who puts it there comes from; else nobody is seen."
    )
    removed_from: Side | None = Field(default=None, description="Where who takes it away comes from.")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        if kind not in PAPER_KINDS:
            raise ValueError(f"no kind of print is called {kind!r}; there are {', '.join(PAPER_KINDS)}")
        return kind

    @model_validator(mode="after")
    def _can_go(self) -> "PaperEntry":
        if self.removed_from is not None and self.stay is None:
            raise ValueError("say how long it stays before it is removed (stay = 60)")
        if self.size is not None and max(self.size) > MOST_SLENDER * min(self.size):
            raise ValueError(f"one side of its size is more than {MOST_SLENDER} times the other; no print is so narrow")
        return self


class TrafficEntry(Entry):
    """A stream of lawful life."""

    flow: Literal["lane", "cycles", "walkers"] = Field(description="What moves.")
    lane: int = Field(default=1, ge=1, le=12, description="Of a flow in a lane: its number from the near kerb.")
    gap: float = Field(default=12.0, ge=2.7, le=600, description="Mean time between two (s).")
    stop_line: Metre | None = Field(default=None, description="Where a lane from the west has a light (m).")
    red: float = Field(default=22.0, ge=1, le=300, description="How long the light is red (s).")
    cycle: float = Field(default=60.0, ge=5, le=600, description="How long red and green are together (s).")
    ys: tuple[Metre, ...] = Field(default=(), max_length=6, description="Lines along which people walk or ride (m).")

    @model_validator(mode="after")
    def _light_turns_green(self) -> "TrafficEntry":
        if self.stop_line is not None and self.red >= self.cycle:
            raise ValueError("a light that is red for its whole cycle lets nobody pass; make red shorter than cycle")
        return self


class ZoneEntry(Entry):
    """Where a rule holds, and from when on a stay in it is an offence."""

    kind: str = Field(description="parking, vending, spillover or flyers.")
    id: str = Field(default="", max_length=64, description="Unique within the file; else the kind and a number.")
    name: Name = Field(default="", description="What the operator reads.")
    x: Point = Field(description="From west to east (m).")
    y: Point | None = Field(default=None, description="From the camera's side on; not for flyers (m).")
    z: Point | None = Field(default=None, description="From below; for flyers on the fronts (m).")
    limit: float = Field(default=60.0, ge=1, le=86_400, description="A longer stay is an offence (s).")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        return _rule_kind(kind)

    @model_validator(mode="after")
    def _has_an_extent(self) -> "ZoneEntry":
        across = self.z if self.kind == "flyers" else self.y
        if across is None or (self.y is not None and self.z is not None):
            raise ValueError("a zone for flyers has x and z, the others x and y")
        if not (self.x[0] < self.x[1] and across[0] < across[1]):
            raise ValueError("of x, y and z the smaller number comes first")
        return self

    @property
    def across(self) -> Point:
        """The range of z of a zone for flyers, else of y."""
        return (self.z if self.kind == "flyers" else self.y) or (0.0, 0.0)


class OffenceEntry(Entry):
    """An offence that does not follow from a zone and its limit."""

    kind: str = Field(description="parking, vending, spillover or flyers.")
    by: Name = Field(min_length=1, description="The name of the actor, stall or paper.")
    begins: Seconds | None = Field(default=None, description="Else when it stands there (s).")
    ends: Seconds | None = Field(default=None, description="Else when it leaves (s).")

    @field_validator("kind")
    @classmethod
    def _is_known(cls, kind: str) -> str:
        return _rule_kind(kind)
