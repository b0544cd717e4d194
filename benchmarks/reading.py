"""Measures at how many pixels a character's print is read right, how honest its score is, and what print is taken for.

    python -m benchmarks.reading [--rounds N] [--json FILE]

Mobile numbers are printed in a face, and written stroke by stroke as stickers of drawn streets are; plates in a face.
Each is turned a little, made small by area, blurred as by a lens, grained and pressed into a JPEG as evidence is. Kinds
are judged on two drawn walls, through the examiner's own steps.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.report import CHECKOUT, Beginning, Report, write_report
from cases.lawful_notices import plain_text
from cases.stills import JPEG_QUALITY
from datasets.draw_prints import PAPER_KINDS, usual_size
from datasets.glyphs import Pen, write
from datasets.scenario import Paper, Script
from datasets.scene import StreetScene
from datasets.street_layouts import layout
from detectors.print_kinds import judge_print
from models.number_plates import LETTERS, PROVINCES, plates_in
from models.phone_numbers import numbers_in
from models.reading import TextReader
from pipeline.poster_examiner import (
    LEAST_READ_MARGIN_PX,
    LOOK_MARGIN_RATIO,
    READ_MARGIN_RATIO,
    lines_of_print,
    region_of,
)
from vision.arrays import Picture
from vision.print_look import print_look

HEIGHTS_PX = (4, 5, 6, 8, 10, 14)
"""Of a digit, from its foot to its top, in the picture that is read."""

DRAWN_PX = 72
"""Of a digit as it is drawn before it is made small."""

GRAIN = 3.0
"""Grey values of grain: a good camera by day."""

STREETS, FIELDS_DEG = ("underpass", "lane"), (60.0, 36.0)

Box = tuple[float, float, float, float]

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Sample:
    """One print: how it was made, how large, and whether it was read right, wrong or not at all, and how surely."""

    material: str
    height_px: int
    outcome: str
    is_sure: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One thing on a drawn wall, its width in pixels, and what it was taken for."""

    kind: str
    street: str
    width_px: float
    judged: str
    letters: int


@app.command()
def main(
    rounds: Annotated[int, typer.Option(help="prints of each material and height")] = 8,
    json: Annotated[Path, typer.Option("--json")] = CHECKOUT / "benchmarks/results/reading.json",
) -> None:
    """Read prints of all sizes and judge what hangs on walls."""
    began, reader = Beginning(), TextReader()
    samples = list(read_prints(reader, rounds))
    judged = list(judge_walls(reader))
    report = make_report(samples, judged, rounds, began)
    Console().print(report.summary)
    write_report(json, report)


def read_prints(reader: TextReader, rounds: int) -> Iterator[Sample]:
    """Yield what became of each print."""
    for material in ("number_face", "number_strokes", "plate"):
        for height_px in HEIGHTS_PX:
            rng = np.random.default_rng(height_px)
            for _ in range(rounds):
                text = _plate(rng) if material == "plate" else _number(rng)
                lines = reader.read(_seen(_sheet(material, text), height_px, rng))
                found = [*plates_in(lines)] if material == "plate" else [*numbers_in(lines)]
                best = found[0] if found else None
                outcome = "nothing" if best is None else "right" if best.value == text else "wrong"
                yield Sample(material, height_px, outcome, best is not None and best.is_sure)


def judge_walls(reader: TextReader) -> Iterator[Judged]:
    """Yield what each thing on a drawn wall is taken for."""
    for street in STREETS:
        for field_deg in FIELDS_DEG:
            for kind in PAPER_KINDS:
                for look in (1, 2, 3):
                    seen = _wall(kind, look, street, field_deg)
                    if seen is not None:
                        yield _judged(reader, (kind, street), *seen)


def _judged(reader: TextReader, names: tuple[str, str], bgr: Picture, box: Box) -> Judged:
    part, inner = region_of(bgr, box, READ_MARGIN_RATIO, LEAST_READ_MARGIN_PX)
    lines, whole = lines_of_print(reader.read(part), inner)
    x, y = box[0] - inner[0], box[1] - inner[1]
    whole = whole[0] + x, whole[1] + y, whole[2] + x, whole[3] + y
    letters = sum(len(plain_text(line.text)) for line in lines)
    judged = judge_print(print_look(*region_of(bgr, whole, LOOK_MARGIN_RATIO)), letters, None)
    return Judged(*names, box[2] - box[0], judged.kind.value, letters)


def _wall(kind: str, look: int, street: str, field_deg: float) -> tuple[Picture, Box] | None:
    planned = layout(street)
    posted = Paper(1, look, 6.0, 1.0, *usual_size(kind), 0.0, 100.0, kind)
    view = replace(planned.view, field_of_view_deg=field_deg)
    scene = StreetScene(Script("wall", planned.street, view, (), (posted,), period_s=100.0), (1280, 720))
    boxes = scene.truth(5.0).papers
    if not len(boxes):
        return None
    x1, y1, x2, y2 = map(float, boxes[0])
    return _pressed(scene.picture(5.0)), (x1, y1, x2, y2)


def _number(rng: np.random.Generator) -> str:
    return "1" + str(rng.integers(3, 10)) + "".join(map(str, rng.integers(0, 10, 9)))


def _plate(rng: np.random.Generator) -> str:
    signs = [str(digit) for digit in rng.integers(0, 10, 5)]
    signs[int(rng.integers(4))] = LETTERS[int(rng.integers(len(LETTERS)))]
    return PROVINCES[int(rng.integers(len(PROVINCES)))] + LETTERS[int(rng.integers(len(LETTERS)))] + "".join(signs)


def _sheet(material: str, text: str) -> Picture:
    """Print a text with digits of `DRAWN_PX`, with room around it."""
    colours = ((150, 70, 20), (245, 245, 245)) if material == "plate" else ((238, 240, 240), (40, 36, 60))
    sheet: Picture = np.full((3 * DRAWN_PX, 13 * DRAWN_PX, 3), (120, 124, 126), np.uint8)
    cv2.rectangle(sheet, (DRAWN_PX // 2, DRAWN_PX // 2), (12 * DRAWN_PX, 5 * DRAWN_PX // 2), colours[0], -1)
    if material == "number_strokes":
        write(sheet, text, (1.2 * DRAWN_PX, DRAWN_PX, DRAWN_PX / 0.9), Pen(colours[1], 0.13))
    else:
        size_px = round(DRAWN_PX / 0.73)  # its digits are so much lower than the face's size
        cv2.putText(sheet, text, (round(1.2 * DRAWN_PX), 2 * DRAWN_PX), colours[1], cv2.FontFace("uni"), size_px)
    return sheet


def _seen(sheet: Picture, height_px: int, rng: np.random.Generator) -> Picture:
    """Return a sheet as a camera sees it: turned by up to 4 degrees, small, blurred, grained, a JPEG."""
    height, width = sheet.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-4, 4)), 1.0)
    turned = cv2.warpAffine(sheet, turn, (width, height), borderMode=cv2.BORDER_REPLICATE)
    small = cv2.resize(turned, None, fx=height_px / DRAWN_PX, fy=height_px / DRAWN_PX, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), 0.6).astype(np.float32)
    return _pressed(np.clip(blurred + rng.normal(0, GRAIN, blurred.shape), 0, 255).astype(np.uint8))


def _pressed(bgr: Picture) -> Picture:
    _, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)


def make_report(samples: list[Sample], judged: list[Judged], rounds: int, began: Beginning) -> Report:
    """Sum up prints and walls."""
    summary: dict[str, JsonValue] = {}
    for material in dict.fromkeys(sample.material for sample in samples):
        rows = {h: [s for s in samples if (s.material, s.height_px) == (material, h)] for h in HEIGHTS_PX}
        summary[material] = {f"{h} px": _counts(told) for h, told in rows.items()}
    sure = [sample for sample in samples if sample.is_sure]
    unsure = [sample for sample in samples if not sample.is_sure and sample.outcome != "nothing"]
    summary["sure"], summary["unsure"] = _counts(sure), _counts(unsure)
    for kind in PAPER_KINDS:
        summary[f"taken_for: {kind}"] = dict(Counter(each.judged for each in judged if each.kind == kind))
    return Report(
        name="reading",
        settings={
            "rounds": rounds,
            "heights_px": list(HEIGHTS_PX),
            "streets": list(STREETS),
            "fields": list(FIELDS_DEG),
        },
        definitions={
            "right, wrong, nothing": "prints whose surest number or plate is the printed one, another one, or none",
            "sure": "of those, the ones told as read; unsure: told as `perhaps`",
            "taken_for": "what things on drawn walls are judged to be, by kind",
        },
        samples=[asdict(each) for each in (*samples, *judged)],
        summary=summary,
        goals=(),
        notes=("drawn print on even paper, seen from straight ahead: the street is harder",),
        began=began,
    )


def _counts(samples: list[Sample]) -> dict[str, JsonValue]:
    counted = Counter(sample.outcome for sample in samples)
    return {**{name: counted[name] for name in ("right", "wrong", "nothing")}, "sure": sum(s.is_sure for s in samples)}


if __name__ == "__main__":
    sys.exit(app())
