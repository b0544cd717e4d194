"""Merges a case that was just opened into the earlier one that it surely is, where the settings ask for that.

Only what nobody has judged yet is merged, once, by the step that a person would take; a person may open it again, and
then it stays.
"""

import logging
from datetime import datetime

from cases.deeds import Order
from cases.errors import ActionBlockedError, IllegalTransitionError, StaleEditError, UnknownCaseError
from cases.place_settings import KinSettings
from cases.posts import Doer
from cases.records import Case
from cases.spots import Kinship
from cases.states import LADDER_STATES, Action
from cases.store import SYSTEM, CaseStore

logger = logging.getLogger(__name__)

SAME_OFFENCE = "surely the same offence"
"""Reason that goes into the history; the page words it (`sentences.js`)."""


def merged_if_sure(cases: CaseStore, case: Case, settings: KinSettings, at: datetime) -> Case:
    """Return a case as it is after it was merged into its kin, or as it was where it is not to be.

    Args:
        cases: where both are.
        case: just opened.
        settings: for which reasons a sure proposal is followed.
        at: now, aware UTC.

    Raises:
        DatabaseError: the database refuses; it may be tried again.
    """
    proposal = case.proposal
    is_judged = case.revision > 1 or case.state not in LADDER_STATES
    if is_judged or proposal.kinship is not Kinship.SAME or not proposal.is_sure or proposal.why not in settings.merge:
        return case
    try:
        kin = cases.get(proposal.kin)
        order = Order(Action.MERGE, SAME_OFFENCE, into=kin.number)
        merged = cases.decide(case.case_id, order, by=Doer(SYSTEM), at=at, expected_revision=case.revision)
    except (ActionBlockedError, IllegalTransitionError, StaleEditError, UnknownCaseError) as err:
        logger.info("case %s: not merged, an operator must decide: %s", case.number, err)
        return case
    logger.info("case %s: merged into %s, %s", merged.number, kin.number, proposal.why)
    return merged
