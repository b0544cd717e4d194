"""Measures how many heads and faces in real pictures are hidden in the copies that leave the case desk.

    python -m benchmarks.bystanders [--model CARD] [--json FILE] [--quick]

A head is the top eighth of a person that somebody labelled, its middle three fifths, of people at least 40 px high and
upright; it is hidden if nine tenths of it are. Faces are those that YuNet finds with a score of 0.7 in the same
pictures, without its help when hiding. What is cut, lies or is a crowd is not counted as a head, only as a face.
"""

import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from pydantic import JsonValue
from rich.console import Console

from benchmarks.errors import BenchmarkError, NotPossibleError
from benchmarks.report import CHECKOUT, Beginning, Report, at_least, write_report
from cases.bystander_finder import BystanderFinder
from cases.bystanders import UPRIGHT_ASPECT
from cases.errors import BlurError
from models.errors import ModelError
from models.faces import MARGIN_RATIO, FaceCard, Faces
from pipeline.privacy import open_finder
from pipeline.settings import PrivacySettings, Settings
from vision.arrays import Boxes, Picture

MATERIAL = CHECKOUT.parent / "shared" / "material"
SETS = {"coco128_train": 0, "dhaka_street_view_train": None}
"""Sets in YOLO's form with the row of their class of people; None where `classes.txt` says it."""

LEAST_PX = 40
HEAD_RATIO, HEAD_WIDTH_RATIO = 1 / 8, 0.6
HIDDEN_RATIO = 0.9
FACE_SCORE = 0.7
LARGE_FACE_PX = 16
"""Of smaller faces nobody is recognised: EN 62676-4 asks for 250 px a metre to identify, which makes a face 40 px."""

app = typer.Typer(add_completion=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What was hidden in one picture: heads and faces of how many, and the seconds it took."""

    name: str
    heads: int
    heads_hidden: int
    faces: int
    faces_hidden: int
    hidden_share: float
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
    except (BenchmarkError, ModelError, BlurError) as err:
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
    """
    weights = material / "weights" / "face_detection_yunet_2026may.onnx"
    if not weights.is_file():
        raise NotPossibleError(f"there is no {weights}; name the folder of the material by --material")
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    faces = Faces(FaceCard(name="yunet", file=weights, sha256=sha256, licence="MIT", score_threshold=FACE_SCORE))
    for name, row in SETS.items():
        folder = material / "datasets" / name
        person = row if row is not None else (folder / "classes.txt").read_text().split().index("person")
        for path in sorted((folder / "images").glob("*.jpg"))[:most]:
            bgr = np.asarray(cv2.imread(str(path)), np.uint8)
            labels = folder / "labels" / f"{path.stem}.txt"
            people = _people(labels, person, bgr) if labels.is_file() else np.zeros((0, 4), np.float32)
            yield _seen(f"{name}/{path.stem}", bgr, people, finder, faces)


def _seen(name: str, bgr: Picture, people: Boxes, finder: BystanderFinder, faces: Faces) -> Seen:
    began_s = time.perf_counter()
    regions = finder.regions(bgr).all
    seconds = time.perf_counter() - began_s
    mask = np.zeros(bgr.shape[:2], np.float32)
    for x1, y1, x2, y2 in regions.round().astype(int):
        mask[max(0, y1) : max(0, y2), max(0, x1) : max(0, x2)] = 1
    found = faces.find(bgr)
    wide = found[(found[:, 2] - found[:, 0]) >= LARGE_FACE_PX * (1 + 2 * MARGIN_RATIO)]
    heads = [_share(mask, head) >= HIDDEN_RATIO for head in _heads(people)]
    shown = [_share(mask, _inner(face)) >= HIDDEN_RATIO for face in wide]
    return Seen(name, len(heads), sum(heads), len(shown), sum(shown), float(mask.mean()), seconds)


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


def _people(path: Path, person: int, bgr: Picture) -> Boxes:
    rows = [[float(word) for word in line.split()[:5]] for line in path.read_text().splitlines() if line.strip()]
    height, width = bgr.shape[:2]
    boxes = [
        [(x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height]
        for kind, x, y, w, h in rows
        if int(kind) == person
    ]
    return np.array(boxes, np.float32).reshape(-1, 4)


def make_report(seen: list[Seen], finder: BystanderFinder, began: Beginning) -> Report:
    """Sum up the pictures."""
    heads, faces = sum(each.heads for each in seen), sum(each.faces for each in seen)
    heads_hidden = sum(each.heads_hidden for each in seen) / heads if heads else None
    faces_hidden = sum(each.faces_hidden for each in seen) / faces if faces else None
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
            "hidden_share": "share of the picture that is hidden, median",
            "seconds": "for a picture, looking only, median",
        },
        samples=samples,
        summary={
            "heads": heads,
            "heads_hidden": heads_hidden,
            "faces": faces,
            "faces_hidden": faces_hidden,
            "hidden_share": statistics.median(each.hidden_share for each in seen),
            "seconds": statistics.median(each.seconds for each in seen),
        },
        goals=(at_least("heads_hidden", 0.95, heads_hidden), at_least("faces_hidden", 0.95, faces_hidden)),
        notes=("photographs, most of them nearer to people than a street camera is",),
        began=began,
    )


if __name__ == "__main__":
    sys.exit(app())
