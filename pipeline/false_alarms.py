"""Remembers, per camera, what operators called false, and doubts what looks like it at the same place.

Of each such case the shape and colour of its crop are kept, with the box, in one file per camera; the oldest go first.
A person who reopens the case takes it back. What a person let go for another reason, such as a permit, is no false
alarm and is not kept. It is compared where it stood, so that what else comes to that place is not taken for it.

Belongs here: what is kept, and what follows from it. Does not: how crops are compared (vision.appearance).
"""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from cases.deeds import Order
from cases.disk import way_out
from cases.evidence import EvidenceStore
from cases.examining import Examination, Fact, Verdict
from cases.records import Case
from cases.states import Action
from pipeline.examiners import Box, ExaminerError, OpeningPicture, Subject, opening_pictures
from pipeline.whole_files import write_whole
from vision.appearance import CELLS, DIRECTIONS, MOST_OF_A_CELL, Appearance, Resemblance, appearance_of, resemblance
from vision.boxes import iou_matrix

logger = logging.getLogger(__name__)

MEMORY = "memory"

TRUE_ALARMS = frozenset({"permitted", "waiting", "duplicate"})
"""Reasons of `api/web/order.js` for which an alarm that showed the truth is let go: the next taxi that waits at the
place looks like the last one, and must not be held back for it."""

SAME_PLACE = 0.4
"""IoU from which two boxes are of one place."""

_LEVELS = 255


class _Kept(BaseModel):
    """One false alarm, as it lies in the file of its camera."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case_id: str
    number: str
    kind: str
    zone_id: str
    class_label: str
    called_false_at: AwareDatetime
    box: Box = Field(description="fractions of width and height")
    edges: tuple[int, ...] = Field(min_length=DIRECTIONS * CELLS**2, max_length=DIRECTIONS * CELLS**2)
    colour: tuple[float, float, float]

    @property
    def appearance(self) -> Appearance:
        """What it looked like."""
        edges = np.array(self.edges, np.float32) * np.float32(MOST_OF_A_CELL / _LEVELS)
        return Appearance(edges.reshape(DIRECTIONS, CELLS, CELLS), np.array(self.colour, np.float32))


_FILE: TypeAdapter[tuple[_Kept, ...]] = TypeAdapter(tuple[_Kept, ...])


class FalseAlarms:
    """The false alarms of all cameras, as an examiner; `learn` and `examine` are called on its one thread."""

    name = MEMORY
    judges = True

    def __init__(self, folder: Path, evidence: EvidenceStore, most: int) -> None:
        """Keep files in `folder`, which is made.

        Args:
            folder: one JSON file per camera.
            evidence: where the pictures of cases are; only read.
            most: so many are kept per camera.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._evidence, self._most = folder, evidence, most

    def examines(self, kind: str) -> bool:
        """Return True: offences of all kinds may be false."""
        return True

    def examine(self, subject: Subject) -> Examination | None:
        """Doubt what looks like a false alarm of the same kind at the same place; say nothing where there was none."""
        case, picture = subject.case, subject.pictures[-1]
        found = [(resembling, kept) for kept, resembling in self._resembling(case, picture) if resembling is not None]
        if not found:
            return None
        best, kept = max(found, key=lambda pair: (pair[0].is_same, pair[0].shape))
        facts = (
            Fact("case", kept.number),
            Fact("called_false_at", kept.called_false_at.isoformat(timespec="seconds")),
            Fact("paint", f"{best.paint:.2f}"),
        )
        if not best.is_same:
            return Examination(MEMORY, Verdict.UNSURE, "other_than_false", best.shape, facts=facts)
        return Examination(MEMORY, Verdict.DOUBTS, "like_false", best.shape, facts=facts)

    def learn(self, case: Case, order: Order) -> None:
        """Keep what a person called false, and forget it when he takes that back.

        Raises:
            ExaminerError: the case has no picture any more.
            OSError: it cannot be kept.
        """
        if order.action is Action.REOPEN:
            self._change(case, ())
        elif order.action is Action.DISMISS and order.reason not in TRUE_ALARMS:
            kept = _kept_of(case, opening_pictures(self._evidence, case)[-1])
            if kept is None:
                logger.info("case %s: too small or too plain to be remembered as false", case.number)
                return
            self._change(case, (kept,))
            logger.info("case %s: remembered as false at camera %s", case.number, case.camera_id)

    def forget(self, camera_id: str) -> None:
        """Drop what was called false at a camera that was removed: another one of its id looks elsewhere.

        Raises:
            OSError: its file cannot be removed.
        """
        self._path(camera_id).unlink(missing_ok=True)

    def _resembling(self, case: Case, picture: OpeningPicture) -> Iterator[tuple[_Kept, Resemblance | None]]:
        for kept in self._read(case.camera_id):
            box = _in_pixels(kept.box, picture)
            if kept.kind == case.kind and kept.case_id != case.case_id and _iou(box, picture.box) >= SAME_PLACE:
                yield kept, resemblance(kept.appearance, picture.bgr, box)

    def _change(self, case: Case, added: tuple[_Kept, ...]) -> None:
        before = self._read(case.camera_id)
        others = tuple(kept for kept in before if kept.case_id != case.case_id)
        if added or others != before:
            write_whole(self._path(case.camera_id), _FILE.dump_json((*others, *added)[-self._most :]))

    def _read(self, camera_id: str) -> tuple[_Kept, ...]:
        path = self._path(camera_id)
        try:
            return _FILE.validate_json(path.read_bytes())
        except FileNotFoundError:
            return ()
        except OSError as err:
            raise ExaminerError("memory_lost", f"{path} cannot be read: {way_out(err)}") from err
        except ValidationError:
            raise ExaminerError("memory_lost", f"{path} is damaged; remove it and it begins anew") from None

    def _path(self, camera_id: str) -> Path:
        return self._folder / f"{camera_id}.json"


def _kept_of(case: Case, picture: OpeningPicture) -> _Kept | None:
    looks = appearance_of(picture.bgr, picture.box)
    if looks is None:
        return None
    height, width = picture.bgr.shape[:2]
    x1, y1, x2, y2 = picture.box
    blue, green, red = looks.colour.tolist()
    return _Kept(
        case_id=case.case_id,
        number=case.number,
        kind=case.kind,
        zone_id=case.zone_id,
        class_label=case.class_label,
        called_false_at=datetime.now(UTC),
        box=(x1 / width, y1 / height, x2 / width, y2 / height),
        edges=tuple(np.rint(looks.edges.ravel() * (_LEVELS / MOST_OF_A_CELL)).astype(int).tolist()),
        colour=(blue, green, red),
    )


def _in_pixels(box: Box, picture: OpeningPicture) -> Box:
    height, width = picture.bgr.shape[:2]
    return box[0] * width, box[1] * height, box[2] * width, box[3] * height


def _iou(a: Box, b: Box) -> float:
    return float(iou_matrix(np.array([a], np.float32), np.array([b], np.float32))[0, 0])
