"""Notices a picture that stands still because the camera hangs, and not because its street is quiet.

A sensor's noise changes every independently coded picture a little, almost everywhere, however quiet the street and
low the bit rate; a camera that hangs sends pictures that it has sent before. The picture is cut into tiles, and a tile
counts as repeated if it equals, bit by bit, one of its last pictures: of more than one, as an encoder fed with one
frozen picture alternates between its key frame and the refined ones behind it, but not of many, as a file that plays in
a loop is no frozen camera. How long a tile usually repeats itself is learned, so that cameras with rare key frames, and
plain sky, are judged by their own habits; a clock that is drawn into a frozen picture keeps only the tiles around it
alive.

What cannot be told by this: a frozen sensor behind an encoder that is starved of bits, whose quantiser never settles.
docs/design/recovery.md has the measurements.
"""

import numpy as np
import numpy.typing as npt

from vision.arrays import Picture

FROZEN_S = 12.0
"""A tile that usually changes is dead after so long: two pauses of a camera at rest, which are 8 s and, as its key
frames come, 6 s to 10 s. With the pause before, in which the encoder settles, that makes 24 to 30 s from the fault."""

UNKNOWN_FROZEN_S = 60.0
"""Where habits are not known yet, all tiles must repeat themselves for so long."""

HABITS = 2.0
"""And so many times as long as the tile usually repeats itself."""

HABIT_FADES_S = 600.0
"""Time constant with which a habit is forgotten; encoders stretch their groups by night and shorten them by day."""

DEAD_RATIO = 0.5
"""Share of the tiles with known habits that are dead in a frozen picture: a clock keeps up to 41 % alive, by the
encoder's prediction around it; on a still street 1 % at most repeat themselves."""

KNOWN_RATIO = 0.25
"""Share of tiles whose habits must be known; else `UNKNOWN_FROZEN_S` decides."""

KNOWN_CHANGES = 6
"""Changes after which a tile's habit is known."""

REMEMBERED_S = 2.2
"""Pictures are remembered so long, the last one in any case: most cameras send a key frame every two seconds."""

TILES_HW = (9, 15)
"""Rows and columns of tiles, fewer on small pictures; 240 sampled columns are 30 words, two to a tile."""

WORD = 8
"""Pixels that are compared at a time."""

Times = npt.NDArray[np.float64]
Marks = npt.NDArray[np.uint64]


class FreezeWatch:
    """Watches one camera's pictures for repetition; one thread at a time."""

    def __init__(self) -> None:
        self._shape_hw: tuple[int, ...] = ()
        self._words = np.zeros((0, 0), np.uint64)
        self._weights = self._words
        self._edges = np.zeros(0, int), np.zeros(0, int)
        self._seen: list[tuple[float, Marks]] = []  # and how old they are
        self._still_s: Times = np.zeros(TILES_HW)
        self._habit_s: Times = np.zeros(TILES_HW)
        self._changes = np.zeros(TILES_HW, np.int64)

    def update(self, sample: Picture, step_s: float) -> bool:
        """Take in a look and return whether the picture is frozen.

        Args:
            sample: some pixels of the full-size luma, always the same ones.
            step_s: watched seconds since the look before.
        """
        if sample.shape != self._shape_hw:
            self._begin(sample.shape)
        marks = self._marks(sample)
        aged = [(age_s + step_s, seen) for age_s, seen in self._seen]
        remembered = [(age_s, seen) for age_s, seen in aged if age_s <= REMEMBERED_S] or aged[-1:]
        repeated = np.zeros(marks.shape, bool)
        for _, seen in remembered:
            repeated |= seen == marks
        self._seen = [*remembered, (0.0, marks)]
        self._learn(repeated, step_s)
        self._still_s = np.where(repeated, self._still_s + step_s, 0.0)
        return self._is_frozen()

    def _begin(self, shape_hw: tuple[int, ...]) -> None:
        self._shape_hw = shape_hw
        words_hw = shape_hw[0], -(-shape_hw[1] // WORD)
        self._words = np.zeros(words_hw, np.uint64)
        self._weights = np.random.default_rng(0).integers(0, 2**63, words_hw, np.uint64) * np.uint64(2) + np.uint64(1)
        rows, columns = (
            np.unique(np.linspace(0, length, count, endpoint=False).astype(int))
            for length, count in zip(words_hw, TILES_HW, strict=True)
        )
        self._edges = rows, columns
        tiles_hw = len(rows), len(columns)
        self._seen = []
        self._still_s, self._habit_s = np.zeros(tiles_hw), np.zeros(tiles_hw)
        self._changes = np.zeros(tiles_hw, np.int64)

    def _marks(self, sample: Picture) -> Marks:
        # Sums of products with fixed random odd numbers, modulo 2**64: equal tiles give equal marks, others do not.
        # Eight pixels at a time, as this is done at every look.
        rows, columns = self._edges
        self._words.view(np.uint8)[:, : sample.shape[1]] = sample
        products = self._words * self._weights
        marks: Marks = np.add.reduceat(np.add.reduceat(products, rows, 0), columns, 1)
        return marks

    def _limits_s(self) -> Times:
        return np.maximum(FROZEN_S, HABITS * self._habit_s)

    def _learn(self, repeated: npt.NDArray[np.bool_], step_s: float) -> None:
        self._habit_s *= np.exp(-step_s / HABIT_FADES_S)
        # What lasted as long as a fault was one, and is no habit; but it is one where none is known yet.
        is_known = self._changes >= KNOWN_CHANGES
        is_habit = ~repeated & ((self._still_s < self._limits_s()) | ~is_known)
        self._habit_s = np.where(is_habit, np.maximum(self._habit_s, self._still_s), self._habit_s)
        self._changes += ~repeated

    def _is_frozen(self) -> bool:
        known = self._changes >= KNOWN_CHANGES
        if known.mean() < KNOWN_RATIO:
            return bool((self._still_s >= UNKNOWN_FROZEN_S).all())
        dead = known & (self._still_s >= self._limits_s())
        return bool(dead.sum() >= DEAD_RATIO * known.sum())
