"""Finds number plates of mainland China in lines of text that were read from a vehicle.

A plate is a province's character, a letter, and five signs, or six of new-energy vehicles; the letters I and O stand on
none, so what is read as one is a digit. What has the form but for its province, which is read wrong first, looks like
a plate and is told as no more than that.

Source: GA 36-2018. Left out: plates of the military and of embassies, and those of before 1992.

Belongs here: text to plates; pure functions. Does not: which vehicle a plate is on (pipeline).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.reading import TextLine

SURE_SCORE = 0.9
"""A plate whose weakest sign is surer than this is told as read."""

CONFUSED_FACTOR = 0.95
"""What a sign keeps of its score that the alphabet of plates alone puts right: O for 0, I for 1."""

GUESSED_FACTOR = 0.8
"""What the letter behind the province keeps where a digit was read, which it cannot be."""

LOOKS_LIKE_FACTOR = 0.5
"""What a plate without its province keeps of its score: never enough to be sure."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
UNKNOWN_PROVINCE = "?"

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
NEW_ENERGY = "ABCDEFGHJK"
"""Letters that tell what a new-energy vehicle runs on."""

SPECIAL = "挂学警港澳"
"""May stand in the last place."""

_LETTER_FOR_DIGIT = {"0": "D", "8": "B", "2": "Z", "5": "S"}
_DIGIT_FOR_LETTER = {"O": "0", "I": "1"}

_NOT_SIGNS = re.compile(r"[\s·•.\-—:・|_]")
_SIGN = f"[{LETTERS}0-9]"
_FIVE = f"{_SIGN}{{4}}(?:{_SIGN}|[{SPECIAL}])"
_SIX = rf"(?:[{NEW_ENERGY}]{_SIGN}\d{{4}}|\d{{5}}[{NEW_ENERGY}])"
_SERIAL = re.compile(f"{_SIX}|{_FIVE}")
_HEAD_LENGTH = 2


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """A plate that was read.

    Attributes:
        value: province, letter and serial without gaps; with `UNKNOWN_PROVINCE` where the province was not read.
        score: certainty of its weakest sign in [0, 1].
        corners: (x, y) of its line's corners in pixels of the picture; of the upper one where it has two.
    """

    value: str
    score: float
    corners: tuple[tuple[float, float], ...]

    @property
    def is_whole(self) -> bool:
        """Whether every sign was read."""
        return not self.value.startswith(UNKNOWN_PROVINCE)

    @property
    def is_sure(self) -> bool:
        """Whether it may be told as read; else it is only what it looks like."""
        return self.is_whole and self.score >= SURE_SCORE

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of its middle in pixels of the picture."""
        xs, ys = zip(*self.corners, strict=True)
        return sum(xs) / len(xs), sum(ys) / len(ys)


def plates_in(lines: Sequence[TextLine]) -> tuple[FoundPlate, ...]:
    """Return the plates that stand in lines of print, each once; the surest first.

    Args:
        lines: in the order in which they are read; large plates have two.
    """
    best: dict[str, FoundPlate] = {}
    for line in (*lines, *_pairs(lines)):
        found = _plate(line)
        if found is not None and (found.value not in best or best[found.value].score < found.score):
            best[found.value] = found
    return tuple(sorted(best.values(), key=lambda plate: (-plate.score, plate.value)))


def plate_of(told: str) -> str:
    """Return the value of the plate that a text is as a whole, or an empty one where it is none; for searching."""
    if not told.strip():
        return ""
    found = _plate(TextLine(told.strip(), (1.0,) * len(told.strip()), ((0.0, 0.0),) * 4))
    return found.value if found is not None and found.is_whole else ""


def _pairs(lines: Sequence[TextLine]) -> Iterator[TextLine]:
    """Yield neighbouring lines of which the upper is a province and a letter, as one."""
    for above, below in pairwise(lines):
        if len(_NOT_SIGNS.sub("", above.text)) == _HEAD_LENGTH:
            yield TextLine(above.text + below.text, above.scores + below.scores, above.corners)


def _plate(line: TextLine) -> FoundPlate | None:
    """Return the plate that a line is, as a whole; None where it is none."""
    kept = [
        (folded.upper(), score)
        for sign, score in zip(line.text, line.scores, strict=True)
        if len(folded := unicodedata.normalize("NFKC", sign)) == 1 and not _NOT_SIGNS.match(folded)
    ]
    if not kept:
        return None
    province, rest = (kept[0], kept[1:]) if not kept[0][0].isascii() else ((UNKNOWN_PROVINCE, 1.0), kept)
    if len(rest) not in (6, 7):
        return None
    letter, score = _letter(rest[0])
    serial = [_digit(sign) for sign in rest[1:]]
    text = "".join(sign for sign, _ in serial)
    if letter not in LETTERS or not _SERIAL.fullmatch(text) or sum(sign.isdigit() for sign in text) < 2:
        return None
    weakest = min(score, province[1], *(score for _, score in serial))
    if province[0] in PROVINCES:
        return FoundPlate(province[0] + letter + text, weakest, line.corners)
    return FoundPlate(UNKNOWN_PROVINCE + letter + text, weakest * LOOKS_LIKE_FACTOR, line.corners)


def _letter(sign: tuple[str, float]) -> tuple[str, float]:
    if sign[0] in _LETTER_FOR_DIGIT:
        return _LETTER_FOR_DIGIT[sign[0]], sign[1] * GUESSED_FACTOR
    return sign


def _digit(sign: tuple[str, float]) -> tuple[str, float]:
    if sign[0] in _DIGIT_FOR_LETTER:
        return _DIGIT_FOR_LETTER[sign[0]], sign[1] * CONFUSED_FACTOR
    return sign
