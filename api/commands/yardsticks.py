"""Reads the labelled pictures by which a bench judges a model in other precisions and sizes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir

from api.commands.set_telling import name_of, tell
from datasets.formats import read_set
from datasets.judging import mean_ap50
from datasets.labelled import TRAINED_CLASSES, Domain, LabelledPicture
from datasets.picture_files import read_bgr
from datasets.reading import SetFacts
from datasets.training_set import DRAWING_VERSION, TrainingSetSettings, write_training_set
from models.bench import Judge
from models.model import Model
from vision.frames import Frame, Planes

DRAWN = "drawn"
"""Stands for drawn streets where else a set is named: they need no material."""

DRAWN_PICTURES, DRAWN_SEED = 64, 9
"""Of streets that no training set is drawn from; `datasets.training_set` parts those to judge by from the rest, too."""

AT_ONCE = 4
"""Pictures that are looked at together; more gain nothing and hold memory."""

NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""A picture of a set has none that matters."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    picture: LabelledPicture
    frame: Frame


def judge_by(data: str) -> Judge:
    """Return what judges a model on a set; the pictures are read when they are first needed, and once.

    Args:
        data: folder or file of a set, or `drawn`.

    Raises:
        DatasetError: the set cannot be read.
        ValueError: nothing is marked in it.
    """
    given = () if data == DRAWN else _labelled(data)
    shown: list[_Shown] = []

    def judge(model: Model) -> float:
        if not shown:
            shown.extend(_Shown(picture, _frame(picture)) for picture in given or _drawn())
        looked = []
        for start in range(0, len(shown), AT_ONCE):
            part = shown[start : start + AT_ONCE]
            found = model.detect([one.frame for one in part])
            looked += [(one.picture, detections) for one, detections in zip(part, found, strict=True)]
        return mean_ap50(looked)

    return judge


def _labelled(data: str) -> tuple[LabelledPicture, ...]:
    found = read_set(data, SetFacts(name_of(data)))
    tell(found.findings)
    if not any(len(picture.labels) for picture in found.pictures):
        raise ValueError(f"nothing is marked in {data}, so that no model can be judged by it")
    return found.pictures


def _drawn() -> tuple[LabelledPicture, ...]:
    """Return drawn streets; their files stay among the temporary ones for the next time."""
    folder = Path(gettempdir()) / f"streetwarden-bench-{DRAWING_VERSION}-{DRAWN_SEED}-{DRAWN_PICTURES}"
    write_training_set(folder, TrainingSetSettings(train_pictures=0, val_pictures=DRAWN_PICTURES, seed=DRAWN_SEED))
    facts = SetFacts(DRAWN, "AGPL-3.0-or-later", Domain.DRAWN, complete=frozenset(TRAINED_CLASSES))
    return read_set(str(folder), facts).pictures


def _frame(picture: LabelledPicture) -> Frame:
    return Frame(picture.camera, 0, 0.0, NO_TIME, 0.0, Planes.from_bgr(read_bgr(picture.source)))
