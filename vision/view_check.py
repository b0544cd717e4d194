"""Says whether two pictures, taken at any distance of time, are of the same view, and the later one can be judged.

It shows a fresh `ViewJudge` the one picture until it knows it, then the other one until the judge has made up its mind,
so that what counts as dark, covered or moved is the same here as while watching.
"""

import cv2
import numpy as np

from vision.arrays import Boxes, Picture
from vision.observations import ViewState
from vision.view_state import CONFIRM_S, LEARN_LOOKS, SIZE_WH, ViewJudge

STEP_S = 1.0
"""Pretended seconds between looks; any pause short of `CONFIRM_S` does."""


def view_after(before: Picture, after: Picture, things: Boxes) -> ViewState:
    """Return how the view of `before` looks in `after`; `OK` where it is the same one and can be judged.

    Light that differs much (a sunny street and the same one at night) is not told from another view: it is not `OK`.

    Args:
        before: (H, W) uint8 luma.
        after: (H, W) uint8 luma, of any size.
        things: (N, 4) boxes in pixels of `after` of what may come and go; left out of the comparison.
    """
    judge = ViewJudge()
    looked_wh = 2 * SIZE_WH[0], 2 * SIZE_WH[1]
    scale = np.array([SIZE_WH[0] / after.shape[1], SIZE_WH[1] / after.shape[0]] * 2, np.float32)
    left_out = things.reshape(-1, 4) * scale
    shown = [cv2.resize(luma, looked_wh, interpolation=cv2.INTER_AREA) for luma in (before, after)]
    decided = 2 * round(CONFIRM_S / STEP_S)
    looks = [shown[0]] * (2 * LEARN_LOOKS) + [shown[1]] * decided
    for number, luma in enumerate(looks):
        sample: Picture = np.full((8, 8), number, np.uint8)  # never twice the same: nothing here is frozen
        judge.update(luma, sample, left_out, STEP_S)
    return judge.state if judge.is_steady or judge.state is not ViewState.OK else ViewState.UNSURE
