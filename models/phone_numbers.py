"""Finds telephone numbers and names of messengers in lines of text that were read from print.

Mobile numbers are 1[3-9] and nine digits; numbers of a place have their area code; 400 and 800 numbers ten digits.
Print divides them by blanks and dashes, and over two lines; readers take O for 0 and l for 1. Numbers of WeChat and QQ
look like anything, so they count only behind their name.

Belongs here: text to numbers; pure functions. Does not: reading pictures (reading), who else has the number (cases).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from models.reading import TextLine

SURE_SCORE = 0.9
"""A number whose weakest digit is surer than this is told as read; docs/reading.md has how often that was right."""

CONFUSED_FACTOR = 0.8
"""What a letter that stands for a digit keeps of its score: never enough to be sure."""

JOINED_FACTOR = 0.85
"""What a number over two lines keeps of its score: two numbers that stand one above the other may have been joined."""

MOST_CONFUSED = 3
"""A run with more letters than this is a word."""

DIGITS = {"O": "0", "o": "0", "〇": "0", "○": "0", "l": "1", "I": "1", "|": "1", "i": "1", "S": "5", "B": "8", "Z": "2"}
"""What readers take digits for."""

GAPS = " -.·—–_()~"
"""What print puts between groups of digits."""


class NumberKind(StrEnum):
    """What a number is of."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"  # 400 and 800
    WECHAT = "wechat"
    QQ = "qq"


@dataclass(frozen=True, slots=True)
class FoundNumber:
    """A number that was read.

    Attributes:
        kind: what it is of.
        value: digits only; of WeChat the name in small letters.
        score: certainty of its weakest character in [0, 1].
    """

    kind: NumberKind
    value: str
    score: float

    @property
    def is_sure(self) -> bool:
        """Whether it may be told as read; else it is only what it looks like."""
        return self.score >= SURE_SCORE


_GAP = rf"[{re.escape(GAPS)}]{{0,2}}"


def _grouped(*groups: int) -> str:
    return _GAP.join(rf"\d{{{count}}}" for count in groups)


_FORMS = (
    (NumberKind.MOBILE, re.compile(rf"1[3-9]\d(?:{_GAP}(?:{_grouped(4, 4)}|{_grouped(3, 5)}))")),
    (NumberKind.MOBILE, re.compile(rf"1[3-9]\d\d{_GAP}(?:{_grouped(3, 4)}|{_grouped(4, 3)})")),
    (NumberKind.MOBILE, re.compile(rf"1[3-9]\d{{3}}{_GAP}(?:{_grouped(6)}|{_grouped(3, 3)})")),
    (NumberKind.SERVICE, re.compile(rf"[48]00{_GAP}(?:{_grouped(3, 4)}|{_grouped(4, 3)})")),
    (NumberKind.LANDLINE, re.compile(rf"0(?:10|2\d){_GAP}(?:[2-8]\d{{3}}{_GAP}\d{{4}})")),
    (NumberKind.LANDLINE, re.compile(rf"0[3-9]\d\d{_GAP}(?:[2-8]\d{{3}}{_GAP}\d{{4}}|[2-8]\d{{2}}{_GAP}\d{{4}})")),
)
"""The forms of numbers, by what may stand between their groups."""

_WECHAT = re.compile(r"(?:微信号?|加微|[Vv][Xx]|[Ww][Xx]|[Ww]e[Cc]hat|V信|v信)[\s:：号]*([A-Za-z][-_A-Za-z0-9]{5,19})")
_QQ = re.compile(r"[Qq]{2}[\s:：号群]*([1-9]\d{4,10})(?!\d)")


@dataclass(frozen=True, slots=True)
class _Signs:
    """Characters with the score of each."""

    text: str
    scores: tuple[float, ...]

    def score(self, span: tuple[int, int]) -> float:
        """Return the certainty of the weakest character that says something."""
        told = [
            s for sign, s in zip(self.text[slice(*span)], self.scores[slice(*span)], strict=True) if sign not in GAPS
        ]
        return min(told, default=0.0)


def numbers_in(lines: Sequence[TextLine]) -> tuple[FoundNumber, ...]:
    """Return the numbers that stand in lines of print, each once, with its best score; the surest first.

    Args:
        lines: in the order in which they are read.
    """
    best: dict[tuple[NumberKind, str], FoundNumber] = {}
    for found in (*_in_lines(lines), *_over_lines(lines)):
        known = best.get((found.kind, found.value))
        if known is None or known.score < found.score:
            best[found.kind, found.value] = found
    return tuple(sorted(best.values(), key=lambda found: (-found.score, found.kind, found.value)))


def number_of(told: str) -> str:
    """Return the value of the number that a text is as a whole, or an empty one where it is none; for searching."""
    line = told.strip()
    if not line:
        return ""
    signs = _signs(line, (1.0,) * len(line))
    spans = [(span, found) for span, found in _matches(signs) if span == (0, len(line))]
    return spans[0][1].value if spans else ""


def _in_lines(lines: Sequence[TextLine]) -> Iterator[FoundNumber]:
    for line in lines:
        yield from _named(line)
        yield from (found for _, found in _matches(_signs(line.text, line.scores)))


def _over_lines(lines: Sequence[TextLine]) -> Iterator[FoundNumber]:
    """Yield numbers that begin at the end of a line and end in the next one."""
    for above, below in pairwise(lines):
        signs = _signs(above.text + below.text, above.scores + below.scores)
        border = len(above.text)
        for (begin, end), found in _matches(signs):
            if begin < border < end:
                yield FoundNumber(found.kind, found.value, found.score * JOINED_FACTOR)


def _named(line: TextLine) -> Iterator[FoundNumber]:
    """Yield what stands behind the name of a messenger."""
    for kind, form in ((NumberKind.WECHAT, _WECHAT), (NumberKind.QQ, _QQ)):
        for match in form.finditer(line.text):
            yield FoundNumber(kind, match[1].lower(), min(line.scores[slice(*match.span(1))]))


def _signs(text: str, scores: Sequence[float]) -> _Signs:
    """Return a text with wide forms made narrow and the numbers of QQ blotted out; as many characters as before."""
    narrow = "".join(folded if len(folded := unicodedata.normalize("NFKC", sign)) == 1 else sign for sign in text)
    return _Signs(_QQ.sub(lambda match: "#" * len(match[0]), narrow), tuple(scores))


def _matches(signs: _Signs) -> Iterator[tuple[tuple[int, int], FoundNumber]]:
    """Yield numbers and where they stand, from the left, none overlapping another."""
    digits = "".join(DIGITS.get(sign, sign) for sign in signs.text)
    at = 0
    while at < len(digits):
        found = _match_at(signs, digits, at)
        if found is None:
            at += 1
        else:
            yield found
            at = found[0][1]


def _match_at(signs: _Signs, digits: str, at: int) -> tuple[tuple[int, int], FoundNumber] | None:
    if at > 0 and _is_digit(signs.text[at - 1]):
        return None
    for kind, form in _FORMS:
        match = form.match(digits, at)
        if match is None or (match.end() < len(digits) and _is_digit(signs.text[match.end()])):
            continue
        read = signs.text[at : match.end()]
        confused = sum(not _is_digit(sign) and sign not in GAPS for sign in read)
        if confused <= MOST_CONFUSED:
            value = "".join(filter(_is_digit, match[0]))
            score = signs.score(match.span()) * (CONFUSED_FACTOR if confused else 1.0)
            return match.span(), FoundNumber(kind, value, score)
    return None


def _is_digit(sign: str) -> bool:
    return sign.isascii() and sign.isdigit()
