"""Makes sure at start that the data folder can be written, so that what is wrong is said before anything runs."""

import os
import tempfile
from pathlib import Path

from cases.disk import Disk, way_out
from pipeline.errors import SettingsError

_ANOTHER = 'name another folder by data = "..." in the settings file'


def check_data_folder(folder: Path) -> None:
    """Look whether the folder could be used, without making or writing anything.

    Raises:
        SettingsError: it could not; the message names what is in the way.
    """
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise SettingsError(f"the data folder {folder} cannot be used: {there} is a file; {_ANOTHER}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise SettingsError(
            f"the data folder {folder} cannot be used: this account may not write in {there}; {_ANOTHER}"
        )


def make_data_folder(folder: Path) -> None:
    """Make the folder where it is not there, and try whether a byte can be written in it.

    Raises:
        SettingsError: it cannot be used; the message names it, what is in the way, and the way out.
    """
    try:
        Disk().make_folder(folder.absolute())
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as err:
        raise SettingsError(f"the data folder {folder} cannot be used: {way_out(err)}, or {_ANOTHER}") from None
