"""Opens an installation's database and evidence: for the service, and for commands that run beside it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from zoneinfo import ZoneInfo

from cases.database import Database, open_database, sqlite_url
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
    return open_database(settings.database_url or sqlite_url(settings.data.resolve() / "streetwarden.sqlite"))


def open_people(settings: Settings) -> People:
    """Return the people of an installation, for commands that run beside the service.

    Raises:
        SettingsError: the data folder cannot be used.
        DatabaseError: see `database_of`.
    """
    make_data_folder(settings.data)
    return People(database_of(settings))


@contextmanager
def stored_cases(settings: Settings) -> Iterator[tuple[CaseStore, EvidenceStore]]:
    """Give the cases and the evidence of an installation, for commands that run beside the service.

    Raises:
        SettingsError: there is no data folder, so nothing was ever kept.
        DatabaseError: see `database_of`.
    """
    if not settings.data.is_dir():
        raise SettingsError(f"there is no data folder {settings.data}: nothing was kept yet, or data = names another")
    with closing(CaseStore(database_of(settings), local=ZoneInfo(settings.timezone))) as cases:
        yield cases, EvidenceStore(settings.data / "evidence")
