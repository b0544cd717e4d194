"""Keeps beside a set what label files have no room for: each picture's camera, origin, complete classes, dead regions.

`pictures.json` lies in the folder of every set that we write, so that a set can be split again, masked rightly and
answered for after it was converted.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from datasets.errors import LabelFileError
from datasets.labelled import Domain, LabelledPicture, Origin
from vision.classes import StreetClass
from vision.wording import sentence_of

NOTES_NAME = "pictures.json"


class PictureNote(BaseModel):
    """What is known of one picture; fields as in `LabelledPicture`, classes by label."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    camera: str
    set_name: str
    licence: str
    domain: Domain
    complete: tuple[str, ...]
    ignored: tuple[tuple[float, float, float, float], ...] = ()

    @classmethod
    def of(cls, picture: LabelledPicture) -> "PictureNote":
        """Return what has to be kept of a picture."""
        origin = picture.origin
        return cls(
            camera=picture.camera,
            set_name=origin.set_name,
            licence=origin.licence,
            domain=origin.domain,
            complete=tuple(kind.label for kind in sorted(picture.complete)),
            ignored=tuple((x1, y1, x2, y2) for x1, y1, x2, y2 in picture.ignored.tolist()),
        )


class PictureNotes(BaseModel):
    """The file: a note for each picture by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal["streetwarden-pictures"] = "streetwarden-pictures"
    version: Literal[1] = 1
    pictures: dict[str, PictureNote] = {}

    def applied(self, picture: LabelledPicture) -> LabelledPicture:
        """Return a picture with what is noted of it; one without a note as it is."""
        note = self.pictures.get(picture.name)
        if note is None:
            return picture
        return replace(
            picture,
            camera=note.camera,
            origin=Origin(note.set_name, note.licence, note.domain),
            complete=frozenset(kind for kind in StreetClass if kind.label in note.complete),
            ignored=np.array(note.ignored, np.float32).reshape(-1, 4),
        )


def notes_bytes(notes: Mapping[str, PictureNote]) -> bytes:
    """Return the file of notes by the names of their pictures."""
    return PictureNotes(pictures=dict(notes)).model_dump_json(indent=1).encode()


def read_notes(folder: Path) -> PictureNotes:
    """Read the notes of a set; without the file there are none.

    Raises:
        LabelFileError: the file is there and is none of ours.
    """
    path = folder / NOTES_NAME
    try:
        return PictureNotes.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return PictureNotes()
    except OSError as err:
        raise LabelFileError(f"{path} cannot be read: {err.strerror}") from None
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(step) for step in first["loc"])
        raise LabelFileError(f"{path}: {where}: {sentence_of(first)}") from None
