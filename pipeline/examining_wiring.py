"""Opens the examiners that the settings ask for, and puts together what asks them."""

from pipeline.examiners import Examiner, Learner
from pipeline.examining import Examining, ExaminingParts
from pipeline.false_alarms import FalseAlarms
from pipeline.settings import Settings


def open_examining(settings: Settings, parts: ExaminingParts) -> Examining:
    """Return what has new cases examined.

    Raises:
        SettingsError, ModelError: an examiner of the settings cannot be opened.
    """
    wanted = settings.second_opinion
    learners: tuple[Learner, ...] = ()
    if wanted.remembered:
        learners = (FalseAlarms(settings.data / "false_alarms", parts.evidence, wanted.remembered),)
    examiners: tuple[Examiner, ...] = learners
    return Examining(parts, examiners, wait_s=wanted.wait_s, learners=learners)
