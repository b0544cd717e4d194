"""What the commands for evidence share: their options, the case that is named."""

import getpass
import os

from cases.errors import UnknownCaseError
from cases.queries import CaseQuery
from cases.records import Case
from cases.store import CaseStore
from pipeline.errors import PipelineError


def case_named(store: CaseStore, number_or_id: str) -> Case:
    """Return the case of a number or id.

    Raises:
        PipelineError: there is none.
    """
    for found in store.find(CaseQuery(text=number_or_id, limit=500)).cases:
        if found.number == number_or_id:
            return found
    try:
        return store.get(number_or_id)
    except UnknownCaseError:
        raise PipelineError(f"there is no case {number_or_id!r}; the page shows the number of each") from None


def account() -> str:
    """Return the account that runs this."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name
        return f"uid {os.getuid()}"
