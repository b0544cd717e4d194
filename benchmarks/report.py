"""Writes a benchmark's result: machine, commit, settings, samples with median and spread, and the goals.

Every benchmark writes the same shape, so that two runs can be compared field by field and a README figure can be
traced to its command. A goal that is missed stays in the file with `met` false.

Belongs here: the file and its arithmetic. Does not: measuring (measuring), what is compared (each benchmark).
"""

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from pydantic import JsonValue

CHECKOUT = Path(__file__).resolve().parent.parent

LIBRARIES = (
    "av",
    "numpy",
    "onnxruntime",
    "opencv-python-headless",
    "openvino",
    "scipy",
    "psutil",
    "sqlalchemy",
    "psycopg",
)
"""Whose versions move the figures."""

GIT_LIMIT_S = 10.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Middle and spread of some samples; quartiles by linear interpolation, as NumPy's default."""

    median: float
    minimum: float
    lower_quartile: float
    upper_quartile: float
    maximum: float
    samples: int


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal of a benchmark.

    Attributes:
        name: what is measured.
        goal: the limit in words and figures, as `<= 0.20`.
        value: what was reached; None where it could not be measured, which misses the goal.
        met: whether it was reached.
        applies: whether it holds on a machine like this one; written to JSON only where it does not.
    """

    name: str
    goal: str
    value: float | None
    met: bool
    applies: bool = True

    @property
    def told(self) -> str:
        """The goal and what became of it, as a line for the terminal."""
        verdict = ("met   " if self.met else "missed") if self.applies else "n/a   "
        return f"{verdict} {self.name}: {self.value} ({self.goal})"


@dataclass(frozen=True, slots=True)
class Report:
    """A benchmark's result; everything in it goes to JSON as it stands.

    Attributes:
        name: of the benchmark.
        settings: what was asked for.
        definitions: what each figure means, one sentence each.
        samples: one row per measured window, in the order they were measured.
        summary: medians and spreads.
        goals: what was wanted and what was reached.
        notes: what a reader must know to judge the figures.
        began: when and how busy the machine was before the run.
    """

    name: str
    settings: Mapping[str, JsonValue]
    definitions: Mapping[str, str]
    samples: Sequence[Mapping[str, JsonValue]]
    summary: JsonValue
    goals: Sequence[Goal]
    notes: Sequence[str]
    began: "Beginning"


@dataclass(frozen=True, slots=True)
class Beginning:
    """The moment before a run: wall time (ISO 8601, UTC) and the load averages over 1, 5 and 15 minutes."""

    at: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    load_average: tuple[float, float, float] = field(default_factory=os.getloadavg)


def spread(values: Sequence[float]) -> Spread:
    """Return median and spread.

    Raises:
        ValueError: there are no values.
    """
    if not values:
        raise ValueError("no samples: a spread needs at least one value")
    if len(values) == 1:
        only = values[0]
        return Spread(only, only, only, only, only, 1)
    lower, median, upper = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, min(values), lower, upper, max(values), len(values))


def at_most(name: str, limit: float, value: float | None) -> Goal:
    """Return a goal that is met where the value does not exceed the limit."""
    return Goal(name, f"<= {limit:g}", value, value is not None and value <= limit)


def at_least(name: str, limit: float, value: float | None, *, applies: bool = True) -> Goal:
    """Return a goal that is met where the value reaches the limit."""
    return Goal(name, f">= {limit:g}", value, value is not None and value >= limit, applies)


def write_report(path: Path, report: Report) -> None:
    """Write a result as JSON; the folder is made where it is missing.

    Raises:
        OSError: it cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(to_json(report), ensure_ascii=False, indent=1, allow_nan=False)
    path.write_text(text + "\n", encoding="utf-8")


def to_json(report: Report) -> dict[str, JsonValue]:
    """Return a result with the facts about machine, commit and command, as it is written."""
    return {
        "benchmark": report.name,
        "command": shlex.join(["python", "-m", f"benchmarks.{report.name}", *sys.argv[1:]]),
        "began_at": report.began.at,
        "ended_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_average_before": list(report.began.load_average),
        "commit": commit_of(CHECKOUT),
        "machine": machine_facts(),
        "settings": dict(report.settings),
        "definitions": dict(report.definitions),
        "notes": list(report.notes),
        "goals": [_goal_json(goal) for goal in report.goals],
        "summary": report.summary,
        "samples": [dict(sample) for sample in report.samples],
    }


def _goal_json(goal: Goal) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = asdict(goal)
    if goal.applies:
        del row["applies"]
    return row


def machine_facts() -> dict[str, JsonValue]:
    """Return what the figures depend on: processor, cores, memory, system, Python and libraries."""
    return {
        "cpu": _cpu_name(),
        "cores": os.cpu_count() or 0,
        "usable_cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 2**30, 1),
        "os": platform.platform(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
    }


def commit_of(checkout: Path) -> str:
    """Return the commit that is checked out, with `+changes` where files differ from it; empty without git."""
    commit = _git(checkout, "rev-parse", "HEAD")
    changed = _git(checkout, "status", "--porcelain", "--untracked-files=no") if commit else ""
    return f"{commit}+changes" if changed else commit


def _git(checkout: Path, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), *arguments], capture_output=True, text=True, timeout=GIT_LIMIT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "absent"
