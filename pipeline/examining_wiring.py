"""Opens the examiners that the settings ask for, and puts together what asks them."""

from pipeline.examiners import Examiner
from pipeline.examining import Examining, ExaminingParts
from pipeline.settings import Settings


def open_examining(settings: Settings, parts: ExaminingParts) -> Examining:
    """Return what has new cases examined.

    Raises:
        SettingsError, ModelError: an examiner of the settings cannot be opened.
    """
    examiners: tuple[Examiner, ...] = ()
    return Examining(parts, examiners, wait_s=settings.second_opinion.wait_s)
