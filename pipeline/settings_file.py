"""Changes a key of the settings file in place: comments and order stay, and a crash leaves the old file or the new."""

import os
import stat
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from pipeline.errors import SettingsError
from pipeline.settings import parsed_settings


def switch_model(path: Path, card: Path | None) -> None:
    """Write which model card the settings file names.

    Args:
        path: the settings file; a link stays one.
        card: absolute; written relative to the file's folder where it lies below that. None takes the key out, for
            the bundled model.

    Raises:
        SettingsError: the file cannot be read or written, or is of a form that cannot be changed; it stays as it was.
    """
    path = path.absolute()
    by_hand = f"write it by hand: [model] card = {str(card)!r}" if card else "take card out of [model] by hand"
    try:
        document = tomlkit.parse(path.read_bytes().decode())
        model = document.setdefault("model", tomlkit.table())
        if card is None:
            model.pop("card", None)
        else:
            model["card"] = str(card.relative_to(path.parent) if card.is_relative_to(path.parent) else card)
        text = tomlkit.dumps(document)
        if parsed_settings(text, path).model.card != card:
            raise SettingsError(f"settings file {path} cannot be changed; {by_hand}")
        _replace(Path(os.path.realpath(path)), text.encode())
    except (TOMLKitError, UnicodeDecodeError, AttributeError):
        raise SettingsError(f"settings file {path} cannot be changed; {by_hand}") from None
    except OSError as err:
        raise SettingsError(f"settings file {path} cannot be written: {err.strerror}; {by_hand}") from None


def _replace(path: Path, content: bytes) -> None:
    """Put a file in place of an older one, with its owner and permissions: the service may run as another account."""
    older = path.stat()
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), stat.S_IMODE(older.st_mode))
            if (older.st_uid, older.st_gid) != (os.geteuid(), os.getegid()):
                os.fchown(file.fileno(), older.st_uid, older.st_gid)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
