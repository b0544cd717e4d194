"""The three ways to look that `benchmarks.small_things` compares, for one model.

`whole` looks at the frame, `closer` at the frame and at one sheet of the plan of its camera as the looking thread does,
`fine` at the frame at twice the size: by the same model with a larger input where its file takes any, else by four
tiles of its fixed input. At half scale all of that is done at half the size, within the same input.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Literal

from benchmarks.small_things_data import SmallSet
from models.cards import ModelCard, load_card
from models.choice import choose_engine
from models.model import Model
from pipeline.closer import sizes_wanted
from vision.arrays import SizeWH
from vision.closer_look import CloserLook, Look, Pane, Sheet, merged
from vision.closer_plan import SMALL_PX, plan_closer_looks
from vision.detections import Detections
from vision.frames import Frame
from vision.ground_scale import GroundScale
from vision.zones import Zone

Way = Literal["whole", "closer", "round", "fine"]

WAYS: tuple[Way, ...] = ("whole", "closer", "round", "fine")
"""`round` is the frame with all sheets of its plan: what standing things get in as many looks as there are sheets."""

Plans = Mapping[str, tuple[Sheet, ...]]
"""The plan of each camera."""

EVERYWHERE = Zone("all", "all", ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))

NO_CELLS: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Entrant:
    """A model that takes part.

    Attributes:
        card: its card.
        weights: folder of its weights; the card's own if None.
        whole_wh: input of a look at a whole frame.
        fine_wh: input of a look at twice the size; None where the file takes one size only.
        trained_on: names of the sets that it was trained on, and is not judged by.
    """

    card: Path
    weights: Path | None
    whole_wh: SizeWH
    fine_wh: SizeWH | None
    trained_on: tuple[str, ...] = ()


class Looks:
    """One model with its ways to look; used by one thread.

    Raises:
        ModelError: card, weights or engine are wrong.
    """

    def __init__(self, entrant: Entrant, scratch: Path) -> None:
        card = load_card(entrant.card, weights_folder=entrant.weights)
        self.name = card.name
        self._whole_wh = entrant.whole_wh
        self._model = _opened(card, entrant.whole_wh, scratch / "whole")
        self._fine = _opened(card, entrant.fine_wh, scratch / "fine") if entrant.fine_wh else None

    def look(self, way: Way, frame: Frame, sheets: Sequence[Sheet], *, is_half: bool) -> Detections:
        """Look at a frame one way; for `closer` and `round` at some sheets, too, in one batch."""
        if way != "fine":
            looks: list[Look] = [_whole(frame, is_half=is_half), *(CloserLook(frame, sheet) for sheet in sheets)]
            return reduce(merged, self._model.detect(looks))
        if is_half:
            return self._model.detect([frame])[0]
        if self._fine is not None:
            return self._fine.detect([frame])[0]
        tiles = [CloserLook(frame, sheet) for sheet in tiles_of(frame.size_wh, self._whole_wh)]
        return reduce(merged, self._model.detect(tiles))

    def plans(self, pictures: SmallSet) -> Plans:
        """Return the plan of each camera, by what whole looks at its pictures teach of sizes; marks are not used.

        The zone is the whole picture: nothing is known of where things stand but their size.
        """
        scales: dict[str, GroundScale] = {}
        for picture in (*pictures.lessons, *pictures.pictures):
            found = self.look("whole", picture.frame, (), is_half=pictures.is_half)
            scales.setdefault(picture.camera, GroundScale()).learn(found, picture.frame.size_wh)
        sizes = {picture.camera: picture.frame.size_wh for picture in pictures.pictures}
        return {camera: self._plan(scale, sizes[camera], pictures) for camera, scale in scales.items()}

    def close(self) -> None:
        """Let go of the engines."""
        self._model.close()
        if self._fine is not None:
            self._fine.close()

    def _plan(self, scale: GroundScale, size_wh: SizeWH, pictures: SmallSet) -> tuple[Sheet, ...]:
        wanted = sizes_wanted([(EVERYWHERE, pictures.smallest_m)], scale.px_per_metre(size_wh))
        if not pictures.is_half:
            return plan_closer_looks(size_wh, self._whole_wh, wanted)
        half_wh = self._whole_wh[0] // 2, self._whole_wh[1] // 2
        return plan_closer_looks(size_wh, half_wh, wanted, small_px=2 * SMALL_PX)


def tiles_of(size_wh: SizeWH, input_wh: SizeWH) -> list[Sheet]:
    """Return the tiles at full resolution that cover a picture of at most twice the input, each as a sheet."""
    width, height = min(input_wh[0], size_wh[0]), min(input_wh[1], size_wh[1])
    lefts, tops = sorted({0, size_wh[0] - width}), sorted({0, size_wh[1] - height})
    panes = [Pane((x, y, x + width, y + height), (0, 0)) for y in tops for x in lefts]
    return [Sheet(8, (pane,), NO_CELLS) for pane in panes]


def in_turn(way: Way, sheets: Sequence[Sheet], turn: int) -> Sequence[Sheet]:
    """Return the sheets of a plan that a look shows: all, or the one whose turn it is, or none."""
    if way == "round":
        return sheets
    return sheets[turn % len(sheets) :][:1] if way == "closer" and sheets else ()


def _whole(frame: Frame, *, is_half: bool) -> Look:
    if not is_half:
        return frame
    width, height = (side // 8 * 8 for side in frame.size_wh)
    return CloserLook(frame, Sheet(4, (Pane((0, 0, width, height), (0, 0)),), NO_CELLS))


def _opened(card: ModelCard, input_wh: SizeWH, scratch: Path) -> Model:
    sized = card.model_copy(update={"input_wh": input_wh})
    chosen = choose_engine(sized, scratch)
    return Model(sized, chosen.engine, chosen.choice)
