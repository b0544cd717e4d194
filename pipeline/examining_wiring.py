"""Opens the examiners that the settings ask for, and puts together what asks them."""

from collections.abc import Callable

from detectors.events import Event
from pipeline.evidence_keeper import Place
from pipeline.examining import Examining, ExaminingParts
from pipeline.reading_wiring import open_reading
from pipeline.settings import Settings


def open_examining(settings: Settings, parts: ExaminingParts, place: Callable[[Event], Place]) -> Examining:
    """Return what has new cases examined; `place` gives the zone and rule of an event.

    Raises:
        SettingsError, ModelError: an examiner of the settings cannot be opened.
    """
    examiners = open_reading(settings.reading, parts.cases.database, place)
    return Examining(parts, examiners, wait_s=settings.second_opinion.wait_s)
