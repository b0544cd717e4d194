"""Brings rows and evidence files together again when the program starts, after whatever stopped it.

A case that had its first pack but no row is opened now, from what the pack's manifest says.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cases.evidence import EvidenceStore
from cases.packs import Pack
from cases.records import Case, NewCase, new_case_of
from cases.store import CaseStore
from cases.sweeping import Swept

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What was done.

    Attributes:
        swept: what the evidence folder held besides finished cases.
        open_cases: cases that the program still has to warn, look at again, file or resolve; oldest first.
    """

    swept: Swept
    open_cases: tuple[Case, ...]


def recover(
    store: CaseStore,
    evidence: EvidenceStore,
    *,
    raised_from: datetime | None = None,
    placed: Callable[[NewCase, Pack], NewCase] = lambda new, _pack: new,
) -> Recovered:
    """Sweep the evidence folder, give packs that were written just before the stop their row, and list open cases.

    Call it once, before the first pack is written.

    Args:
        store: the cases.
        evidence: their files.
        raised_from: open cases raised before are not listed.
        placed: adds to a case that is opened now where it is.

    Raises:
        DatabaseError: the database refuses; it may be tried again.
        OSError: the evidence folder cannot be tidied.
    """
    swept = evidence.sweep(store.known_packs())
    for pack in swept.without_row:
        new = new_case_of(pack)
        case = store.add_pack(pack.case_id, pack) if new is None else store.open_case(placed(new, pack), pack)
        logger.info("case %s: pack %d was whole but had no row; it has one now", case.number, pack.number)
    return Recovered(swept, store.open_for_ladder(raised_from))
