"""Makes sure at start that the data folder can be written, so that what is wrong is said before anything runs."""

import tempfile
from pathlib import Path

from cases.disk import way_out
from pipeline.errors import SettingsError


def make_data_folder(folder: Path) -> None:
    """Make the folder where it is not there, and try whether a byte can be written in it.

    Raises:
        SettingsError: it cannot be used; the message names it, what is in the way, and the way out.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x")
            probe.flush()
    except OSError as err:
        raise SettingsError(
            f'the data folder {folder} cannot be used: {way_out(err)}, or name another folder by data = "..." '
            "in the settings file"
        ) from None
