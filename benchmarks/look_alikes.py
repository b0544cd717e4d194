"""Measures how well one thing in another light is told from what else comes to its place, and from the empty street.

    python -m benchmarks.look_alikes [--json FILE]

Things of nine kinds stand at one place of a drawn street, in two streets (with lamps and without) and four lights each.
The box of a thing is where it changes the picture by cloud, as a good detector would find it.
"""

import itertools
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.report import Beginning, Report, at_least, at_most, write_report
from datasets.scenario import Actor, Journey, Script, View
from datasets.scene import StreetScene
from datasets.street import Lane, Street
from vision.appearance import OTHER_SHAPE, Box, Resemblance, appearance_of, resemblance
from vision.arrays import Picture

SIZE_WH = (1280, 720)
LIGHTS = ("day", "overcast", "dusk", "night")
LAMPS: Mapping[str, tuple[float, ...]] = {"lamps": (-4.0, 23.0, 46.0), "no lamps": ()}
THINGS = (
    ("sedan", 1),
    ("sedan", 2),
    ("suv", 1),
    ("suv", 2),
    ("hatchback", 1),
    ("van", 1),
    ("panel_van", 1),
    ("cabinet", 1),
    ("food_cart", 1),
)
"""Kind and look of each thing; two of one kind are of another paint."""

LEAST_CHANGE = 12
"""Grey values by which a thing changes the picture at least."""

Thing = tuple[str, int]

NOTHING: Thing = ("nothing", 0)
"""The street behind a thing that has left."""

app = typer.Typer(add_completion=False)


@app.command()
def main(json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None) -> None:
    """Hold each thing against itself in other lights, and against all others."""
    began = Beginning()
    report = make_report([row for street in LAMPS for row in run(street)], began)
    Console().print(report.summary)
    if json:
        write_report(json, report)


def run(street: str) -> Iterator[dict[str, JsonValue]]:
    """Yield one row for each pair of pictures of a street."""
    pictures = {(thing, light): drawn(street, thing, light) for thing in (*THINGS, NOTHING) for light in LIGHTS}
    boxes = {thing: changed(pictures[thing, "overcast"], pictures[NOTHING, "overcast"]) for thing in THINGS}
    for (kept, light), (now, other) in itertools.product(pictures, repeat=2):
        if kept == NOTHING or (kept, light) == (now, other):
            continue
        looks = appearance_of(pictures[kept, light], boxes[kept])
        found = resemblance(looks, pictures[now, other], boxes[kept]) if looks else None
        if found is not None:
            yield _row(street, (kept, light), (now, other), found)


def drawn(street: str, thing: Thing, light: str) -> Picture:
    """Return a street with a thing at the kerb, or with nothing there."""
    lanes = Lane(1.9, 1, 8.0), Lane(5.1, -1, 8.5)
    ground = Street(look=1001, road_m=9.6, far_pavement_m=4.6, lanes=lanes, lamp_xs=LAMPS[street], clear_x=(6.0, 21.0))
    standing = Journey(0.0, 13.5, ground.road_m - 1.2).stay(200, facing_rad=0.0).path()
    actors = () if thing == NOTHING else (Actor(1, thing[0], thing[1], standing),)
    script = Script("one", ground, View(0.0, -4.5, 6.6, 40.0, 17.0, 62.0), actors)
    return StreetScene(script, SIZE_WH, light).picture(10.0)


def changed(bgr: Picture, empty: Picture) -> Box:
    """Return the box in which two pictures differ."""
    differs = (cv2.absdiff(bgr, empty).max(axis=2) > LEAST_CHANGE).astype(np.uint8)
    x, y, width, height = cv2.boundingRect(cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)))
    return float(x), float(y), float(x + width), float(y + height)


def _row(street: str, kept: tuple[Thing, str], now: tuple[Thing, str], found: Resemblance) -> dict[str, JsonValue]:
    (kind, look), (other, other_look) = kept[0], now[0]
    relation = "gone" if now[0] == NOTHING else "same" if kept[0] == now[0] else "paint" if kind == other else "body"
    return {
        "street": street,
        "kept": f"{kind} {look} {kept[1]}",
        "now": f"{other} {other_look} {now[1]}",
        "relation": relation,
        "shape": round(found.shape, 3),
        "paint": round(found.paint, 3),
        "level": round(found.level, 3),
        "is_same": found.is_same,
        "is_other": found.shape < OTHER_SHAPE,
    }


def make_report(rows: Sequence[dict[str, JsonValue]], began: Beginning) -> Report:
    """Sum up the pairs."""

    def of(relation: str, street: str = "") -> list[dict[str, JsonValue]]:
        return [row for row in rows if row["relation"] == relation and street in ("", row["street"])]

    def values(chosen: Sequence[dict[str, JsonValue]], key: str) -> list[float]:
        return [float(str(row[key])) for row in chosen]

    def share(chosen: Sequence[dict[str, JsonValue]], *, same: bool) -> float:
        return sum(row["is_same"] is same for row in chosen) / len(chosen)

    def other(chosen: Sequence[dict[str, JsonValue]]) -> float:
        return sum(row["is_other"] is True for row in chosen) / len(chosen)

    lit, known, kept_apart = of("same", "lamps"), share(of("same"), same=True), share(of("body"), same=False)
    apart_by_paint = share(of("paint"), same=False)
    gone_known, same_lost = other(of("gone")), other(of("same"))
    return Report(
        name="look_alikes",
        settings={"things": len(THINGS), "lights": list(LIGHTS), "streets": list(LAMPS), "size_wh": list(SIZE_WH)},
        definitions={
            "known": "share of pairs of one thing in two lights that are held to be the same",
            "apart": "share of pairs of two bodies at one place that are held to be different",
            "apart_by_paint": "share of pairs of one body in two paints that are held to be different",
            "gone_known": "share of pairs of a thing and the empty street that are held to surely differ",
            "same_lost": "share of pairs of one thing in two lights that are held to surely differ",
            "shape, paint": "worst of one thing in two lights; best of another one at its place",
        },
        samples=[row for row in rows if row["relation"] != "body"],  # of those there are too many to keep
        summary={
            "pairs": len(rows),
            "known": known,
            "known_with_lamps": share(lit, same=True),
            "apart": kept_apart,
            "apart_by_paint": apart_by_paint,
            "gone_known": gone_known,
            "same_lost": same_lost,
            "gone_shape_best": max(values(of("gone"), "shape")),
            "same_shape_worst": min(values(of("same"), "shape")),
            "same_shape_worst_with_lamps": min(values(lit, "shape")),
            "same_paint_worst": max(values(of("same"), "paint")),
            "body_shape_best": max(values(of("body"), "shape")),
            "paint_paint_nearest": min(values(of("paint"), "paint")),
        },
        goals=(
            at_least("apart", 1.0, kept_apart),
            at_least("known", 0.9, known),
            at_least("gone_known", 0.95, gone_known),
            at_most("same_lost", 0.0, same_lost),
        ),
        notes=("drawn streets only; a real car differs from the next one by more, and a real light too",),
        began=began,
    )


if __name__ == "__main__":
    sys.exit(app())
