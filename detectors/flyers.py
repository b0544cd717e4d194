"""Judges posted flyers: paper that appears on a watched surface and stays there.

Perception rectifies the surface, compares it with its long-term reference and hands over the regions that differ and
are no shadow. Here a region must look like paper (it fills its box, it contrasts, it bears print, it does not reach up
from the ground) and be there for `limit_s` of visible time. A passer-by who hides it stops its clock; one who merely
stands there hides the surface and is none. It ends when the region has been visible and unchanged for `gone_s`.

Belongs here: the rule. Does not: pixels (vision.surfaces), reading the text.
"""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from detectors.events import Event, Phase, Reason
from detectors.offences import Offence, event_id_of, wall_time_of
from detectors.rules import BLIND_S, LONGEST_PAUSE_S, SLOWEST_SCOUT_S, Ask, Pace, RuleSettings, Watches, ZoneDetector
from vision.classes import StreetClass
from vision.observations import SurfaceChange, SurfaceLook
from vision.scenes import Scene
from vision.zones import Zone

KIND: Final = "flyers"

LEARNING_HZ = 1.0
"""While the reference of the surface is being learned: until then nobody watches it."""

CANDIDATE = Pace(0.25, 5.0, 0.25)
"""While something is there, passers-by hide it for seconds at a time, and its clock needs looks between them."""

POSTED = Pace(1 / SLOWEST_SCOUT_S, LONGEST_PAUSE_S, 1 / BLIND_S)
"""Posted paper stays; who takes it away has time."""

STAYS_S = 5.0
"""Paper that was visible for so long is worth looking back for: when it came, and who brought it."""

SAME_REGION_RATIO = 0.4
"""Regions that share this much of the smaller one are one flyer: light moves a region's border by a few pixels."""

LOW_BORDER_RATIO = 0.06
"""What reaches the lower border of the surface, to this share of its height, stands on the ground before it: a bin, a
bicycle. Five pixels of a surface 80 high: the foot of a thing may look like the wall."""

MAX_VISIT_GAP_S = 10.0
"""A visit vouches for no more than so many seconds since the one before."""

Box = tuple[float, float, float, float]


class FlyerRule(RuleSettings):
    """Settings of the flyer rule for one watched surface."""

    watches = Watches.SURFACE

    kind: Literal["flyers"] = KIND
    limit_s: float = Field(default=20, ge=1, le=86400, description="Visible seconds that paper must stay (s).")
    gone_s: float = Field(default=10, ge=1, le=3600, description="Visible seconds without it that mean it is gone (s).")
    min_rectangularity_ratio: float = Field(
        default=0.6, ge=0, le=1, description="Share of its box that paper fills; people and stains fill less (0-1)."
    )
    min_contrast: float = Field(
        default=0.06, ge=0, le=1, description="Mean difference from the surface, as a share of white (0-1)."
    )
    min_edge_ratio: float = Field(
        default=0.12, ge=0, le=1, description="Share of strong edges inside, which print has and shadow has not (0-1)."
    )
    min_area_ratio: float = Field(default=0.002, ge=0, le=1, description="Smallest paper, as a share of the surface.")
    max_area_ratio: float = Field(default=0.5, gt=0, le=1, description="Larger changes are not paper but the surface.")
    min_side_px: float = Field(default=6, ge=1, le=1000, description="Paper narrower in the picture is noise (px).")
    surface_width_m: float | None = Field(
        default=None, gt=0, le=200, description="Real width of the surface that the polygon encloses (m)."
    )
    surface_height_m: float | None = Field(
        default=None, gt=0, le=200, description="Real height of that surface (m); both are needed."
    )

    @property
    def surface_m(self) -> tuple[float, float] | None:
        """Width and height of the surface in metres, where both are known."""
        if self.surface_width_m is None or self.surface_height_m is None:
            return None
        return self.surface_width_m, self.surface_height_m

    def detector(self, camera_id: str, zone: Zone) -> "FlyerDetector":
        """Return a fresh detector of this rule for a zone of a camera."""
        return FlyerDetector(camera_id, zone, self)


class _Region(Offence):
    """A region of the surface that differs; an offence once `event_id` is given."""

    place: Box
    visible_s: float = 0.0
    missing_s: float = 0.0
    contrast: float
    edge_ratio: float
    is_dated: bool = False


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["flyers"] = KIND
    next_key: int = 1
    unvisited_s: float = 0.0
    last_t_s: float | None = None
    regions: list[_Region] = Field(default_factory=list)


class FlyerDetector(ZoneDetector[FlyerRule, _State]):
    """The flyer rule for one watched surface of one camera."""

    def __init__(self, camera_id: str, zone: Zone, rule: FlyerRule) -> None:
        super().__init__(camera_id, zone, rule, _State())
        self._is_learning = True  # until the surface has a reference, which perception keeps

    def update(self, scene: Scene) -> list[Event]:
        """Take in a scene and return the flyers that appeared, stayed beyond the limit or went away."""
        state = self._state
        if state.last_t_s is not None:
            state.unvisited_s += max(0.0, scene.t_s - state.last_t_s - scene.gap_s)
        state.last_t_s = scene.t_s
        self._date(scene)
        look = next((look for look in scene.surfaces if look.zone_id == self._zone.zone_id), None)
        if look is None:
            return []
        self._is_learning = False
        step_s, state.unvisited_s = min(state.unvisited_s, MAX_VISIT_GAP_S), 0.0
        return self._visit(look, step_s, scene)

    def pace(self) -> Pace:
        """Return how closely to look: closer while something is there, closest while the surface is being learned."""
        paces = [Pace.scout(self._rule.limit_s)]
        if self._is_learning:
            paces.append(Pace.close(LEARNING_HZ))
        for region in self._state.regions:
            paces.append(CANDIDATE if region.phase is Phase.STARTED else POSTED)
        return Pace.closest(paces)

    def keeps(self) -> frozenset[int]:
        """Return nothing: a surface has no places."""
        return frozenset()

    def asks(self) -> tuple[Ask, ...]:
        """Return the papers that stay; answers move their beginning."""
        return tuple(
            Ask(region.event_id, region.box, region.started_t_s)
            for region in self._state.regions
            if region.event_id and not region.is_dated and region.visible_s >= min(self._rule.limit_s / 2, STAYS_S)
        )

    def _date(self, scene: Scene) -> None:
        """Take over what looking back has found of when a flyer appeared."""
        dates = {dated.subject: dated.t_s for dated in scene.dated}
        for region in self._state.regions:
            t_s = dates.get(region.event_id)
            if t_s is not None:
                region.visible_s += max(0.0, scene.watched_s(t_s, region.started_t_s))
                region.started_t_s, region.started_at = t_s, wall_time_of(scene, t_s)
                region.is_dated = True

    def _visit(self, look: SurfaceLook, step_s: float, scene: Scene) -> list[Event]:
        events: list[Event] = []
        papers = [change for change in look.changes if self._is_paper(change)]
        for region in list(self._state.regions):
            same = [paper for paper in papers if _shared_ratio(region.place, paper.box) >= SAME_REGION_RATIO]
            papers = [paper for paper in papers if paper not in same]
            if same:
                events += self._seen(region, max(same, key=_area), step_s, scene)
            elif any(_shared_ratio(region.place, change.box) >= SAME_REGION_RATIO for change in look.changes):
                continue  # something is there that looks less like paper at this moment: neither seen nor gone
            elif not any(_shared_ratio(region.place, hidden) > 0 for hidden in look.hidden):
                events += self._missing(region, step_s, scene)
        for paper in papers:
            self._state.regions.append(self._region(paper, scene))
        return events

    def _is_paper(self, change: SurfaceChange) -> bool:
        rule = self._rule
        x1, y1, x2, y2 = change.frame_box
        return (
            change.rectangularity_ratio >= rule.min_rectangularity_ratio
            and change.contrast >= rule.min_contrast
            and change.edge_ratio >= rule.min_edge_ratio
            and rule.min_area_ratio <= _area(change) <= rule.max_area_ratio
            and min(x2 - x1, y2 - y1) >= rule.min_side_px
            and change.box[3] <= 1 - LOW_BORDER_RATIO
        )

    def _seen(self, region: _Region, paper: SurfaceChange, step_s: float, scene: Scene) -> list[Event]:
        rule = self._rule
        region.visible_s += step_s
        region.missing_s = 0.0
        region.place, region.box = paper.box, paper.frame_box
        region.contrast, region.edge_ratio = paper.contrast, paper.edge_ratio
        region.score = _score(paper)
        events: list[Event] = []
        if not region.event_id and region.visible_s > 0:
            region.event_id = event_id_of(self._names, region.started_at, region.key)
            events.append(self._report(region, Phase.STARTED, scene))
        if region.phase is Phase.STARTED and region.visible_s >= rule.limit_s:
            events.append(self._report(region, Phase.RAISED, scene))
        return events

    def _missing(self, region: _Region, step_s: float, scene: Scene) -> list[Event]:
        region.missing_s += step_s
        if region.event_id and region.missing_s < self._rule.gone_s:
            return []
        self._state.regions.remove(region)
        return [self._report(region, Phase.ENDED, scene)] if region.event_id else []

    def _region(self, paper: SurfaceChange, scene: Scene) -> _Region:
        key = self._state.next_key
        self._state.next_key += 1
        return _Region(
            event_id="",
            key=key,
            phase=Phase.STARTED,
            started_t_s=scene.t_s,
            started_at=wall_time_of(scene, scene.t_s),
            box=paper.frame_box,
            class_id=int(StreetClass.UNKNOWN),
            score=_score(paper),
            place=paper.box,
            contrast=paper.contrast,
            edge_ratio=paper.edge_ratio,
        )

    def _report(self, region: _Region, phase: Phase, scene: Scene) -> Event:
        region.phase = phase
        reasons = (
            Reason("dwell", round(region.visible_s, 2), "s"),
            Reason("limit", self._rule.limit_s, "s"),
            Reason("paper", round(region.contrast, 3), "ratio"),
            Reason("print", round(region.edge_ratio, 3), "ratio"),
        )
        return region.event(KIND, self._zone, scene, reasons)


def _area(change: SurfaceChange) -> float:
    x1, y1, x2, y2 = change.box
    return (x2 - x1) * (y2 - y1)


def _score(paper: SurfaceChange) -> float:
    """Return how much a region looks like paper: fills its box, contrasts, bears print; each saturates."""
    return min(1.0, 0.4 * paper.rectangularity_ratio + min(0.3, paper.contrast) + min(0.3, 2 * paper.edge_ratio))


def _shared_ratio(box_a: Box, box_b: Box) -> float:
    """Return the overlap of two boxes as a share of the smaller one."""
    width = min(box_a[2], box_b[2]) - max(box_a[0], box_b[0])
    height = min(box_a[3], box_b[3]) - max(box_a[1], box_b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (box_a, box_b)]
    return width * height / max(min(areas), 1e-9)
