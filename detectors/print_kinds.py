"""Tells what appeared on a surface: paper, a sticker, lettering, a banner, or a shadow, dirt, a patch without print.

It weighs what was measured in the picture, how large the thing is where the surface's size is known, and whether
somebody can read something on it. Whether print is lawful is not in the picture: that is told by the allow list.

Belongs here: the judgement; a pure function. Does not: pixels (vision.print_look), text (models.reading), the allow
list (cases.lawful_notices).
"""

from dataclasses import dataclass
from enum import StrEnum

from vision.print_look import PrintLook

MIN_LETTERS = 2
"""Letters that make print of it whatever it looks like; readers see single ones in stains and bricks."""

NO_INK_RATIO = 0.05
"""What has less ink bears no print. Drawn notices, the palest, have 0.09; shadows, stains and fresh paint 0.00."""

ON_SURFACE_RATIO = 0.45
"""Where so much of it looks like the surface, the ink lies on the surface itself: drawn lettering 0.56 and more, paper
at most 0.23."""

DARKER = -4.0
"""Lightness by which shadow and dirt are darker than the surface beside them, of 100."""

SAME_COLOUR = 8.0
"""Colour steps within which something dark may be a shadow or dirt: paint and paper are further off."""

RAGGED_RATIO = 0.25
"""Where so much of the surface looks through something dark it is dirt; a shadow covers its box."""

LEGIBLE_PX = 16.0
"""What is narrower in the picture may bear print that nobody can see: it is not held to bear none."""

STICKER_M2 = 0.035
"""Stickers are at most as large as A5, with some room for measuring."""

BANNER_M, BANNER_ASPECT = 1.5, 2.5
"""A banner is as wide at least, and so many times as wide as high."""

BANNER_ASPECT_ALONE = 4.0
"""Where no metres are known only what is much wider than high is called a banner."""


class PrintKind(StrEnum):
    """What appeared on a surface."""

    PAPER = "paper"
    STICKER = "sticker"
    LETTERING = "lettering"
    BANNER = "banner"
    SHADOW = "shadow"
    DIRT = "dirt"
    UNCLEAR = "unclear"  # a patch without print: blank paper, fresh paint

    @property
    def bears_print(self) -> bool:
        """Whether it is print."""
        return self not in (PrintKind.SHADOW, PrintKind.DIRT, PrintKind.UNCLEAR)


@dataclass(frozen=True, slots=True)
class PrintJudgement:
    """What something is.

    Attributes:
        kind: what it looks like most.
        is_sure: whether letters, or the size that they would need to be seen, make it more than a guess.
    """

    kind: PrintKind
    is_sure: bool


def judge_print(look: PrintLook, letters: int, size_m: tuple[float, float] | None) -> PrintJudgement:
    """Return what a region of a surface is.

    Args:
        look: what was measured.
        letters: how many characters were read on it with some certainty.
        size_m: width and height in metres; None where the surface's size is not known.
    """
    has_text = letters >= MIN_LETTERS
    is_legible = min(look.size_wh_px) >= LEGIBLE_PX
    if not has_text and is_legible and look.ink_ratio < NO_INK_RATIO:
        return PrintJudgement(_without_print(look), is_sure=True)
    if look.surface_ratio >= ON_SURFACE_RATIO:
        return PrintJudgement(PrintKind.LETTERING, is_sure=has_text)
    return PrintJudgement(_sheet(look, size_m), is_sure=has_text)


def _without_print(look: PrintLook) -> PrintKind:
    if look.lightness_step > DARKER or look.colour_step > SAME_COLOUR:
        return PrintKind.UNCLEAR
    return PrintKind.DIRT if look.surface_ratio >= RAGGED_RATIO else PrintKind.SHADOW


def _sheet(look: PrintLook, size_m: tuple[float, float] | None) -> PrintKind:
    width_px, height_px = look.size_wh_px
    aspect = width_px / max(height_px, 1.0)
    if size_m is None:
        return PrintKind.BANNER if aspect >= BANNER_ASPECT_ALONE else PrintKind.PAPER
    if size_m[0] >= BANNER_M and size_m[0] >= BANNER_ASPECT * size_m[1]:
        return PrintKind.BANNER
    return PrintKind.STICKER if size_m[0] * size_m[1] <= STICKER_M2 else PrintKind.PAPER
