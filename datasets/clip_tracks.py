"""Reads the tracks that people marked in a clip, as they lie beside the material's films (`X.tracks.json`)."""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from datasets.box_checks import checked_boxes
from datasets.class_map import class_ids_of
from datasets.errors import LabelFileError
from datasets.findings import Finding, LabelledSet, finished_set
from datasets.labelled import NO_CLASS, ClipMoment, LabelledPicture, Labels
from datasets.reading import SetFacts
from vision.wording import sentence_of

STEP = 5
"""Every fifth frame is marked; what stands between are single tracks' first and last boxes."""

BoxRow = tuple[float, float, float, float]


class MarkedTrack(BaseModel):
    """One thing over time; a frame is number, box, and whether it is parked, stopped, hidden in part."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: int
    type: str
    frames: tuple[tuple[Annotated[int, Field(ge=0)], BoxRow, int, int, int], ...]


class ClipTracks(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    fps: Annotated[float, Field(gt=0)]
    frame_size: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]]
    tracks: tuple[MarkedTrack, ...]


def read_clip_tracks(path: Path, clip: Path, facts: SetFacts) -> LabelledSet:
    """Read the marked frames of a clip; one camera.

    Args:
        path: the tracks.
        clip: the film, of a constant frame rate.
        facts: what the file does not say; no class is complete unless the facts say so.

    Raises:
        LabelFileError: the file is not what it should be.
        UnknownClassError: a class has no meaning.
    """
    try:
        marked = ClipTracks.model_validate_json(path.read_bytes())
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors()[0]
        raise LabelFileError(f"{path}: {'.'.join(str(s) for s in first['loc'])}: {sentence_of(first)}") from None
    class_ids = class_ids_of([track.type for track in marked.tracks], facts.class_map, str(path))
    rows: dict[int, list[tuple[BoxRow, int, int]]] = {}
    for track, class_id in zip(marked.tracks, class_ids.tolist(), strict=True):
        for number, box, *_ in track.frames:
            if number % STEP == 0:
                rows.setdefault(number, []).append((box, class_id, track.id + 1))
    findings: list[Finding] = []
    pictures = []
    for number in sorted(rows):
        name = f"{clip.stem}-{number:06d}"
        boxes, ids, objects = (np.array(column) for column in zip(*rows[number], strict=True))
        inside, is_usable, wrong = checked_boxes(boxes.astype(np.float64), marked.frame_size, name)
        findings.extend(wrong)
        labels = Labels(inside, ids.astype(np.int64), object_ids=objects.astype(np.int64))[is_usable]
        source = ClipMoment(clip, number / marked.fps)
        camera = f"{facts.name}/{clip.stem}"
        complete = facts.complete or NO_CLASS
        pictures.append(LabelledPicture(name, source, marked.frame_size, camera, labels, complete, facts.origin))
    return finished_set(facts.name, pictures, findings)
