"""Measures how many heads and faces in real pictures are hidden in the copies that leave the case desk.

    python -m benchmarks.bystanders [--model CARD] [--json FILE] [--quick]

A head is the top eighth of a person that somebody labelled, its middle three fifths, of people at least 40 px high and
upright; it is hidden if nine tenths of it are. Faces are those that YuNet finds with a score of 0.7 in the same
pictures, without its help when hiding. What is cut, lies or is a crowd is not counted as a head, only as a face.

Thresholds, tiles and margins are chosen on one half of the pictures and reported on the other. A hash of its name says
in which half a picture is, so that nobody picks.
"""

import hashlib
import math
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import CHECKOUT, Beginning, Report, at_least, write_report
from cases.bystander_finder import BystanderFinder
from cases.bystanders import UPRIGHT_ASPECT
from cases.evidence_errors import BlurError
from datasets.catalogue import material_set, read_material_set
from datasets.errors import DatasetError
from datasets.picture_files import read_bgr
from models.errors import ModelError
from models.faces import MARGIN_RATIO, FaceCard, Faces
from pipeline.privacy import open_finder
from pipeline.settings import PrivacySettings, Settings
from vision.arrays import Boxes, Picture
from vision.classes import StreetClass

MATERIAL = CHECKOUT.parent / "shared" / "material"
SETS = ("coco128",)
"""Sets of the catalogue in which people are labelled and that the bundled model was not trained on."""

LEAST_PX = 40
HEAD_RATIO, HEAD_WIDTH_RATIO = 1 / 8, 0.6
HIDDEN_RATIO = 0.9
FACE_SCORE = 0.7
LARGE_FACE_PX = 16
"""Of smaller faces nobody is recognised: EN 62676-4 asks for 250 px a metre to identify, which makes a face 40 px."""

CONFIDENCE_Z = 1.96
"""Deviations of a normal distribution between which 95 of 100 values lie."""


class Half(StrEnum):
    """What a picture is for."""

    CHOOSING = "choosing"
    REPORTING = "reporting"


app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was hidden in one picture: heads and faces of how many, and the seconds it took."""

    name: str
    half: Half
    heads: int
    heads_hidden: int
    faces: int
    faces_hidden: int
    hidden_share: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Summed:
    """What was hidden in all pictures of a half; the report's definitions say what each figure means."""

    pictures: int
    heads: int
    heads_hidden: float | None
    heads_within: tuple[float, float] | None
    faces: int
    faces_hidden: float | None
    faces_within: tuple[float, float] | None
    hidden_share_median: float
    hidden_share_mean: float
    seconds: float


@app.command()
def main(
    material: Annotated[Path, typer.Option(help="folder with datasets/ and weights/")] = MATERIAL,
    model: Annotated[Path | None, typer.Option(help="model card; the bundled model by default")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="where to write the result")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="the first ten pictures of each set only")] = False,
) -> None:
    """Hold what is hidden against labelled people and found faces."""
    began = Beginning()
    try:
        with tempfile.TemporaryDirectory() as folder:
            finder = open_finder(Settings(data=Path(folder), privacy=PrivacySettings(card=model)))
            seen = list(run(finder, material, 10 if quick else None))
    except (BenchmarkError, DatasetError, ModelError, BlurError) as err:
        Console(stderr=True).print(f"[red]{err}[/]", highlight=False)
        raise typer.Exit(1) from None
    report = make_report(seen, finder, began)
    Console().print(report.summary)
    if json:
        write_report(json, report)


def run(finder: BystanderFinder, material: Path, most: int | None) -> Iterator[Seen]:
    """Yield what is hidden in each picture.

    Raises:
        NotPossibleError: the material is not there.
        DatasetError: a set of it is not.
    """
    weights = material / "weights" / "face_detection_yunet_2026may.onnx"
    if not weights.is_file():
        raise NotPossibleError(f"there is no {weights}; name the folder of the material by --material")
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    faces = Faces(FaceCard(name="yunet", file=weights, sha256=sha256, licence="MIT", score_threshold=FACE_SCORE))
    for name in SETS:
        entry = material_set(name)
        read = read_material_set(material, replace(entry, facts=replace(entry.facts, unlabelled_are_empty=True)))
        for picture in sorted(read.pictures, key=lambda each: each.name)[:most]:
            people = picture.labels.boxes[picture.labels.class_ids == StreetClass.PERSON]
            yield _seen(f"{name}/{picture.name}", read_bgr(picture.source), people, finder, faces)


def half_of(name: str) -> Half:
    """Say in which half a picture is, by its name without ending."""
    is_even = hashlib.sha256(name.rsplit("/", 1)[-1].encode()).digest()[0] % 2 == 0
    return Half.CHOOSING if is_even else Half.REPORTING


def _seen(name: str, bgr: Picture, people: Boxes, finder: BystanderFinder, faces: Faces) -> Seen:
    began_s = time.perf_counter()
    regions = finder.regions(bgr).all
    seconds = time.perf_counter() - began_s
    mask = np.zeros(bgr.shape[:2], np.float32)
    for x1, y1, x2, y2 in np.concatenate([np.floor(regions[:, :2]), np.ceil(regions[:, 2:])], axis=1).astype(int):
        mask[y1:y2, x1:x2] = 1
    found = faces.find(bgr)
    wide = found[(found[:, 2] - found[:, 0]) >= LARGE_FACE_PX * (1 + 2 * MARGIN_RATIO)]
    heads = [_share(mask, head) >= HIDDEN_RATIO for head in _heads(people)]
    shown = [_share(mask, _inner(face)) >= HIDDEN_RATIO for face in wide]
    hidden = len(heads), sum(heads), len(shown), sum(shown)
    return Seen(name, half_of(name), *hidden, float(mask.mean()), seconds)


def _heads(people: Boxes) -> Boxes:
    widths, heights = people[:, 2] - people[:, 0], people[:, 3] - people[:, 1]
    upright = people[(heights >= LEAST_PX) & (heights >= UPRIGHT_ASPECT * widths)]
    widths, heights = upright[:, 2] - upright[:, 0], upright[:, 3] - upright[:, 1]
    edge = (1 - HEAD_WIDTH_RATIO) / 2 * widths
    sides = [upright[:, 0] + edge, upright[:, 1], upright[:, 2] - edge, upright[:, 1] + HEAD_RATIO * heights]
    return np.stack(sides, axis=1).astype(np.float32)


def _inner(face: Boxes) -> Boxes:
    """Return a face without the margin that its finder adds."""
    margin = MARGIN_RATIO / (1 + 2 * MARGIN_RATIO)
    dx, dy = margin * (face[2] - face[0]), margin * (face[3] - face[1])
    return np.array([face[0] + dx, face[1] + dy, face[2] - dx, face[3] - dy], np.float32)


def _share(mask: np.ndarray[tuple[int, ...], np.dtype[np.float32]], box: Boxes) -> float:
    x1, y1, x2, y2 = (max(0, round(float(side))) for side in box)
    part = mask[y1 : max(y1 + 1, y2), x1 : max(x1 + 1, x2)]
    return float(part.mean()) if part.size else 1.0


def wilson(successes: int, trials: int) -> tuple[float, float] | None:
    """Return the bounds between which the true share lies with 95 percent confidence; None without a trial.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
    """
    if not trials:
        return None
    share, z2 = successes / trials, CONFIDENCE_Z**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    width = CONFIDENCE_Z * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2)) / (1 + z2 / trials)
    return max(0.0, middle - width), min(1.0, middle + width)


def make_report(seen: Sequence[Seen], finder: BystanderFinder, began: Beginning) -> Report:
    """Sum up the pictures, each half on its own; the goals are those of the half that nothing was chosen on."""
    halves = {half: _summed([each for each in seen if each.half is half]) for half in Half}
    summary: dict[str, JsonValue] = {half.value: asdict(summed) for half, summed in halves.items()}
    reported = halves[Half.REPORTING]
    samples: list[dict[str, JsonValue]] = [
        {name: getattr(each, name) for name in Seen.__dataclass_fields__} for each in seen
    ]
    facts = finder.facts
    return Report(
        name="bystanders",
        settings={"model": facts.model, "person_threshold": facts.person_threshold, "pictures": len(seen)},
        definitions={
            "heads_hidden": f"share of heads of labelled upright people from {LEAST_PX} px that are hidden",
            "faces_hidden": f"share of faces from {LARGE_FACE_PX} px, found by YuNet at {FACE_SCORE}, that are hidden",
            "heads_within, faces_within": "between these the true share lies with 95 percent confidence (Wilson)",
            "hidden_share": "share of the picture that is hidden",
            "seconds": "for a picture, looking only, median",
            "choosing, reporting": "the half that thresholds, tiles and margins were chosen on, and the other",
        },
        samples=samples,
        summary=summary,
        goals=(
            at_least("heads_hidden", 0.95, reported.heads_hidden),
            at_least("faces_hidden", 0.95, reported.faces_hidden),
        ),
        notes=(
            "photographs, most of them nearer to people than a street camera is",
            "before there were halves, settings were tried on coco128 and dhaka_street_view as a whole",
            "models trained on COCO, as street-nano's beginning was, may have seen the COCO pictures in training",
        ),
        began=began,
    )


def _summed(seen: Sequence[Seen]) -> Summed:
    heads, heads_hidden = sum(each.heads for each in seen), sum(each.heads_hidden for each in seen)
    faces, faces_hidden = sum(each.faces for each in seen), sum(each.faces_hidden for each in seen)
    shares = [each.hidden_share for each in seen] or [0.0]
    return Summed(
        pictures=len(seen),
        heads=heads,
        heads_hidden=heads_hidden / heads if heads else None,
        heads_within=wilson(heads_hidden, heads),
        faces=faces,
        faces_hidden=faces_hidden / faces if faces else None,
        faces_within=wilson(faces_hidden, faces),
        hidden_share_median=statistics.median(shares),
        hidden_share_mean=statistics.mean(shares),
        seconds=statistics.median([each.seconds for each in seen] or [0.0]),
    )


if __name__ == "__main__":
    sys.exit(app())
