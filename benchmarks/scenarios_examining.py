"""Has flyers of drawn scenarios examined before they count, as the service does before it files and speaks.

The examiner is the service's, with RapidOCR, on the still that would be kept as evidence: drawn at full size, through
the camera's compression. Its list of what may hang holds the words of the drawn notices and plates. What it doubts is
held back for a person, and so is no report.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.scenarios_camera import DrawnCamera
from cases.examining import Verdict
from cases.lawful_notices import LawfulNotices, NoticeEntry
from detectors.events import Event, Phase
from models.reading import TextReader
from pipeline.examiners import OpeningPicture
from pipeline.poster_examiner import PosterExaminer, PosterParts

LAWFUL = ("公告", "禁止停车", "中山")
"""What stands on the notices and the enamel plates of drawn streets (`datasets.draw_prints`)."""


def held_back(events: Sequence[Event], camera: DrawnCamera) -> frozenset[str]:
    """Return the ids of the flyers that were raised and are doubted."""
    raised = [event for event in events if event.kind == "flyers" and event.phase is Phase.RAISED]
    return frozenset(event.event_id for event in raised if _is_doubted(event, camera))


def _is_doubted(event: Event, camera: DrawnCamera) -> bool:
    still = camera.still(event.t_s)
    box = event.box_in((still.shape[1], still.shape[0]))
    said, _ = _examiner().look(OpeningPicture(still, box, event.captured_at), event)
    return said.verdict is Verdict.DOUBTS


@cache
def _examiner() -> PosterExaminer:
    notices = LawfulNotices(tuple(NoticeEntry(text=text) for text in LAWFUL))
    parts = PosterParts(TextReader(), lambda *_: None, notices, lambda *_: None)
    return PosterExaminer(parts)
