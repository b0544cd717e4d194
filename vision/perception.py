"""Turns a picture and what a model found in it into an observation; after this nobody needs the pixels.

`Perception` first glances: it proves by pixels that known things still stand, and tells whether a model would see
anything new. With what the model found, or without it, it then observes: judges the view, finds unknown objects against
the long-term background, visits the watched surfaces. It touches luma only, at small sizes and in small crops. While
the view cannot be judged nothing is learned.

Belongs here: the order of these steps and their common checkpoint. Does not: each step (own modules), the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, Picture, SizeWH
from vision.background import SIZE_WH, Background
from vision.cells import may_be_missed
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame, Resize
from vision.novelty import Novelty
from vision.observations import Observation, Proofs, SurfaceLook, ViewState
from vision.places import PROOF_SAME
from vision.scenes import Place
from vision.shrinking import Shrinker
from vision.stillness import Kept, StillnessMemory, likeness
from vision.surfaces import Surface
from vision.view_state import SIZE_WH as VIEW_WH
from vision.view_state import ViewJudge
from vision.zones import Zone

COMPARED_WH = (640, 360)
"""Size of the luma in which things are compared between two looks of the model: a far car is 24 x 16 px there."""

SAMPLE_STEP = 8
"""Every so many pixels of the full-size luma are compared bit by bit to notice a frozen picture."""

MAX_STEP_S = 30.0
"""Nobody watched longer than this between two looks, whatever `gap_s` says."""

Arrays = dict[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Glance:
    """What comparisons of pixels tell of a frame before any model looks.

    Attributes:
        frame: the picture.
        gap_s: seconds before it in which nobody watched.
        step_s: watched seconds since the glance before.
        places: what was known to stand.
        luma: `COMPARED_WH` uint8.
        before: the same at the glance before; None at the first.
        small: the same for background and view.
        proofs: which of the places still stand as they did.
        is_new: whether something came to rest or went since a model last judged; a model should look.
        new_cells: where (`vision.cells`), on the ground; what is new on surfaces is not among them.
    """

    frame: Frame
    gap_s: float
    step_s: float
    places: tuple[Place, ...]
    luma: Picture
    before: Picture | None
    small: Picture
    proofs: Proofs
    is_new: bool
    new_cells: tuple[int, ...]


class Perception:
    """The eyes of one camera; one thread at a time.

    Args:
        surfaces: watched for what appears on them.
        watch_unknown: zones watched for things that no model knows.
        shrink: makes pictures smaller; its own if None. Cameras may share one: each holds a quarter of a megabyte.
    """

    def __init__(
        self, surfaces: Sequence[Zone], *, watch_unknown: Sequence[Zone], shrink: Resize | None = None
    ) -> None:
        self._surface_zones = tuple(surfaces)
        self._surfaces: list[Surface] = []
        self._pending: dict[str, Arrays] = {}
        self._shrink = shrink or Shrinker()
        self._view = ViewJudge()
        self._stillness = StillnessMemory()
        self._background = Background(watch_unknown)
        self._novelty = Novelty(())
        self._last_t_s: float | None = None
        self._judged: Picture | None = None
        self._glanced: Picture | None = None
        self._unvisited_s = 0.0

    def watch(self, zones: Sequence[Zone]) -> None:
        """Set the zones in which something that comes to rest is news."""
        self._novelty = Novelty(zones)

    def glance(self, frame: Frame, places: Sequence[Place], gap_s: float = 0.0) -> Glance:
        """Compare a frame with what is known, for the cost of a few thumbnails.

        Args:
            frame: the picture; only its luma is read.
            places: the places of the last scene.
            gap_s: seconds before this frame in which nobody watched.
        """
        luma = frame.luma()
        compared = self._shrink(luma, COMPARED_WH)
        small = cv2.resize(compared, SIZE_WH, interpolation=cv2.INTER_AREA)
        is_steady = self._view.is_steady
        proofs = self._stillness.compare(luma, places) if is_steady else Proofs.none()
        news: list[bool] = []
        if is_steady:  # each of them takes the glance in, whatever the others say
            news = [self._novelty.look(small), *(surface.has_news(luma) for surface in self._surfaces_for(frame))]
        before, self._glanced = self._glanced, compared
        step_s = self._step(frame.t_s, gap_s)
        new_cells = self._novelty.new_cells if any(news) else ()
        return Glance(frame, gap_s, step_s, tuple(places), compared, before, small, proofs, any(news), new_cells)

    def observe(self, glance: Glance, detections: Detections | None, unclear: tuple[int, ...] = ()) -> Observation:
        """Make an observation of a glance.

        Args:
            glance: the newest one.
            detections: what the model found in its frame; None where no model looked.
            unclear: cells in which the model's look was too coarse to find what matters.

        Returns:
            The observation; its detections are the model's with unknown objects behind them.
        """
        frame, small, step_s = glance.frame, glance.small, glance.step_s
        scale = np.array([SIZE_WH[0] / frame.size_wh[0], SIZE_WH[1] / frame.size_wh[1]] * 2, np.float32)
        found = Detections.empty() if detections is None else detections
        missed = glance.places if detections is None else _missed(glance.places, unclear, frame.size_wh)
        boxes = np.concatenate([found.boxes, _boxes_of(missed)]) * scale
        shrink = np.float32(VIEW_WH[0] / SIZE_WH[0])
        sample = frame.luma()[::SAMPLE_STEP, ::SAMPLE_STEP]
        view = self._view.update(small, sample, boxes * shrink, step_s)
        looks: tuple[SurfaceLook, ...] = ()
        if self._view.is_steady:
            self._unvisited_s += step_s
        if self._view.is_steady and detections is not None:
            since_s, self._unvisited_s = self._unvisited_s, 0.0
            known = _boxes_of([place for place in missed if place.class_id != StreetClass.UNKNOWN])
            unknown = self._background.update(small, np.concatenate([found.boxes, known]) * scale, since_s)
            unknown = Detections(unknown.boxes / scale, unknown.scores, unknown.class_ids)
            self._novelty.judged(unclear)
            looks = self._visit(frame, found, since_s)
            found = self._compared(found, glance).joined(unknown)
        if detections is not None:
            self._judged = glance.luma
        return Observation(
            camera_id=frame.camera_id,
            t_s=frame.t_s,
            captured_at=frame.captured_at,
            size_wh=frame.size_wh,
            gap_s=glance.gap_s,
            view=view,
            looked=detections is not None,
            detections=found if view is ViewState.OK else Detections.empty(),
            proofs=glance.proofs if self._view.is_steady else Proofs.none(),
            surfaces=looks,
            unclear=unclear,
        )

    def remember(self, glance: Glance, places: Sequence[Place], seen: Boxes) -> None:
        """Learn what new and moved places look like, from a frame in which they were seen, in boxes of `seen`."""
        self._stillness.remember(glance.frame.luma(), glance.frame.t_s, places, seen)

    def known_as(self, place_id: int) -> Kept | None:
        """Return what a place is known to look like; None where nothing of it is kept."""
        return self._stillness.kept(place_id)

    def judge_anew(self) -> None:
        """Judge the view by the next looks: it was not looked at for a while, and the light may be another."""
        self._view = ViewJudge()
        self._judged = self._glanced = None

    @property
    def is_stirred(self) -> bool:
        """Whether the last visit to a surface found something new on it, for closer looks to settle."""
        return any(surface.is_stirred for surface in self._surfaces)

    @property
    def is_gathering(self) -> bool:
        """Whether something unknown to the model may have come to rest, for further looks to settle."""
        return self._background.is_gathering

    def checkpoint(self) -> Arrays:
        """Return all reference pictures as arrays, named `part/array`, fit for `numpy.savez`."""
        parts: dict[str, Arrays] = {
            "view": self._view.checkpoint(),
            "stillness": self._stillness.checkpoint(),
            "background": self._background.checkpoint(),
        } | dict(self._pending)
        for surface in self._surfaces:
            parts[f"surface/{surface.zone.zone_id}"] = surface.checkpoint()
        return {f"{part}/{name}": array for part, arrays in parts.items() for name, array in arrays.items()}

    def restore(self, arrays: Mapping[str, npt.NDArray[np.generic]]) -> None:
        """Take up what `checkpoint` returned; references of surfaces drawn anew are left aside.

        Raises:
            ValueError: the arrays are not those of a checkpoint.
        """
        parts: dict[str, Arrays] = {}
        for key, array in arrays.items():
            part, _, name = key.rpartition("/")
            parts.setdefault(part, {})[name] = array
        try:
            self._view.restore(parts.pop("view", {}))
            self._stillness.restore(parts.pop("stillness"))
            self._background.restore(parts.pop("background", {}))
        except KeyError as err:
            raise ValueError(f"checkpoint of perception lacks {err}") from None
        known = {f"surface/{zone.zone_id}" for zone in self._surface_zones}
        self._pending = {part: held for part, held in parts.items() if part in known}
        self._surfaces = []

    def _step(self, t_s: float, gap_s: float) -> float:
        step_s = 0.0 if self._last_t_s is None else t_s - self._last_t_s
        self._last_t_s = t_s
        return min(MAX_STEP_S, max(0.0, step_s - gap_s))

    def _compared(self, found: Detections, glance: Glance) -> Detections:
        """Return the detections, each compared with what was there at the model's look, and at the glance, before."""
        scale = np.array([COMPARED_WH[0] / glance.frame.size_wh[0], COMPARED_WH[1] / glance.frame.size_wh[1]] * 2)
        boxes = (found.boxes * scale).astype(np.float32)
        if self._judged is not None:
            found = replace(found, likeness=likeness(self._judged, glance.luma, boxes))
        if glance.before is not None:
            same = likeness(glance.before, glance.luma, boxes, if_plain=0.0) >= PROOF_SAME
            found = replace(found, still_s=np.where(same, np.float32(glance.step_s), np.float32(0)))
        return found

    def _visit(self, frame: Frame, found: Detections, step_s: float) -> tuple[SurfaceLook, ...]:
        looks = [surface.visit(frame.luma(), found.boxes, step_s) for surface in self._surfaces_for(frame)]
        return tuple(look for look in looks if look is not None)

    def _surfaces_for(self, frame: Frame) -> list[Surface]:
        """Return the surfaces at this frame size; another size makes new ones."""
        if self._surface_zones and (not self._surfaces or self._surfaces[0].frame_wh != frame.size_wh):
            self._surfaces = [Surface(zone, frame.size_wh) for zone in self._surface_zones]
            for surface in self._surfaces:
                surface.restore(self._pending.pop(f"surface/{surface.zone.zone_id}", {}))
        return self._surfaces


def _missed(places: Sequence[Place], unclear: tuple[int, ...], size_wh: SizeWH) -> list[Place]:
    """Return the places that a look was too coarse to see."""
    mask = may_be_missed(_boxes_of(places), unclear, size_wh)
    return [place for place, is_missed in zip(places, mask, strict=True) if is_missed]


def _boxes_of(places: Sequence[Place]) -> Boxes:
    return np.array([place.box for place in places], np.float32).reshape(-1, 4)
