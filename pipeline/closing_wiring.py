"""Puts together what looks again after dispatch, from the parts of a running system."""

from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from cases.codes import CodeTable
from cases.errors import UnknownCodeError
from cases.evidence import EvidenceStore, utc_now
from cases.records import Case
from cases.store import CaseStore
from pipeline.agenda import Agenda
from pipeline.camera_views import CameraViews
from pipeline.closing_looks import ClosingLooks, LookParts
from pipeline.closing_street import ClosingStreet, StreetViews
from pipeline.evidence_keeper import EvidenceKeeper
from pipeline.settings import Settings
from pipeline.shard import Shard
from pipeline.site import Site
from pipeline.turning import Turner


@dataclass(frozen=True, slots=True)
class Running:
    """The parts of a system that looks need; see `pipeline.system.System`."""

    cases: CaseStore
    evidence: EvidenceStore
    keeper: EvidenceKeeper
    agenda: Agenda
    shard: Shard
    site: Site
    codes: CodeTable
    views: CameraViews
    turner: Turner


def open_closing(settings: Settings, running: Running, on_change: Callable[[Case, str], None]) -> ClosingLooks:
    """Return what looks again at cases that a unit has."""

    def offence(code: str) -> str:
        try:
            item = running.codes.item(code)
        except UnknownCodeError:  # the table was another one when the case was opened
            return code
        return f"{item.code} {item.name_zh} {item.name_en}"

    views = StreetViews(running.views, running.turner if settings.closing.turn else None)
    parts = LookParts(
        cases=running.cases,
        evidence=running.evidence,
        keeper=running.keeper,
        agenda=running.agenda,
        street=ClosingStreet(running.shard, running.site, running.shard.detect, views),
        on_change=on_change,
        now=utc_now,
        local=ZoneInfo(settings.timezone),
        offence=offence,
    )
    return ClosingLooks(parts, settings.closing)
