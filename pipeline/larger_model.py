"""Asks a larger model about a new case: is there a thing of its kind where the box is, at full resolution?

The model that looks at the street sees whole pictures made small. This one sees the part around the box as it was
taken. It confirms what it finds, and doubts where it finds nothing of the kind in any picture of the opening. Paper on
walls is no thing that such a model knows, so flyers are not asked about.

Belongs here: what is asked, and what follows from the boxes. Does not: models and engines (models).
"""

import os
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import numpy as np

from cases.examining import Examination, Verdict
from models.cards import load_card
from models.choice import FALLBACK, choose_engine
from models.class_names import class_rows
from models.errors import ModelError
from models.model import Model
from pipeline.closing_street import classes_like, overlapping, region_around
from pipeline.examiners import ExaminerError, OpeningPicture, Subject
from vision.boxes import covered_ratio
from vision.classes import StreetClass
from vision.closer_look import Look
from vision.detections import Detections
from vision.frames import Frame, Planes

LARGER_MODEL = "model"

NICENESS = 10
"""Priority of the thread that runs it: the one that looks at the street goes first wherever both want the processor."""

ONE_THING = "parking"
"""The kind whose cases are about one thing. All others may be about several, and the box is around all of them."""

WITHIN_RATIO = 0.6
"""A thing is one of several where so much of it lies in the box: no single one covers that as the box itself does."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Finds(Protocol):
    """What finds things: `models.model.Model`, or a fake."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        """Return what stands in each frame, pixels of the frame."""
        ...


class LargerModel:
    """The examiner; `examine` is called on its one thread."""

    name = LARGER_MODEL
    judges = True

    def __init__(self, looker: Finds, card_name: str, knows: frozenset[int]) -> None:
        """Take over an opened model.

        Args:
            looker: the model.
            card_name: what it is called.
            knows: values of `StreetClass` that it can find.
        """
        self._looker, self._card_name, self._knows = looker, card_name, knows
        self._yielding: int | None = None

    def examines(self, kind: str) -> bool:
        """Return whether offences of a kind are about things that models know."""
        return kind != "flyers"

    def examine(self, subject: Subject) -> Examination:
        """Look at the place in every picture of the opening.

        Raises:
            ExaminerError: the model failed.
        """
        self._yield_to_others()
        label = subject.case.class_label
        wanted = classes_like(label) & self._knows
        if label not in {StreetClass(known).label for known in wanted}:  # what it cannot find it cannot miss
            return Examination(LARGER_MODEL, Verdict.UNSURE, "class_unknown", asked=self._card_name)
        try:
            is_one = subject.event.kind == ONE_THING
            best = max(self._score(picture, wanted, is_one=is_one) for picture in subject.pictures)
        except ModelError as err:
            raise ExaminerError("model_failed", f"model {self._card_name!r}: {err}") from err
        verdict, reason = (Verdict.CONFIRMS, "found") if best > 0 else (Verdict.DOUBTS, "not_found")
        return Examination(LARGER_MODEL, verdict, reason, best if best > 0 else None, asked=self._card_name)

    def _score(self, picture: OpeningPicture, wanted: frozenset[int], *, is_one: bool) -> float:
        """Return the best score of a thing of some classes at the box, looked for at full size; 0 for none."""
        height, width = picture.bgr.shape[:2]
        x1, y1, x2, y2 = (round(side) for side in region_around(picture.box, (width, height)))
        part = np.ascontiguousarray(picture.bgr[y1 : y2 // 2 * 2, x1 : x2 // 2 * 2])
        (seen,) = self._looker.detect([Frame("", 0, 0.0, _EPOCH, 0.0, Planes.from_bgr(part))])
        moved = seen.boxes + np.array([x1, y1, x1, y1], np.float32)
        is_there = overlapping(moved, picture.box)
        if not is_one:
            within = covered_ratio(moved.astype(np.float32), np.array([picture.box], np.float32))[:, 0]
            is_there |= within >= WITHIN_RATIO
        is_it = is_there & np.isin(seen.class_ids, list(wanted))
        return float(seen.scores[is_it].max(initial=0.0))

    def _yield_to_others(self) -> None:
        """Lower the priority of the examiner's thread once, where the system lets a thread have its own (Linux)."""
        thread = threading.get_native_id()
        if (
            sys.platform == "linux"
            and self._yielding is None
            and threading.current_thread() is not threading.main_thread()
        ):
            os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
        self._yielding = thread


def open_larger_model(card_path: Path, cache_dir: Path) -> LargerModel:
    """Open the model of a card.

    The engine that runs everywhere needs no measurement at the start, and nobody waits for the last millisecond here.

    Raises:
        ModelError: card, weights, outputs or engine are wrong.
    """
    card = load_card(card_path)
    chosen = choose_engine(card, cache_dir, wanted="auto" if card.file.suffix == ".pt" else FALLBACK)
    known = class_rows(card.class_names, card.class_map).tolist()
    return LargerModel(Model(chosen.card, chosen.engine), card.name, frozenset(set(known) & set(map(int, StreetClass))))
