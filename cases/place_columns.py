"""Turns the columns of a case that say where it is, and what was proposed because of that, into records and back."""

from typing import Any

from cases.coordinates import Position, cell_of
from cases.spots import Kinship, Proposal, Spot
from cases.tables import CaseRow


def place_columns(spot: Spot, proposal: Proposal) -> dict[str, Any]:
    """Return the values of the columns of `CaseRow` by their names."""
    at = spot.position
    return {
        "longitude": at.longitude if at else None,
        "latitude": at.latitude if at else None,
        "position_error_m": at.error_m if at else None,
        "cell": cell_of(at.longitude, at.latitude) if at else None,
        "grid": spot.grid,
        "area": spot.area,
        "district": spot.district,
        "address": spot.address,
        "proposed_unit": proposal.unit,
        "kinship": proposal.kinship.value if proposal.kinship else "",
        "kin": proposal.kin,
        "kinship_sure": proposal.is_sure,
        "kinship_why": proposal.why,
        "cases_before": proposal.before,
    }


def spot_of(row: CaseRow) -> Spot:
    """Return where a case is."""
    return Spot(position_of(row), row.grid, row.area, row.district, row.address)


def position_of(row: CaseRow) -> Position | None:
    """Return the position of a case, None where nobody knows it."""
    if row.longitude is None or row.latitude is None:
        return None
    return Position(row.longitude, row.latitude, row.position_error_m or 0.0)


def proposal_of(row: CaseRow) -> Proposal:
    """Return what was proposed when a case was opened."""
    kinship = Kinship(row.kinship) if row.kinship else None
    return Proposal(row.proposed_unit, kinship, row.kin, row.kinship_sure, row.kinship_why, row.cases_before)
