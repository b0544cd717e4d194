"""Opens the examiners that the settings ask for, and puts together what asks them."""

import threading
from collections.abc import Callable

from cases.bystander_finder import BystanderFinder
from cases.codes import CodeTable
from cases.mosaic import hide
from detectors.events import Event
from pipeline.examiners import Examiner, Learner
from pipeline.examining import Examining, ExaminingParts
from pipeline.false_alarms import FalseAlarms
from pipeline.language_model import LanguageModel
from pipeline.larger_model import open_larger_model
from pipeline.offence_place import Place
from pipeline.outward.posting import Poster
from pipeline.privacy import open_finder
from pipeline.reading_wiring import open_reading
from pipeline.settings import Settings
from vision.arrays import Picture


class HiddenCrops:
    """Hides all heads and plates of crops that leave the house; the model that finds them is opened with the first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opening = threading.Lock()
        self._finder: BystanderFinder | None = None

    def __call__(self, bgr: Picture) -> Picture:
        """Return a copy of an (H, W, 3) BGR picture that shows nobody.

        Raises:
            BlurError: nobody knows what must be hidden.
        """
        with self._opening:
            if self._finder is None:
                self._finder = open_finder(self._settings)
        return hide(bgr, self._finder.regions(bgr).all)


def open_examining(
    settings: Settings, parts: ExaminingParts, codes: CodeTable, place: Callable[[Event], Place]
) -> Examining:
    """Return what has new cases examined; `place` gives the zone and rule of an event.

    Raises:
        SettingsError, ModelError: an examiner of the settings cannot be opened.
    """
    wanted = settings.second_opinion
    learners: tuple[Learner, ...] = ()
    if wanted.remembered:
        learners = (FalseAlarms(settings.data / "false_alarms", parts.evidence, wanted.remembered),)
    examiners: list[Examiner] = list(learners)
    if wanted.model is not None:
        examiners.append(open_larger_model(wanted.model, settings.data))
    if (asked := wanted.language_model) is not None:
        poster = Poster("second_opinion.language_model", asked.timeout_s, asked.ca_file)
        examiners.append(LanguageModel(asked, poster, codes.item, HiddenCrops(settings)))
    examiners += open_reading(settings.reading, parts.cases.database, place)
    return Examining(parts, examiners, wait_s=wanted.wait_s, learners=learners)
