"""Keeps on disk what took minutes to build (places, dwell clocks, reference pictures) for the next start.

One JSON and one `.npz` per camera, each written whole; the JSON names the `.npz` it belongs to, so that a crash between
the two leaves the older pair whole. The JSON also holds the hash of the `.npz`: what a disk damaged is told by that,
not by which of its many errors NumPy's reader meets.
"""

import contextlib
import hashlib
import io
import json
import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.watch import WatchState
from pipeline.whole_files import write_whole

logger = logging.getLogger(__name__)

FORMAT = 2

SMALL = 4096
"""Reference pictures, which have more elements than this, are kept in half precision: an eighth of a grey value."""


class CheckpointFolder:
    """The checkpoints of all cameras in one folder; one thread at a time writes a camera's."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is made if it is not there.

        Raises:
            OSError: the folder cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def save(self, camera_id: str, kept: WatchState) -> None:
        """Write a camera's state; an earlier one stays until this one is whole.

        Raises:
            OSError: the disk is full or read-only.
        """
        old = self._arrays_name(camera_id)
        name = f"{camera_id}.b.npz" if old == f"{camera_id}.a.npz" else f"{camera_id}.a.npz"
        arrays = _packed(kept.arrays)
        write_whole(self._folder / name, arrays)
        sha256 = hashlib.sha256(arrays).hexdigest()
        text = json.dumps({"format": FORMAT, "arrays": name, "sha256": sha256, "state": kept.state}, ensure_ascii=False)
        write_whole(self._folder / f"{camera_id}.json", text.encode())

    def load(self, camera_id: str) -> WatchState | None:
        """Return a camera's kept state, or `None` where there is none or it cannot be read (said in the log)."""
        path = self._folder / f"{camera_id}.json"
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            if kept["format"] != FORMAT:
                raise ValueError(f"format {kept['format']}, this program reads {FORMAT}")
            content = (self._folder / Path(kept["arrays"]).name).read_bytes()
            if hashlib.sha256(content).hexdigest() != kept["sha256"]:
                raise ValueError(f"{kept['arrays']} is not what was written")
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return WatchState(kept["state"], {name: arrays[name] for name in arrays.files})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as err:
            logger.warning("camera %s: checkpoint %s left aside: %s", camera_id, path, err)
            return None

    def remove(self, camera_id: str) -> None:
        """Forget a camera's state; clocks of its places begin anew."""
        for name in (f"{camera_id}.json", f"{camera_id}.a.npz", f"{camera_id}.b.npz"):
            (self._folder / name).unlink(missing_ok=True)

    def _arrays_name(self, camera_id: str) -> str:
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, RecursionError):
            return str(json.loads((self._folder / f"{camera_id}.json").read_text(encoding="utf-8"))["arrays"])
        return ""


def _packed(arrays: Mapping[str, npt.NDArray[np.generic]]) -> bytes:
    """Return arrays as NumPy's `.npz`, packed quickly: `numpy.savez_compressed` took a hundredth of a core a camera."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as pack:
        for name, array in arrays.items():
            is_picture = array.dtype == np.float32 and array.size > SMALL
            with pack.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, array.astype(np.float16) if is_picture else array, allow_pickle=False)
    return file.getvalue()
