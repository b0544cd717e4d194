"""Turns a picture and what a model found in it into an observation; after this nobody needs the pixels.

`Perception` judges the view, proves by pixels that known things still stand, finds unknown objects against the
long-term background, and visits the watched surfaces. It touches luma only, at small sizes and in small crops. While
the view cannot be judged nothing is learned.

Belongs here: the order of these steps and their common checkpoint. Does not: each step (own modules), the model.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from vision.arrays import Boxes, Picture
from vision.background import SIZE_WH, Background
from vision.classes import StreetClass
from vision.detections import Detections
from vision.frames import Frame
from vision.observations import Observation, Proofs, SurfaceLook, ViewState
from vision.scenes import Place
from vision.stillness import StillnessMemory
from vision.surfaces import Surface
from vision.view_state import SIZE_WH as VIEW_WH
from vision.view_state import ViewJudge
from vision.zones import Zone

SAMPLE_STEP = 8
"""Every so many pixels of the full-size luma are compared bit by bit to notice a frozen picture."""

MAX_STEP_S = 30.0
"""Nobody watched longer than this between two looks, whatever `gap_s` says."""

Arrays = dict[str, npt.NDArray[np.generic]]


class Perception:
    """The eyes of one camera; one thread at a time."""

    def __init__(self, surfaces: Sequence[Zone], *, watch_unknown: Sequence[Zone]) -> None:
        self._surface_zones = tuple(surfaces)
        self._surfaces: list[Surface] = []
        self._pending: dict[str, Arrays] = {}
        self._view = ViewJudge()
        self._stillness = StillnessMemory()
        self._background = Background(watch_unknown)
        self._last_t_s: float | None = None

    def observe(
        self, frame: Frame, detections: Detections | None, places: Sequence[Place], gap_s: float = 0.0
    ) -> Observation:
        """Look at one frame.

        Args:
            frame: the picture; only its luma is read.
            detections: what the model found in it; None where no model looked, then only proofs are taken.
            places: the places of the last scene.
            gap_s: seconds before this frame in which nobody watched.

        Returns:
            The observation; its detections are the model's with unknown objects behind them.
        """
        step_s = self._step(frame.t_s, gap_s)
        luma, small = frame.luma(), frame.luma(SIZE_WH)
        found = Detections.empty() if detections is None else detections
        scale = np.array([SIZE_WH[0] / frame.size_wh[0], SIZE_WH[1] / frame.size_wh[1]] * 2, np.float32)
        boxes = found.boxes * scale
        shrink = np.float32(VIEW_WH[0] / SIZE_WH[0])
        view = self._view.update(small, luma[::SAMPLE_STEP, ::SAMPLE_STEP], boxes * shrink, step_s)
        proofs = Proofs.none()
        looks: tuple[SurfaceLook, ...] = ()
        if self._view.is_steady:
            proofs = self._stillness.compare(luma, places)
            if detections is not None:
                looks = self._visit(frame, luma, found, step_s)
                if self._background.is_needed:
                    unknown = self._background.update(small, boxes, step_s)
                    found = found.joined(Detections(unknown.boxes / scale, unknown.scores, unknown.class_ids))
        return Observation(
            camera_id=frame.camera_id,
            t_s=frame.t_s,
            captured_at=frame.captured_at,
            size_wh=frame.size_wh,
            gap_s=gap_s,
            view=view,
            looked=detections is not None,
            detections=found if view is ViewState.OK else Detections.empty(),
            proofs=proofs,
            surfaces=looks,
        )

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

    def _visit(self, frame: Frame, luma: Picture, found: Detections, step_s: float) -> tuple[SurfaceLook, ...]:
        things: Boxes = found.boxes[found.class_ids != StreetClass.UNKNOWN]
        looks = [surface.visit(luma, things, step_s) for surface in self._surfaces_for(frame)]
        return tuple(look for look in looks if look is not None)

    def _surfaces_for(self, frame: Frame) -> list[Surface]:
        """Return the surfaces at this frame size; another size makes new ones."""
        if self._surface_zones and (not self._surfaces or self._surfaces[0].frame_wh != frame.size_wh):
            self._surfaces = [Surface(zone, frame.size_wh) for zone in self._surface_zones]
            for surface in self._surfaces:
                surface.restore(self._pending.pop(f"surface/{surface.zone.zone_id}", {}))
        return self._surfaces
