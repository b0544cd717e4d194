"""What examiners say about a candidate before anything is said or filed because of it, and what follows from it.

An examiner is a second opinion: a memory of false alarms, a larger model, whatever else. Each says one thing about a
case, once, and all of it is kept in the case's history. One that doubts holds the case back: the program neither warns
nor files because of it, and a person decides. One that fails holds back nothing.

Belongs here: the words and the rule. Does not: rows (examining_columns), who examines, and when (pipeline.examining).
"""

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from cases.states import CaseState

EXAMINE = "examine"
"""What the history tells of what an examiner said."""

HELD_STATES = (CaseState.CANDIDATE, CaseState.WARNED)
"""Where a doubt counts, until a person vouches for the case."""

MAX_WORDS, MAX_FACTS, MAX_VALUE = 500, 32, 200
"""Characters of an examiner's own words, facts of one examination and characters of a fact that are kept; more is cut.
An answer from outside must not fill the history of a case."""


class Verdict(StrEnum):
    """What an examination came to."""

    CONFIRMS = "confirms"
    DOUBTS = "doubts"
    UNSURE = "unsure"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that an examiner found besides its verdict.

    Attributes:
        key: what it is, worded by the page as `examfact.<key>`.
        value: as text.
        score: certainty in [0, 1]; None where there is none.
    """

    key: str
    value: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Examination:
    """What one examiner said about one case.

    Attributes:
        examiner: who, worded by the page as `examiner.<examiner>`.
        verdict: what it came to.
        reason: why, worded by the page as `examined.<reason>`.
        score: how sure, in [0, 1]; None where nothing was measured.
        words: its own words, where it has some.
        asked: the model or the address that was asked, without secrets.
        took_s: how long it took.
        facts: what else was found.
    """

    examiner: str
    verdict: Verdict
    reason: str
    score: float | None = None
    words: str = ""
    asked: str = ""
    took_s: float = 0.0
    facts: tuple[Fact, ...] = ()

    def detail(self) -> dict[str, JsonValue]:
        """Return it as it stands in the history."""
        return {
            "examiner": self.examiner,
            "verdict": self.verdict.value,
            "reason": self.reason,
            "score": None if self.score is None else round(self.score, 3),
            "words": self.words[:MAX_WORDS],
            "asked": self.asked[:MAX_VALUE],
            "took_s": round(self.took_s, 2),
            "facts": [
                {
                    "key": fact.key,
                    "value": fact.value[:MAX_VALUE],
                    "score": None if fact.score is None else round(fact.score, 3),
                }
                for fact in self.facts[:MAX_FACTS]
            ],
        }


def is_held_back(doubted: bool, state: CaseState, reviewed_by: str) -> bool:
    """Return whether a doubt holds a case back now: nobody has vouched for it, and it is not decided."""
    return doubted and state in HELD_STATES and not reviewed_by
