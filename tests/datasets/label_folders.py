"""Small sets for people to correct, as `data label` writes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from datasets.labelled import Labels
from datasets.picture_files import jpeg_of
from datasets.proposals import Proposal, Proposer, write_proposals
from tests.datasets.pictures import labelled, noise
from vision.arrays import SizeWH
from vision.classes import StreetClass

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
PROPOSER = Proposer("yolo26m", "ab" * 32, NOON)
WIDE: SizeWH = (640, 360)

CAR, PERSON, BUS = (100.0, 100.0, 220.0, 180.0), (300.0, 120.0, 340.0, 220.0), (400.0, 60.0, 560.0, 180.0)
"""What is proposed in each picture under the ids 1, 2 and 3: sure, doubtful, and filled in from other frames."""

REGION = (10.0, 300.0, 90.0, 350.0)


def proposal(name: str, size_wh: SizeWH = WIDE) -> Proposal:
    """Return what is proposed for a picture."""
    kinds = [StreetClass.CAR, StreetClass.PERSON, StreetClass.BUS]
    labels = Labels(
        np.array([CAR, PERSON, BUS], np.float32),
        np.array(kinds, np.int64),
        np.array([0.9, 0.4, 0.8], np.float32),
        np.array([11, 12, 13], np.int64),
    )
    picture = labelled(
        name,
        labels=labels,
        complete=frozenset(),
        ignored=np.array([REGION], np.float32),
        size_wh=size_wh,
        source=jpeg_of(noise(sum(name.encode()), size_wh)),
    )
    return Proposal(picture, np.array([False, False, True]), Labels.none())


def put_set(root: Path, name: str = "gate", pictures: Sequence[str] = ("a", "b", "c")) -> Path:
    """Write a set below a folder and return its own."""
    return write_proposals(root / name, [proposal(picture) for picture in pictures], PROPOSER)
