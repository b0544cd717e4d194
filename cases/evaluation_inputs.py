"""Reads what an evaluation cannot know from histories: baselines that people set, what citizens answered, bonus points.

One TOML file holds the rows of all periods; each row finds its period by itself, a baseline by its month, the others by
their case. docs/evaluation.md shows one. The SHA-256 of the file goes into every evaluation that used it.
"""

import hashlib
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from cases.errors import EvaluationInputsError
from cases.grouping import By
from cases.input_problems import InputProblem
from vision.wording import sentence_of

INPUTS_FILE = "evaluation.toml"
"""In the data folder."""

Answer = Literal["satisfied", "mostly", "dissatisfied"]

CaseNumber = Field(min_length=1, max_length=32)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Baseline(_Row):
    table: ClassVar[str] = "baseline"
    by: By
    group: str = Field(min_length=1, max_length=200)
    month: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    cases: Decimal = Field(gt=0, le=10_000_000)

    @property
    def key(self) -> str:
        return f"{self.by} {self.group} {self.month}"


class _Satisfaction(_Row):
    table: ClassVar[str] = "satisfaction"
    case: str = CaseNumber
    answer: Answer

    @property
    def key(self) -> str:
        return self.case


class _Bonus(_Row):
    table: ClassVar[str] = "bonus"
    case: str = CaseNumber
    points: Decimal = Field(ge=Decimal("0.5"), le=2)
    reason: str = Field(min_length=1, max_length=300)

    @property
    def key(self) -> str:
        return self.case


Row = TypeVar("Row", _Baseline, _Satisfaction, _Bonus)


@dataclass(frozen=True, slots=True)
class EvaluationInputs:
    """What people told, by what it is about.

    Attributes:
        baselines: (by, group, month as `2026-11`) to how many cases are usual in that month.
        answers: case number to what the citizen answered.
        bonuses: case number to points.
        sha256: of the file, lower-case hex; empty where there is none.
    """

    baselines: Mapping[tuple[By, str, str], Fraction] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    bonuses: Mapping[str, Fraction] = field(default_factory=dict)
    sha256: str = ""

    def is_satisfied(self, number: str, answer: str) -> bool:
        """Say whether the citizen of a case was satisfied, or mostly so (基本满意).

        Args:
            number: of the case; what the file says of it counts.
            answer: what the history of the case says, where the file says nothing.
        """
        return self.answers.get(number, answer) in ("satisfied", "mostly")

    @property
    def numbers(self) -> frozenset[str]:
        """The cases it speaks of."""
        return frozenset(self.answers) | frozenset(self.bonuses)


def load_inputs(path: Path) -> EvaluationInputs:
    """Read a file of inputs; where there is none, nothing was told.

    Raises:
        EvaluationInputsError: it is no TOML, or rows are wrong; it names every one.
        OSError: it cannot be read.
    """
    if not path.exists():
        return EvaluationInputs()
    raw = path.read_bytes()
    try:
        tables = tomllib.loads(raw.decode("utf-8"), parse_float=Decimal)
    except (ValueError, RecursionError) as err:
        raise EvaluationInputsError(path, [InputProblem("", 0, "", "not_toml", f"it is not TOML: {err}")]) from None
    problems: list[InputProblem] = []
    baselines = _rows(tables.pop("baseline", []), _Baseline, problems)
    answers = _rows(tables.pop("satisfaction", []), _Satisfaction, problems)
    bonuses = _rows(tables.pop("bonus", []), _Bonus, problems)
    sentence = "there is no such table; write baseline, satisfaction or bonus"
    problems += [InputProblem(name, 0, "", "extra_forbidden", sentence) for name in tables]
    if problems:
        raise EvaluationInputsError(path, problems)
    return EvaluationInputs(
        {(row.by, row.group, row.month): Fraction(row.cases) for row in baselines},
        {row.case: row.answer for row in answers},
        {row.case: Fraction(row.points) for row in bonuses},
        hashlib.sha256(raw).hexdigest(),
    )


def check_numbers(path: Path, inputs: EvaluationInputs, known: frozenset[str]) -> None:
    """Refuse inputs that speak of cases that do not exist, which are mostly misspelt ones.

    Raises:
        EvaluationInputsError: it names every one.
    """
    problems = [
        InputProblem(table, 0, "case", "unknown_case", f"there is no case {number!r}")
        for table, numbers in (("satisfaction", inputs.answers), ("bonus", inputs.bonuses))
        for number in sorted(numbers.keys() - known)
    ]
    if problems:
        raise EvaluationInputsError(path, problems)


def _rows(raw: Any, kind: type[Row], problems: list[InputProblem]) -> list[Row]:
    if not isinstance(raw, list):
        problems.append(InputProblem(kind.table, 0, "", "list_type", f"write each row below [[{kind.table}]]"))
        return []
    rows: list[Row] = []
    seen: Counter[str] = Counter()
    for number, entry in enumerate(raw, start=1):
        try:
            row = kind.model_validate(entry)
        except ValidationError as err:
            problems.extend(_problems(kind.table, number, err))
            continue
        seen[row.key] += 1
        if seen[row.key] == 2:
            problems.append(
                InputProblem(
                    kind.table,
                    number,
                    "group" if kind is _Baseline else "case",
                    "twice",
                    f"{row.key} stands here a second time",
                )
            )
        rows.append(row)
    return rows


def _problems(table: str, number: int, err: ValidationError) -> Iterator[InputProblem]:
    for mistake in err.errors(include_url=False):
        yield InputProblem(table, number, _place(mistake), mistake["type"], sentence_of(mistake), _limit(mistake))


def _place(mistake: ErrorDetails) -> str:
    return ".".join(str(part) for part in mistake["loc"])


def _limit(mistake: ErrorDetails) -> str:
    context = mistake.get("ctx", {})
    return next(
        (str(context[name]) for name in ("ge", "gt", "le", "lt", "min_length", "max_length") if name in context), ""
    )
