"""Tells by pixels whether a model would see anything new: something came to rest, or went, since it last looked.

Works on the small luma, with comparisons of bytes only. What moves from look to look is no news: it is neither at rest
nor gone. So a street with flowing traffic needs no model at all until something stops in it.

Belongs here: the comparison. Does not: what the news is (the model), what follows from it (pipeline.watch).
"""

from collections.abc import Collection, Sequence

import cv2
import numpy as np

from vision.arrays import Picture
from vision.cells import cell_mask, cells_in
from vision.zones import Zone, standing_mask

SIZE_WH = (320, 180)
"""Size of the luma that is compared, as in `vision.background`."""

STILL_DIFFERENCE = 10
"""Grey values by which a pixel at rest may differ between two looks: noise and compression move it by up to 6."""

NEW_DIFFERENCE = 14
"""Grey values by which it must differ from what the model has judged."""

WINDOW_PX, WINDOW_SHARE = 7, 0.5
"""Somewhere half of a window of this side must be new: a small car in a far lane covers 12 x 8 px."""


class Novelty:
    """What a model has judged of one camera's zones; one thread at a time.

    Attributes:
        new_cells: cells (`vision.cells`) with news at the last look.
    """

    def __init__(self, zones: Sequence[Zone]) -> None:
        self._watched = standing_mask(zones, SIZE_WH).astype(np.uint8) * 255
        self._last: Picture | None = None
        self._judged: Picture | None = None
        self._still = np.zeros_like(self._watched)
        self.new_cells: tuple[int, ...] = ()

    def look(self, luma: Picture) -> bool:
        """Take in a look and return whether the model should see it.

        Args:
            luma: `SIZE_WH` uint8.
        """
        now = cv2.GaussianBlur(luma, (3, 3), 0)
        self.new_cells = ()
        if self._last is None or self._judged is None:
            self._last, self._still = now, np.full_like(now, 255)
            return bool(self._watched.any())
        self._still = _within(now, self._last, STILL_DIFFERENCE)
        self._last = now
        new = cv2.bitwise_and(self._still, cv2.bitwise_not(_within(now, self._judged, NEW_DIFFERENCE)))
        density = cv2.blur(cv2.bitwise_and(new, self._watched), (WINDOW_PX, WINDOW_PX))
        if int(density.max()) <= 255 * WINDOW_SHARE:
            return False
        self.new_cells = cells_in(density > 255 * WINDOW_SHARE)
        return True

    def judged(self, unclear: Collection[int] = ()) -> None:
        """Note that the model has seen the last look; what moved in it remains to be judged.

        Args:
            unclear: cells in which it saw too little; what is new there remains news.
        """
        if self._last is None:
            return
        clear = cv2.bitwise_not(cell_mask(unclear, SIZE_WH))
        if self._judged is None:
            # What nobody judged is like nothing that may be there.
            self._judged = np.where(clear > 0, self._last, cv2.bitwise_xor(self._last, np.full_like(clear, 128)))
        else:
            cv2.copyTo(self._last, cv2.bitwise_and(self._still, clear), self._judged)


def _within(one: Picture, other: Picture, difference: int) -> Picture:
    """Return 255 where two pictures differ by no more than that, else 0."""
    return cv2.compare(cv2.absdiff(one, other), difference, cv2.CMP_LE)
