"""Keeps the still picture of a street with what hangs in it at the moment; painted anew only when that changes.

Furniture that stands before a wall hides what is posted there, and what sticks on a pole stays on it when somebody
walks past behind.
"""

import math
from collections.abc import Sequence

import cv2

from datasets.backdrop import Backdrop
from datasets.draw_paper import PaperPatch
from datasets.ground_camera import GroundCamera
from datasets.street import Street
from vision.arrays import Picture


class StillPapers:
    """The backdrop of one scene with its papers. Not for several threads at once."""

    def __init__(self, backdrop: Backdrop, papers: Sequence[PaperPatch], street: Street, camera: GroundCamera) -> None:
        self._backdrop, self._papers = backdrop, papers
        self._hidden_by = [
            [prop for prop in backdrop.props if math.dist(prop.ground, lens) < away]
            for lens, away in ((camera.position[:2], _distance(patch, street, camera)) for patch in papers)
        ]
        self._hung: tuple[bool, ...] = (False,) * len(papers)
        self._still = backdrop.bgr

    def at(self, t_s: float) -> Picture:
        """Return (H, W, 3) BGR at a time within the period; shared, so it must only be read."""
        hung = tuple(patch.hangs(t_s) for patch in self._papers)
        if hung != self._hung:
            self._still = self._painted(hung)
            self._hung = hung
        return self._still

    def _painted(self, hung: Sequence[bool]) -> Picture:
        bgr = self._backdrop.bgr.copy()
        for patch, hangs, props in zip(self._papers, hung, self._hidden_by, strict=True):
            if not hangs:
                continue
            patch.paste(bgr)
            for prop in props:
                x, y = prop.corner
                rows, columns = slice(y, y + prop.mask.shape[0]), slice(x, x + prop.mask.shape[1])
                cv2.copyTo(self._backdrop.bgr[rows, columns], prop.mask, bgr[rows, columns])
        return bgr


def _distance(patch: PaperPatch, street: Street, camera: GroundCamera) -> float:
    """How far from the camera a paper is, over the ground."""
    paper = patch.paper
    y = {"pole": street.furniture_y - 0.2, "pavement": paper.z}.get(paper.surface, street.front_y)
    return math.dist((paper.x + paper.width_m / 2, y), camera.position[:2])
