"""Watches one camera that turns: each of its views has a watch of its own, and pictures go to the one they are of.

A picture is compared with what each view looks like before anything is judged in it. While it is of none, all rules
abstain and all clocks stand still; what stands in a view that is not looked at is frozen, never ended. To whoever uses
it, this is a `CameraWatch`; a camera that has one view has that itself, and pays nothing for views.

Belongs here: at which view the camera is, and what follows for the watches. Does not: comparing pictures
(vision.view_prints), turning the camera (pipeline.turning).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue

from detectors.catalog import ZoneSettings, zones_of_view
from detectors.events import Event
from detectors.rules import BLIND_S, Pace
from pipeline.watch import CameraWatch, Looked, WatchState
from vision.background import SIZE_WH
from vision.closer_look import CloserLook
from vision.detections import Detections
from vision.frames import Frame
from vision.observations import Dated, Observation, Proofs, ViewState
from vision.perception import COMPARED_WH, Glance
from vision.scenes import Scene
from vision.view_prints import Thumb, ViewPrints
from vision.view_state import CONFIRM_S

ARRIVE_LOOKS = 2
"""So many looks in a row must be of a view before it is judged: a camera may only pass by it."""

AWAY_S = 60.0
"""After so long elsewhere the light may be another one; whether a view is dark or blurred is then judged anew."""

SEARCHING = Pace(0.5, 4.0, 1 / BLIND_S)
"""The pace while the camera is at no view: its arrival is noticed within some key frames."""

SETTLED_S = 2.0
"""What appeared sooner after the camera's arrival may have been there before."""

PRINTS_PART, VIEWS_PART = "prints", "views"
"""Names of the prints, and of what the views' watches know, among the arrays of a checkpoint."""

MakeWatch = Callable[[str], CameraWatch]


@dataclass(slots=True)
class _Whereabouts:
    """Where the camera looks.

    Attributes:
        at: the view that is judged; None while it is at none.
        last: the one before, or the same.
        candidate: the view that the last look was of, while that is not settled yet.
        candidate_looks: so many in a row were.
        lost_t_s: since when it is at no view; None before the first look and at a view.
        since_t_s: when the camera arrived at each view at last.
        seen_t_s, seen_at: when each view was last judged: stream time, and wall time (aware UTC).
    """

    at: str | None = None
    last: str | None = None
    candidate: str | None = None
    candidate_looks: int = 0
    lost_t_s: float | None = None
    since_t_s: dict[str, float] = field(default_factory=dict)
    seen_t_s: dict[str, float] = field(default_factory=dict)
    seen_at: dict[str, datetime] = field(default_factory=dict)


class ViewWatch:
    """The watches of a camera's views behind one; one thread at a time, but `prints`, `seen_at`, `tell` are for any.

    Args:
        camera_id: the camera.
        view_ids: of its views, two or more; zones that name none belong to the first.
        zones: of all views, with their rules.
        make: makes a watch without zones for a view of this camera, by its id; for none where that is empty.
    """

    def __init__(self, camera_id: str, view_ids: Sequence[str], zones: Sequence[ZoneSettings], make: MakeWatch) -> None:
        self.camera_id = camera_id
        self.prints = ViewPrints(view_ids)
        self._view_ids = tuple(view_ids)
        self._watches = {view_id: make(view_id) for view_id in view_ids}
        self._nowhere = make("")
        self._where = _Whereabouts()
        self._glanced: Thumb | None = None
        self._looked_t_s: float | None = None
        self._told: tuple[str, Thumb] | None = None
        self._zones: tuple[ZoneSettings, ...] = ()
        self.set_zones(zones)

    @property
    def zones(self) -> tuple[ZoneSettings, ...]:
        """The zones in force, of all views."""
        return self._zones

    @property
    def view(self) -> str | None:
        """The view that was judged at the last look; None while the camera was at none."""
        return self._where.at

    @property
    def seen_at(self) -> Mapping[str, datetime]:
        """When each view was last judged, wall time (aware UTC); a view that never was is not in it."""
        return dict(self._where.seen_at)

    @property
    def scene(self) -> Scene | None:
        """What was known at the last look of where the camera looks."""
        return self._here().scene if self._looked_t_s is not None else None

    @property
    def last_t_s(self) -> float | None:
        """Stream time of the last look, also of one before a restart; None before the first."""
        known = [t_s for t_s in (self._looked_t_s, *(w.last_t_s for w in self._all())) if t_s is not None]
        return max(known, default=None)

    @property
    def offences(self) -> tuple[Event, ...]:
        """The raised events that have not ended and can be seen now: those of the view that is looked at."""
        return self._here().offences

    @property
    def standing(self) -> tuple[Event, ...]:
        """All events of all views that have not ended, also those whose clock still runs."""
        return tuple(event for watch in self._watches.values() for event in watch.standing)

    @property
    def over(self) -> tuple[Event, ...]:
        """The ends of offences of all views that ended lately."""
        return tuple(event for watch in self._watches.values() for event in watch.over)

    def set_zones(self, zones: Sequence[ZoneSettings]) -> None:
        """Put zones in force, each in its view; one that names a view that is no more is not judged."""
        for view_id, watch in self._watches.items():
            watch.set_zones(zones_of_view(zones, view_id, self._view_ids))
        self._zones = tuple(zones)

    def tell(self, view_id: str, shown: Thumb) -> None:
        """Take a picture for one of this view from the next look on, as somebody says who sees it; any thread may.

        Where it was known as another view, it is that no more: a picture is of one view, and the newest word counts.

        Raises:
            ValueError: the camera has no such view.
        """
        if view_id not in self._watches:
            raise ValueError(f"camera {self.camera_id} has no view {view_id!r}")
        self._told = view_id, shown

    def pace(self) -> Pace:
        """Return how closely the view that is looked at needs to be."""
        return SEARCHING if self._where.at is None else self._here().pace()

    def is_due(self, t_s: float, look_hz: float) -> bool:
        """Tell whether a picture at `t_s` is to be looked at, at a rate of `look_hz`."""
        return self._here().is_due(t_s, look_hz)

    def glance(self, frame: Frame) -> Glance:
        """Find the view that a frame is of, and compare the frame with what is known there; `take` must follow."""
        thumb = self._glanced = Thumb.of(frame.luma())
        told, self._told = self._told, None
        if told is not None:
            self._learn(*told)
        self._locate(self.prints.seen_in(thumb, self._where.last), frame.t_s)
        if self._where.at is None:
            luma, small = np.zeros(COMPARED_WH[::-1], np.uint8), np.zeros(SIZE_WH[::-1], np.uint8)
            return Glance(frame, 0.0, 0.0, (), luma, None, small, Proofs.none(), is_new=False, new_cells=())
        return self._here().glance(frame)

    def wants_model(self, glance: Glance, model_hz: float) -> bool:
        """Tell whether the model should see a frame; never while the camera is at no view."""
        return self._where.at is not None and self._here().wants_model(glance, model_hz)

    def closer(self, glance: Glance) -> CloserLook | None:
        """Return at what the model should look more closely, as `CameraWatch.closer`."""
        return None if self._where.at is None else self._here().closer(glance)

    def take(self, glance: Glance, detections: Detections | None, closer: CloserLook | None = None) -> Looked:
        """Take in a frame and what a model found in it, as `CameraWatch.take`."""
        where, frame = self._where, glance.frame
        if where.at is None:
            looked = self._look_nowhere(frame)
        else:
            looked = self._here().take(glance, detections, closer)
            if looked.observation.view is ViewState.OK:
                self._follow(frame)
            looked = replace(looked, questions=tuple(replace(q, view=where.at) for q in looked.questions))
        self._looked_t_s = frame.t_s
        return looked

    def look(self, frame: Frame, detections: Detections | None) -> Looked:
        """Take in a frame and what a model found in it; `None` where no model looked."""
        return self.take(self.glance(frame), detections)

    def answer(self, dated: Dated, view: str = "") -> None:
        """Take what looking back has found about something in a view; the next look there acts on it."""
        if view in self._watches:
            self._watches[view].answer(dated)

    def was_at(self, view_id: str, t_s: float) -> bool:
        """Tell whether the camera has looked at a view from that moment until now, or until it left; any thread may.

        Looking back must not take the camera's arrival for that of a thing.
        """
        return t_s > self._where.since_t_s.get(view_id, np.inf) + SETTLED_S

    def watched_s(self, view_id: str) -> float:
        """Return for how many seconds the camera has looked at a view; 0 while it does not. Any thread may ask."""
        where = self._where
        if where.at != view_id:
            return 0.0
        return max(0.0, where.seen_t_s.get(view_id, 0.0) - where.since_t_s.get(view_id, np.inf))

    def checkpoint(self) -> WatchState:
        """Return the state of all views; it shares nothing with this object."""
        kept = {view_id: watch.checkpoint() for view_id, watch in self._watches.items()}
        seen = self._where.seen_at.items()
        state: JsonValue = {
            VIEWS_PART: {view_id: watch.state for view_id, watch in kept.items()},
            "seen_at": {view_id: at.isoformat() for view_id, at in seen},
            "last": self._where.last,
        }
        arrays = {f"{PRINTS_PART}/{name}": array for name, array in self.prints.checkpoint().items()}
        for view_id, watch in kept.items():
            arrays |= {f"{VIEWS_PART}/{view_id}/{name}": array for name, array in watch.arrays.items()}
        return WatchState(state, arrays)

    def restore(self, kept: WatchState) -> None:
        """Take up a state; one of the time when the camera had one view is that of its first.

        Raises:
            ValueError: the state is not one of a watch; the watch must then be made anew.
        """
        if isinstance(kept.state, dict) and VIEWS_PART not in kept.state:
            self._watches[self._view_ids[0]].restore(kept)
            return
        if not isinstance(kept.state, dict) or not isinstance(states := kept.state[VIEWS_PART], dict):
            raise ValueError(f"camera {self.camera_id}: the checkpoint holds no state of views")
        self.prints.restore(_below(kept.arrays, PRINTS_PART))
        for view_id in self._view_ids:
            if view_id in states:
                arrays = _below(kept.arrays, f"{VIEWS_PART}/{view_id}")
                self._watches[view_id].restore(WatchState(states[view_id], arrays))
        seen_at, last = kept.state["seen_at"], kept.state["last"]
        if isinstance(seen_at, dict):
            known = {view_id: str(at) for view_id, at in seen_at.items() if view_id in self._watches}
            self._where.seen_at = {view_id: datetime.fromisoformat(at) for view_id, at in known.items()}
        self._where.last = last if isinstance(last, str) and last in self._watches else None

    def _all(self) -> tuple[CameraWatch, ...]:
        return (*self._watches.values(), self._nowhere)

    def _here(self) -> CameraWatch:
        return self._nowhere if self._where.at is None else self._watches[self._where.at]

    def _learn(self, view_id: str, thumb: Thumb) -> None:
        """Learn what a view looks like; where that was known and is another, forget all pictures of it."""
        known_as = self.prints.seen_in(thumb, view_id)
        if known_as == view_id:
            return
        if known_as is not None:
            self.prints.forget(known_as)
            self._where.at = None
        self.prints.learn(view_id, thumb)
        self._watches[view_id].look_anew(forget=True)

    def _locate(self, seen: str | None, t_s: float) -> None:
        """Settle at which view the camera is, from the view that a look was of."""
        where = self._where
        if seen is not None and seen == where.at:
            return
        where.candidate_looks = where.candidate_looks + 1 if seen == where.candidate else 1
        where.candidate = seen
        if where.at is not None:
            where.last, where.at, where.lost_t_s = where.at, None, t_s
        if seen is not None and where.candidate_looks >= ARRIVE_LOOKS:
            self._arrive(seen, t_s)

    def _arrive(self, view_id: str, t_s: float) -> None:
        where = self._where
        if t_s - where.seen_t_s.get(view_id, -np.inf) > AWAY_S or view_id != where.last:
            self._watches[view_id].look_anew(forget=False)
        where.at = where.last = view_id
        where.since_t_s[view_id] = t_s
        where.lost_t_s = where.candidate = None

    def _follow(self, frame: Frame) -> None:
        where, thumb = self._where, self._glanced
        assert where.at is not None  # noqa: S101 - the caller asked
        assert thumb is not None  # noqa: S101 - a glance came before
        self.prints.follow(where.at, thumb, frame.t_s - where.seen_t_s.get(where.at, frame.t_s))
        where.seen_t_s[where.at], where.seen_at[where.at] = frame.t_s, frame.captured_at

    def _look_nowhere(self, frame: Frame) -> Looked:
        """Take in a frame that is of no view: the view that was left, if any, is told once, then nobody judges."""
        where = self._where
        events: tuple[Event, ...] = ()
        if where.last is not None and where.lost_t_s == frame.t_s:
            events = self._watches[where.last].turn_away(frame).events
        of = (frame.camera_id, frame.t_s, frame.captured_at, frame.size_wh)
        looked = self._nowhere.replay(Observation(*of, view=self._what_is_wrong(frame.t_s), looked=False))
        return replace(looked, events=(*events, *looked.events))

    def _what_is_wrong(self, t_s: float) -> ViewState:
        thumb, where = self._glanced, self._where
        if thumb is None or where.lost_t_s is None:
            return ViewState.MOVED  # since the start it was at no view that is known
        if t_s - where.lost_t_s < CONFIRM_S:
            return ViewState.UNSURE
        if thumb.is_dark:
            return ViewState.DARK
        before = None if where.last is None else self.prints.lately(where.last)
        return ViewState.BLOCKED if before is not None and thumb.is_covered(before) else ViewState.MOVED


def _below(arrays: Mapping[str, npt.NDArray[np.generic]], part: str) -> dict[str, npt.NDArray[np.generic]]:
    """Return the arrays of a part under their names in it."""
    return {name.removeprefix(f"{part}/"): array for name, array in arrays.items() if name.startswith(f"{part}/")}
