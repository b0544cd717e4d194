"""Opens the examiners that read, as the settings ask for; both share one reader."""

from collections.abc import Callable
from functools import partial

from cases.database import Database
from cases.errors import PlaceFileError
from cases.lawful_notices import LawfulNotices, load_notices
from cases.readings import Readings
from detectors.events import Event
from detectors.flyers import KIND, FlyerRule
from models.reading import TextReader
from pipeline.errors import SettingsError
from pipeline.examiners import Examiner
from pipeline.offence_place import Place
from pipeline.plate_examiner import PlateExaminer
from pipeline.poster_examiner import PosterExaminer, PosterParts
from pipeline.reading_settings import ReadingSettings
from vision.surface_scale import SurfaceScale


def open_reading(
    settings: ReadingSettings, database: Database, place: Callable[[Event], Place]
) -> tuple[Examiner, ...]:
    """Return the examiners that read; the models are opened with the first picture.

    Args:
        settings: what is to be read.
        database: where what was read is kept.
        place: gives the zone and rule of an event.

    Raises:
        SettingsError: the list of lawful notices cannot be used.
    """
    reader, keep = TextReader(), Readings(database).note
    plates: tuple[Examiner, ...] = (PlateExaminer(reader, keep),) if settings.plates else ()
    if not settings.posters:
        return plates
    parts = PosterParts(reader, keep, checked_notices(settings), partial(_scale_of, place))
    return (*plates, PosterExaminer(parts))


def checked_notices(settings: ReadingSettings) -> LawfulNotices:
    """Return the list of what may hang, an empty one where the settings name none.

    Raises:
        SettingsError: it cannot be used.
    """
    if settings.notices is None:
        return LawfulNotices()
    try:
        return load_notices(settings.notices)
    except PlaceFileError as err:
        raise SettingsError(f"[reading] notices: {err}") from None


def _scale_of(place: Callable[[Event], Place], event: Event, frame_wh: tuple[int, int]) -> SurfaceScale | None:
    """Return the scale of an event's surface, where its rule is known as it was and tells the size."""
    where = place(event)
    if where.rule is None or where.rule.get("kind") != KIND:
        return None
    size_m = FlyerRule.model_validate(where.rule).surface_m
    return SurfaceScale(where.zone, frame_wh, size_m) if size_m else None
