"""Writes observations to a compact file and reads them back bit for bit.

The file is gzip of JSON lines: a header that names the format, then one observation a line. Boxes and scores are
float32 and written as the shortest decimals that give the same double back, so that nothing is lost. The writer flushes
every few observations: after a power cut the whole lines are readable, and the reader says that the rest is missing.
A recording that begins in the middle of things holds in its header what was known at that moment; what that is, is the
business of who replays it (pipeline.recorded_start).
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from pydantic import JsonValue, TypeAdapter, ValidationError

from vision.cells import GRID_WH
from vision.detections import Detections
from vision.errors import RecordingError, TruncatedRecordingError
from vision.observations import Dated, Observation, Proofs, SurfaceLook, ViewState

FORMAT = "streetwarden-observations"
VERSION = 2
"""Version 1 had no start in its header; it is read as a recording that begins with nothing known."""

FLUSH_EVERY = 32
"""Observations between flushes: half a minute at one look a second may be lost, and flushing each doubles the size."""


GZIP_BEGINS = b"\x1f\x8b"


class ObservationWriter:
    """Writes one recording; a context manager. One thread at a time.

    Args:
        path: of the file; an older one of that name is lost.
        start: what is known before the first observation; None where that is nothing.

    Raises:
        OSError: the file cannot be written.
    """

    def __init__(self, path: Path, start: JsonValue = None) -> None:
        self.path = path
        self._file = gzip.open(path, "wt", encoding="utf-8", compresslevel=6)  # noqa: SIM115 (closed by close)
        self._count = 0
        self._line({"format": FORMAT, "version": VERSION, "start": start})
        self._file.flush()

    def write(self, observation: Observation) -> None:
        """Add one observation."""
        self._line(_as_json(observation))
        self._count += 1
        if self._count % FLUSH_EVERY == 0:
            self._file.flush()

    def sync(self) -> None:
        """Force all that was added so far to the medium."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Finish the file; writing afterwards is an error."""
        self._file.close()

    def __enter__(self) -> "ObservationWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _line(self, record: dict[str, Any]) -> None:
        self._file.write(json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n")


def is_recording(path: Path) -> bool:
    """Tell whether a file looks like a recording, and not like a film: by its first bytes, which are those of gzip."""
    try:
        with path.open("rb") as file:
            return file.read(2) == GZIP_BEGINS
    except OSError:
        return False


def read_start(path: Path) -> JsonValue:
    """Return what was known before the first observation, as it was given to the writer; None for nothing.

    Raises:
        TruncatedRecordingError: it ends before the first observation.
        RecordingError: it cannot be opened, or is no recording.
    """
    with _reading(path, [0]), gzip.open(path, "rt", encoding="utf-8") as file:
        return _header(path, file)


def read_observations(path: Path) -> Iterator[Observation]:
    """Yield the observations of a recording in order.

    Raises:
        TruncatedRecordingError: it ends in the middle; all whole observations have been yielded.
        RecordingError: it cannot be opened, is no recording, or is damaged at some line.
    """
    read = [0]
    with _reading(path, read), gzip.open(path, "rt", encoding="utf-8") as file:
        _header(path, file)
        for read[0], line in enumerate(file, start=1):
            if not line.endswith("\n"):
                raise EOFError
            yield _parsed(path, read[0], line)


@contextmanager
def _reading(path: Path, read: list[int]) -> Iterator[None]:
    """Turn what can go wrong with a file into our errors; `read[0]` is the number of the line that is being read."""
    try:
        yield
    except gzip.BadGzipFile:
        raise RecordingError(f"{path} is no recording of observations; it is not compressed by us") from None
    except (EOFError, zlib.error):
        raise TruncatedRecordingError(
            f"recording {path} ends in the middle after {read[0]} observations; what is whole was read"
        ) from None
    except OSError as err:
        raise RecordingError(f"recording {path} cannot be read: {err.strerror or err}") from None
    except UnicodeDecodeError:
        raise RecordingError(f"{path} is no recording of observations; it holds no text") from None


def _header(path: Path, file: IO[str]) -> JsonValue:
    try:
        header = json.loads(file.readline())
    except (json.JSONDecodeError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise RecordingError(f"{path} is no recording of observations")
    version = header.get("version")
    if version not in range(1, VERSION + 1):
        raise RecordingError(f"recording {path} has version {version}; this program reads up to {VERSION}: update it")
    start: JsonValue = header.get("start")
    return start


def _as_json(observation: Observation) -> dict[str, Any]:
    found, proofs = observation.detections, observation.proofs
    return {
        "camera_id": observation.camera_id,
        "t_s": observation.t_s,
        "captured_at": observation.captured_at.isoformat(),
        "size_wh": observation.size_wh,
        "gap_s": observation.gap_s,
        "view": observation.view.value,
        "looked": observation.looked,
        "boxes": found.boxes.tolist(),
        "scores": found.scores.tolist(),
        "class_ids": found.class_ids.tolist(),
        "likeness": found.likeness.tolist(),
        "still_s": found.still_s.tolist(),
        "place_ids": proofs.place_ids.tolist(),
        "similarities": proofs.similarities.tolist(),
        "surfaces": _SURFACES.dump_python(observation.surfaces, mode="json"),
        "dated": [[dated.subject, dated.t_s] for dated in observation.dated],
        "unclear": observation.unclear,
    }


def _parsed(path: Path, number: int, line: str) -> Observation:
    try:
        with np.errstate(over="raise", invalid="raise"):  # a number too large for its array is damage
            return _observation(json.loads(line))
    except (ValueError, KeyError, TypeError, ArithmeticError, RecursionError, ValidationError) as err:
        reason = type(err).__name__ if isinstance(err, ValidationError) else str(err)
        raise RecordingError(f"recording {path} is damaged at observation {number}: {reason}") from None


def _observation(row: dict[str, Any]) -> Observation:
    boxes = np.array(row["boxes"], np.float32).reshape(-1, 4)
    found = Detections(
        boxes,
        np.array(row["scores"], np.float32),
        np.array(row["class_ids"], np.int64),
        np.array(row.get("likeness", [1.0] * len(boxes)), np.float32),
        np.array(row.get("still_s", [0.0] * len(boxes)), np.float32),
    )
    width, height = row["size_wh"]
    return Observation(
        camera_id=str(row["camera_id"]),
        t_s=float(row["t_s"]),
        captured_at=datetime.fromisoformat(row["captured_at"]),
        size_wh=(int(width), int(height)),
        gap_s=float(row["gap_s"]),
        view=ViewState(row["view"]),
        looked=bool(row["looked"]),
        detections=found,
        proofs=Proofs(np.array(row["place_ids"], np.int64), np.array(row["similarities"], np.float32)),
        surfaces=_SURFACES.validate_python(row["surfaces"]),
        dated=tuple(Dated(subject, t_s) for subject, t_s in row.get("dated", ())),
        unclear=_cells(row.get("unclear", ())),
    )


def _cells(numbers: Iterable[int]) -> tuple[int, ...]:
    cells = tuple(int(number) for number in numbers)
    if any(not 0 <= cell < GRID_WH[0] * GRID_WH[1] for cell in cells):
        raise ValueError(f"a view has {GRID_WH[0] * GRID_WH[1]} cells")
    return cells


_SURFACES = TypeAdapter(tuple[SurfaceLook, ...])
