"""Opens an installation's database, evidence and keys: for the service, and for commands that run beside it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.engine import URL

from cases.database import Database, open_database, parsed_url, sqlite_url
from cases.evidence import EvidenceStore
from cases.people import People
from cases.store import CaseStore
from pipeline.data_folder import make_data_folder
from pipeline.errors import SettingsError
from pipeline.settings import Settings


def database_of(settings: Settings) -> Database:
    """Open the database that the settings name, or else the SQLite file in the data folder.

    Raises:
        DatabaseError: it cannot be opened or brought up to date.
    """
    return open_database(database_url(settings))


def database_url(settings: Settings) -> URL:
    """Return the URL of the database that the settings name, or else of the SQLite file in the data folder.

    Raises:
        DatabaseUnusableError: the settings name none that can be read.
    """
    return parsed_url(settings.database_url) if settings.database_url else sqlite_url(_sqlite_file(settings))


def keys_folder(settings: Settings) -> Path:
    """Return the folder of the key that signs evidence.

    Raises:
        SettingsError: it would lie in the data folder, or there is no home folder to put it into.
    """
    folder = settings.evidence.keys or _default_keys_folder()
    if folder.resolve().is_relative_to(settings.data.resolve()):
        raise SettingsError(
            f"the signing key of evidence would lie in {folder}, which is in the data folder: who could alter evidence "
            f'could sign it anew. Name a folder outside of {settings.data} by keys = "..." under [evidence]'
        )
    return folder


def program() -> str:
    """Return name and version of this program, as evidence tells it."""
    return f"streetwarden {version('streetwarden')}"


def open_people(settings: Settings) -> People:
    """Return the people of an installation, for commands that run beside the service.

    Raises:
        SettingsError: the data folder cannot be used.
        DatabaseError: see `database_of`.
    """
    make_data_folder(settings.data)
    return People(database_of(settings))


@contextmanager
def stored_cases(settings: Settings, *, must_exist: bool = False) -> Iterator[tuple[CaseStore, EvidenceStore]]:
    """Give the cases and the evidence of an installation, for commands that run beside the service.

    Args:
        settings: of the installation.
        must_exist: refuse where there is no database file, instead of making an empty one.

    Raises:
        SettingsError: there is no data folder, so nothing was ever kept; or no database file that must exist.
        DatabaseError: see `database_of`.
    """
    if not settings.data.is_dir():
        raise SettingsError(f"there is no data folder {settings.data}: nothing was kept yet, or data = names another")
    if must_exist and not settings.database_url and not _sqlite_file(settings).is_file():
        raise SettingsError(f"there is no database {_sqlite_file(settings)}: nothing was kept yet, or it was removed")
    numbering, local = settings.codes.numbering(), ZoneInfo(settings.timezone)
    with closing(CaseStore(database_of(settings), local=local, numbering=numbering)) as cases:
        yield cases, EvidenceStore(settings.data / "evidence")


def _sqlite_file(settings: Settings) -> Path:
    return settings.data.resolve() / "streetwarden.sqlite"


def _default_keys_folder() -> Path:
    """Return the folder below the account's configuration (XDG Base Directory Specification 0.8)."""
    told = os.environ.get("XDG_CONFIG_HOME", "")
    if told and Path(told).is_absolute():
        return Path(told) / "streetwarden" / "keys"
    try:
        return Path.home() / ".config" / "streetwarden" / "keys"
    except RuntimeError:
        raise SettingsError(
            'this account has no home folder for the key that signs evidence; name one by keys = "..." under [evidence]'
        ) from None
