"""Turns recordings of observations into labels of a clip and back.

A recording holds what a model saw at each look; with the clip that it was made from, its looks are labelled pictures
for a person to correct. The other way round, the labels of a clip become a recording that the rules can be replayed
on without a model. A recording has no track ids, no regions and no complete classes; the rest comes back bit for bit.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from cases.disk import Disk
from datasets.errors import LabelFileError
from datasets.findings import LabelledSet, finished_set
from datasets.labelled import NO_CLASS, ClipMoment, LabelledPicture, Labels
from datasets.picture_files import clip_size
from datasets.reading import SetFacts
from datasets.set_folder import appearing_whole
from streams.recorded import UNKNOWN_START
from vision.arrays import SizeWH
from vision.detections import Detections
from vision.errors import RecordingError
from vision.observations import Observation
from vision.recording import ObservationWriter, read_observations


def read_recording(path: Path, clip: Path, facts: SetFacts, *, clip_begins_t_s: float = 0.0) -> LabelledSet:
    """Read the looks of a recording as labelled pictures of a clip; moments without a look are left away.

    Where the model looked at a smaller stream than the clip's, boxes are enlarged.

    Args:
        path: the recording.
        clip: the film.
        facts: what the recording does not say. A model marked it, so no class is complete unless the facts say so.
        clip_begins_t_s: stream time of the clip's first frame.

    Raises:
        LabelFileError: the recording cannot be read or is damaged.
        PictureError: the clip cannot be read.
        SetEmptyError: no model looked.
    """
    size_wh = clip_size(clip)
    try:
        looks = [look for look in read_observations(path) if look.looked]
    except RecordingError as err:
        raise LabelFileError(str(err)) from None
    pictures = []
    for look in looks:
        t_s = look.t_s - clip_begins_t_s
        found = look.detections
        boxes = found.boxes if look.size_wh == size_wh else found.boxes * _enlarging(look.size_wh, size_wh)
        pictures.append(
            LabelledPicture(
                name=f"{clip.stem}-{t_s:09.3f}",
                source=ClipMoment(clip, t_s),
                size_wh=size_wh,
                camera=f"{facts.name}/{look.camera_id}",
                labels=Labels(boxes, found.class_ids, found.scores),
                complete=facts.complete or NO_CLASS,
                origin=facts.origin,
            )
        )
    return finished_set(facts.name, pictures, [])


def observations_of(
    pictures: Sequence[LabelledPicture], *, begins_at: datetime = UNKNOWN_START
) -> Iterator[Observation]:
    """Yield the labels of a clip as observations, in the order of time.

    Args:
        pictures: moments of one clip.
        begins_at: wall time of the clip's first frame, aware.

    Raises:
        ValueError: a picture is no moment of a clip, or they are of several cameras.
    """
    cameras = {picture.camera for picture in pictures}
    if len(cameras) > 1:
        raise ValueError(f"a recording is of one camera, not of {', '.join(sorted(cameras))}")
    for picture in sorted(pictures, key=_moment_s):
        t_s, labels = _moment_s(picture), picture.labels
        yield Observation(
            camera_id=picture.camera,
            t_s=t_s,
            captured_at=begins_at + timedelta(seconds=t_s),
            size_wh=picture.size_wh,
            detections=Detections(labels.boxes, labels.scores, labels.class_ids),
        )


def write_recording(
    path: Path,
    pictures: Sequence[LabelledPicture],
    *,
    begins_at: datetime = UNKNOWN_START,
    disk: Disk | None = None,
) -> Path:
    """Write the labels of a clip as a recording and return its path; an older file is replaced once this is whole.

    Raises:
        ValueError: see `observations_of`.
        SetWriteError: the disk refuses; nothing was kept.
    """
    with appearing_whole(path, disk=disk) as part, ObservationWriter(part) as writer:
        for observation in observations_of(pictures, begins_at=begins_at):
            writer.write(observation)
    return path


def _moment_s(picture: LabelledPicture) -> float:
    if not isinstance(picture.source, ClipMoment):
        raise ValueError(f"picture {picture.name} is no moment of a clip; a recording has times")
    return picture.source.t_s


def _enlarging(from_wh: SizeWH, to_wh: SizeWH) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return np.array([to_wh[0] / from_wh[0], to_wh[1] / from_wh[1]] * 2, np.float32)
