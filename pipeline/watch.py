"""Watches one camera: pictures become observations, observations a scene, the scene events.

The same object serves the running service, `streetwarden replay` and the benchmarks; none of them has rules of its
own. It reads no clock and starts no thread; one thread at a time may use it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from pydantic import JsonValue, TypeAdapter

from detectors.catalog import ZoneSettings, make_detector, smallest_things, surfaces, unknown_zones
from detectors.events import Event, Phase
from detectors.rules import BLIND_S, OFTEN_S, Ask, Detector, Pace
from pipeline.closer import CloserTurns
from pipeline.look_back import Question
from vision.arrays import Boxes, Mask, Picture, SizeWH
from vision.boxes import iou_matrix
from vision.cells import cells_under, may_be_missed
from vision.classes import StreetClass
from vision.closer_look import CloserLook
from vision.detections import Detections
from vision.frames import Frame, Resize
from vision.ground_plane import GroundPlane
from vision.memory import SceneMemory
from vision.observations import Dated, Observation, ViewState
from vision.perception import Glance, Perception
from vision.places import LEFT_AFTER_S, PROOF_GONE, PROOF_SAME
from vision.scenes import Place, PlaceState, Scene
from vision.stillness import patch

GAP_AFTER_S = 12.0
"""A pause longer than this was watched by nobody; a shorter one with the same thing at both ends counts as watched.

Longer than the key-frame interval of cheap cameras (10 s), which are looked at on key frames alone."""

EARLY_RATIO = 0.9
"""A picture this share of the wanted pause after the last one is taken: waiting on would halve a slow camera's rate."""

KNOWN_IOU = 0.5
"""A thing that overlaps a place by this much is what stands there."""

CLOSE, CLOSE_S = Pace(2.0, OFTEN_S, 1 / BLIND_S), 5.0
"""What may have come to rest, was missed or stirred on a surface is looked at closely for so long: two key frames. The
model sees them only until it is settled."""

MISSED_S = 2 * LEFT_AFTER_S
"""What is missed and not known to have left is looked for with every picture for so long after it was last seen, or
after the camera could be judged again."""

UNPROVEN_S = 5.0
"""Pixels that neither prove that a vehicle stands nor that it has gone ask the model no more often than this: in the
dark some never prove anything."""

OVER_S = 600.0
"""Offences that ended within this time are in checkpoints too, so that a crash loses no end. If the database was away
for longer, it may leave a case open."""

CLOSER_PART = "closer"
"""Name of what was learned for closer looks among the arrays of a checkpoint."""

NO_BOXES: Boxes = np.zeros((0, 4), np.float32)

_EVENTS = TypeAdapter(list[Event])


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """What one look brought; what only pictures of before can tell is in `questions`, for `CameraWatch.answer`."""

    observation: Observation
    scene: Scene
    events: tuple[Event, ...]
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class WatchState:
    """All that a watch knows, to be kept over a restart; `arrays` go to `.npz`, `state` to JSON."""

    state: JsonValue
    arrays: Mapping[str, npt.NDArray[np.generic]]


class CameraWatch:
    """Perception, memory and detectors of one camera.

    Args:
        camera_id: the camera.
        zones: with their rules.
        shrink: as `Perception` takes it.
        input_wh: of the model, to which closer looks are fitted; without it none are taken.
        ground: the plane of the ground in the camera's view; without it motion is judged in the picture.
    """

    def __init__(
        self,
        camera_id: str,
        zones: Sequence[ZoneSettings],
        *,
        shrink: Resize | None = None,
        input_wh: SizeWH | None = None,
        ground: GroundPlane | None = None,
    ) -> None:
        self.camera_id = camera_id
        self.ground = ground
        self._shrink = shrink
        self._memory = SceneMemory(camera_id, ground)
        self._asked: set[int | str] = set()
        self._answers: list[Dated] = []
        self._scene: Scene | None = None
        self._inferred_t_s = self._close_until_t_s = self._back_t_s = -np.inf
        self._unsettled: Boxes = NO_BOXES
        self._standing: dict[str, Event] = {}
        self._over: list[Event] = []
        self._turns = CloserTurns(input_wh)
        self._zones: tuple[ZoneSettings, ...] = ()
        self._detectors: dict[str, Detector] = {}
        self._perception = Perception((), watch_unknown=(), shrink=shrink)
        self._is_turned_away = False
        self.set_zones(zones)

    @property
    def zones(self) -> tuple[ZoneSettings, ...]:
        """The zones in force."""
        return self._zones

    @property
    def view(self) -> str | None:
        """None: this watch knows one view only, and whether that is seen its scene tells."""
        return None

    @property
    def scene(self) -> Scene | None:
        """What was known at the last look."""
        return self._scene

    @property
    def last_t_s(self) -> float | None:
        """Stream time of the last look, also of one before a restart; None before the first."""
        return self._memory.last_t_s

    @property
    def offences(self) -> tuple[Event, ...]:
        """The raised events that have not ended."""
        return tuple(event for event in self._standing.values() if event.phase is Phase.RAISED)

    @property
    def standing(self) -> tuple[Event, ...]:
        """All events that have not ended, also those whose clock still runs."""
        return tuple(self._standing.values())

    @property
    def over(self) -> tuple[Event, ...]:
        """The ends of offences that ended lately: after a restart, of those that a crash may have lost."""
        return tuple(self._over)

    def set_zones(self, zones: Sequence[ZoneSettings]) -> None:
        """Put zones in force; a detector whose zone did not change keeps its state."""
        kept = {z.id: self._detectors[z.id] for z in zones if z in self._zones and z.id in self._detectors}
        self._detectors = {z.id: kept.get(z.id) or make_detector(self.camera_id, z) for z in zones}
        self._standing = {i: e for i, e in self._standing.items() if e.zone_id in kept}
        if (surfaces(zones), unknown_zones(zones)) != (surfaces(self._zones), unknown_zones(self._zones)):
            self._open_eyes(zones)
        self._perception.watch([zone.zone() for zone in zones if not surfaces([zone])])
        self._turns.watch(smallest_things(zones))
        self._zones = tuple(zones)

    def _open_eyes(self, zones: Sequence[ZoneSettings]) -> None:
        self._perception = Perception(surfaces(zones), watch_unknown=unknown_zones(zones), shrink=self._shrink)
        self._perception.watch([zone.zone() for zone in zones if not surfaces([zone])])

    def pace(self) -> Pace:
        """Return how closely the zones need to be looked at in their present state."""
        paces = [detector.pace() for detector in self._detectors.values()]
        if self._scene is not None and self._scene.t_s < self._close_until_t_s:
            paces.append(CLOSE)
        return Pace.closest(paces)

    def is_due(self, t_s: float, look_hz: float) -> bool:
        """Tell whether a picture at `t_s` is to be looked at, at a rate of `look_hz`."""
        return self._scene is None or t_s - self._scene.t_s >= EARLY_RATIO / look_hz

    def glance(self, frame: Frame) -> Glance:
        """Compare a frame with what is known; `take` must follow."""
        gap_s = 0.0
        if self._is_turned_away and self.last_t_s is not None:
            gap_s = frame.t_s - self.last_t_s
        elif self._scene is not None and frame.t_s - self._scene.t_s > GAP_AFTER_S:
            gap_s = frame.t_s - self._scene.t_s
        self._is_turned_away = False
        return self._perception.glance(frame, self._scene.places if self._scene else self._memory.places, gap_s)

    def wants_model(self, glance: Glance, model_hz: float) -> bool:
        """Tell whether the model should see a frame: it is due at that rate, shows news, or leaves a place in doubt."""
        is_due = glance.frame.t_s - self._inferred_t_s >= EARLY_RATIO / model_hz
        is_unsettled = len(self._unsettled) > 0 or self._perception.is_gathering or self._perception.is_stirred
        return is_due or is_unsettled or glance.is_new or self._leaves_doubt(glance)

    def closer(self, glance: Glance) -> CloserLook | None:
        """Return at what the model should look more closely with its look at a frame; None where nothing is small."""
        doubted = [place.box for place in self._doubted(glance)]
        boxes = np.concatenate([np.array(doubted, np.float32).reshape(-1, 4), self._unsettled])
        return self._turns.choose(glance.frame, [*cells_under(boxes, glance.frame.size_wh).tolist(), *glance.new_cells])

    def take(self, glance: Glance, detections: Detections | None, closer: CloserLook | None = None) -> Looked:
        """Take in a frame and what a model found in it.

        Args:
            glance: of the frame.
            detections: what the model found; None where no model looked.
            closer: what it has looked at more closely; what it found there is among the detections.
        """
        answers, self._answers = tuple(self._answers), []
        unclear = () if detections is None else self._turns.looked(glance.frame, closer, detections)
        observation = replace(self._perception.observe(glance, detections, unclear), dated=answers)
        stood = {place.place_id for place in glance.places if place.state is PlaceState.STANDING}
        kept, before = self._keeps(), self._scene
        looked = self.replay(observation)
        self._perception.remember(glance, looked.scene.places, observation.detections.boxes)
        t_s = glance.frame.t_s
        was_away = glance.gap_s > 0 or before is None or before.view is not ViewState.OK
        is_back = was_away and looked.scene.view is ViewState.OK
        if is_back:
            self._back_t_s = t_s
        is_new = _has_clear_news(glance, unclear)
        if detections is not None:
            self._inferred_t_s = t_s
            at_rest = self._at_rest(glance, observation.detections, looked.scene, is_new=is_new)
            self._unsettled = self._left_unsettled(at_rest, looked.scene)
        is_missed = any(
            p.state is PlaceState.HIDDEN and p.place_id in kept and not looked.scene.is_unclear(p.box)
            for p in looked.scene.places
            if is_back or p.place_id in stood
        )
        if is_missed or (len(self._unsettled) and is_new) or self._perception.is_stirred:
            self._close_until_t_s = t_s + CLOSE_S
        return replace(looked, questions=self._questions(looked.scene, glance.frame.luma()))

    def turn_away(self, frame: Frame) -> Looked:
        """Note that the camera looks elsewhere: nothing here has ended, clocks freeze until it is seen again."""
        self._is_turned_away = True
        view, of = ViewState.MOVED, (frame.camera_id, frame.t_s, frame.captured_at, frame.size_wh)
        return self.replay(Observation(*of, view=view, looked=False))

    def look_anew(self, *, forget: bool) -> None:
        """Begin to look again after an absence, with the view judged by the next looks, as the light may be another.

        Clocks stand still until then; `forget` all reference pictures as well where they are of another view.
        """
        self._is_turned_away = True
        if forget:
            self._open_eyes(self._zones)
        self._perception.judge_anew()

    def answer(self, dated: Dated, view: str = "") -> None:
        """Take what looking back has found; the next look acts on it. `view` is of use to `ViewWatch` only."""
        self._answers.append(dated)

    def look(self, frame: Frame, detections: Detections | None) -> Looked:
        """Take in a frame and what a model found in it; `None` where no model looked."""
        return self.take(self.glance(frame), detections)

    def replay(self, observation: Observation) -> Looked:
        """Take in an observation, live or recorded; equal observations give equal events."""
        self._scene = self._memory.update(observation)
        events = tuple(event for detector in self._detectors.values() for event in detector.update(self._scene))
        self._over = [event for event in self._over if self._scene.t_s - event.t_s <= OVER_S]
        for event in events:
            before = self._standing.pop(event.event_id, None)
            if event.phase is not Phase.ENDED:
                self._standing[event.event_id] = event
            elif before is not None and before.phase is Phase.RAISED:
                self._over.append(event)
        return Looked(observation, self._scene, events)

    def _questions(self, scene: Scene, luma: Picture) -> tuple[Question, ...]:
        """Return what the rules want looked back for and was not asked yet."""
        asks = {ask.subject: ask for detector in self._detectors.values() for ask in detector.asks()}
        new = [ask for subject, ask in asks.items() if subject not in self._asked]
        self._asked = set(asks)
        return tuple(self._question(ask, scene, luma) for ask in new)

    def _question(self, ask: Ask, scene: Scene, luma: Picture) -> Question:
        place = next((place for place in scene.places if place.place_id == ask.subject), None)
        known = None if place is None else self._perception.known_as(place.place_id)
        return Question(
            self.camera_id,
            ask.subject,
            ask.box if known is None else known.box,
            scene.size_wh,
            seen_t_s=scene.t_s if place is None else place.seen_t_s,
            since_t_s=ask.since_t_s,
            pixels=patch(luma, ask.box) if known is None else known.pixels,
            edges=None if known is None else known.edges,
        )

    def _in_zones(self, boxes: Boxes, size_wh: SizeWH) -> Mask:
        """Return (N,) bool: which things stand in any zone."""
        inside = np.zeros(len(boxes), bool)
        for zone in self._zones:
            inside |= zone.zone().contains_feet(boxes, size_wh)
        return inside

    def _left_unsettled(self, found: Boxes, scene: Scene) -> Boxes:
        """Return what may just have come to rest and is no place yet: of what was found, and of what could not be."""
        known = np.array([place.box for place in scene.places], np.float32).reshape(-1, 4)
        found = _without(found, known)
        missed = self._unsettled[may_be_missed(self._unsettled, scene.unclear, scene.size_wh)]
        return np.concatenate([found, _without(missed, np.concatenate([found, known]))])

    def _at_rest(self, glance: Glance, found: Detections, scene: Scene, *, is_new: bool) -> Boxes:
        """Return the things in zones that may have come to rest, or be about to: they are looked for once more."""
        things = found.boxes[found.class_ids != StreetClass.PERSON]
        things = things[self._in_zones(things, scene.size_wh)]
        if is_new or not len(self._unsettled):
            return things
        overlap = iou_matrix(things, self._unsettled).max(axis=1, initial=0.0)
        return things[overlap >= KNOWN_IOU] if scene.t_s < self._close_until_t_s else NO_BOXES

    def _keeps(self) -> frozenset[int]:
        """Return the ids of the places whose clocks run or may begin to."""
        return frozenset[int]().union(*(detector.keeps() for detector in self._detectors.values()))

    def _doubted(self, glance: Glance) -> list[Place]:
        """Return those of them that are not proven by their pixels to stand, or were missed by the model."""
        proofs = zip(glance.proofs.place_ids.tolist(), glance.proofs.similarities.tolist(), strict=True)
        proven = {place_id for place_id, similarity in proofs if similarity >= PROOF_SAME}
        kept = self._keeps()
        return [
            place
            for place in glance.places
            if place.place_id in kept and (place.place_id not in proven or place.state is PlaceState.HIDDEN)
        ]

    def _leaves_doubt(self, glance: Glance) -> bool:
        """Return whether one of them may have left since the look before, or was missed and seen lately."""
        t_s = glance.frame.t_s
        ids, similarities = glance.proofs.place_ids, glance.proofs.similarities
        gone = set(ids[similarities <= PROOF_GONE].tolist())
        may_ask = t_s - self._inferred_t_s >= UNPROVEN_S
        return any(
            (may_ask or place.place_id in gone)
            if place.state is PlaceState.STANDING
            else t_s - max(place.seen_t_s, self._back_t_s) <= MISSED_S
            for place in self._doubted(glance)
        )

    def known(self) -> dict[str, JsonValue]:
        """Return what is known beside pixels, all that `replay` goes by; it shares nothing with this object."""
        return {
            "memory": self._memory.checkpoint(),
            "detectors": {
                z.id: {"version": z.version, "state": self._detectors[z.id].checkpoint()} for z in self._zones
            },
            "offences": _EVENTS.dump_python(list(self._standing.values()), mode="json"),
        }

    def checkpoint(self) -> WatchState:
        """Return all state; it shares nothing with this object."""
        learned = {f"{CLOSER_PART}/{name}": array for name, array in self._turns.checkpoint().items()}
        state = self.known() | {"over": _EVENTS.dump_python(self._over, mode="json")}
        return WatchState(state, dict(self._perception.checkpoint()) | learned)

    def restore(self, kept: WatchState) -> None:
        """Take up a state; what belongs to a zone that changed since is left out.

        Raises:
            ValueError: the state is not one of a watch; the watch must then be made anew.
        """
        if not isinstance(kept.state, dict) or not isinstance(kept.state.get("detectors"), dict):
            raise ValueError(f"camera {self.camera_id}: the checkpoint holds no watch state")
        self._memory.restore(kept.state["memory"])
        prefix = f"{CLOSER_PART}/"
        learned = {name: array for name, array in kept.arrays.items() if name.startswith(prefix)}
        self._perception.restore({name: array for name, array in kept.arrays.items() if name not in learned})
        self._turns.restore({name.removeprefix(prefix): array for name, array in learned.items()})
        detectors = kept.state["detectors"]
        in_force = {(zone.id, zone.version) for zone in self._zones}
        for event in _EVENTS.validate_python(kept.state["offences"]):
            if (event.zone_id, event.zone_version) in in_force:
                self._standing[event.event_id] = event
        self._over = _EVENTS.validate_python(kept.state.get("over", []))  # which none of before had
        for zone in self._zones:
            entry = detectors.get(zone.id) if isinstance(detectors, dict) else None
            if isinstance(entry, dict) and entry["version"] == zone.version:
                self._detectors[zone.id].restore(entry["state"])


def _has_clear_news(glance: Glance, unclear: tuple[int, ...]) -> bool:
    """Return whether a glance shows news anywhere but where only a closer look can tell what it is."""
    return glance.is_new and (not glance.new_cells or not set(glance.new_cells) <= set(unclear))


def _without(boxes: Boxes, known: Boxes) -> Boxes:
    """Return the boxes that are none of the known things."""
    return boxes[iou_matrix(boxes, known).max(axis=1, initial=0.0) < KNOWN_IOU]
