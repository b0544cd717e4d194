"""Reads the labelled pictures by which a bench judges a model in other precisions and sizes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir

import numpy as np

from api.commands.set_telling import name_of, say, tell
from datasets.formats import read_set
from datasets.judging import Looked, mean_ap50
from datasets.labelled import TRAINED_CLASSES, Domain, LabelledPicture
from datasets.picture_files import read_bgr
from datasets.reading import SetFacts
from datasets.training_set import DRAWING_VERSION, TrainingSetSettings, write_training_set
from datasets.yolo_folder import contents
from models.bench import Judge
from models.model import Model
from vision.frames import Frame, Planes

DRAWN = "drawn"
"""Stands for drawn streets where else a set is named: they need no material."""

DRAWN_PICTURES, DRAWN_SEED = 64, 9
"""Of streets that no training set is drawn from; `datasets.training_set` parts those to judge by from the rest, too."""

AT_ONCE = 4
"""Pictures that are looked at together; more gain nothing and hold memory."""

MOST_PICTURES = 400
"""Of a set. A model is judged up to five times: twice for a precision below single, thrice for input sizes."""

NO_TIME = datetime(2026, 1, 1, tzinfo=UTC)
"""A picture of a set has none that matters."""


def judge_by(data: str) -> Judge:
    """Return what judges a model on a set, or on a part of it spread evenly over a large one.

    Pictures are decoded a few at a time, and for every model anew: a set as a whole may not fit into memory.

    Args:
        data: folder or file of a set, or `drawn`.

    Raises:
        DatasetError: the set cannot be read.
        ValueError: nothing of a known class is marked in it.
    """
    given = () if data == DRAWN else _labelled(data)
    pictures: list[LabelledPicture] = []

    def judge(model: Model) -> float:
        if not pictures:  # moments of a film become JPEG bytes, so that the film is read once
            pictures.extend(replace(picture, source=source) for picture, source in contents(given or _drawn()))
        looked: list[Looked] = []
        for start in range(0, len(pictures), AT_ONCE):
            part = pictures[start : start + AT_ONCE]
            looked += zip(part, model.detect([_frame(picture) for picture in part]), strict=True)
        return mean_ap50(looked)

    return judge


def _labelled(data: str) -> Sequence[LabelledPicture]:
    found = read_set(data, SetFacts(name_of(data)))
    tell(found.findings)
    if not any(_is_marked(picture) for picture in found.pictures):
        raise ValueError(f"nothing is marked in {data} whose class is known, so that no model can be judged by it")
    if len(found.pictures) <= MOST_PICTURES:
        return found.pictures
    say(f"judged by {MOST_PICTURES} of the {len(found.pictures)} pictures of {data}, spread evenly over it")
    return _spread(found.pictures)


def _spread(pictures: Sequence[LabelledPicture]) -> list[LabelledPicture]:
    """Return `MOST_PICTURES` of them, as many of those in which something is marked as is their share."""
    marked_first = sorted(pictures, key=lambda picture: not _is_marked(picture))
    return [marked_first[row] for row in np.linspace(0, len(pictures) - 1, MOST_PICTURES).astype(int)]


def _is_marked(picture: LabelledPicture) -> bool:
    return bool(np.isin(picture.labels.class_ids, TRAINED_CLASSES).any())


def _drawn() -> tuple[LabelledPicture, ...]:
    """Return drawn streets; their files stay among the temporary ones for the next time."""
    folder = Path(gettempdir()) / f"streetwarden-bench-{DRAWING_VERSION}-{DRAWN_SEED}-{DRAWN_PICTURES}"
    write_training_set(folder, TrainingSetSettings(train_pictures=0, val_pictures=DRAWN_PICTURES, seed=DRAWN_SEED))
    facts = SetFacts(DRAWN, "AGPL-3.0-or-later", Domain.DRAWN, complete=frozenset(TRAINED_CLASSES))
    return read_set(str(folder), facts).pictures


def _frame(picture: LabelledPicture) -> Frame:
    return Frame(picture.camera, 0, 0.0, NO_TIME, 0.0, Planes.from_bgr(read_bgr(picture.source)))
