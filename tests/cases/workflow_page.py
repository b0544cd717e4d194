"""Reads `docs/workflow.md`: the workflow as people are told, for tests that hold the code against it."""

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parent.parent.parent / "docs" / "workflow.md"
OPEN = "filed, verifying, accepted, approved, dispatched, handling, handled, suspended, checking, checked"


@dataclass(frozen=True)
class Told:
    """A step as the page tells it."""

    action: str
    before: str
    after: str
    posts: frozenset[str]
    needs: frozenset[str]
    may: frozenset[str]


def told_steps() -> dict[tuple[str, str], Told]:
    """Return every step of the page by state and action."""
    steps: dict[tuple[str, str], Told] = {}
    for action, _, states, after, posts, tells in _rows("action"):
        words = [word.strip() for word in tells.split(",") if word.strip()]
        for before in (OPEN if states == "any open" else states).split(", "):
            assert (before, action) not in steps, "the page tells a step twice"
            steps[before, action] = Told(
                action,
                before,
                before if after == "stays" else after,
                frozenset() if posts == "program" else frozenset(posts.split(", ")),
                frozenset(word for word in words if not word.startswith("(")),
                frozenset(word.strip("()") for word in words if word.startswith("(")),
            )
    return steps


def told_stages() -> dict[str, tuple[str, str, str]]:
    """Return the stages of every state in the seven, six and five."""
    return {
        state: (seven, six, five) for states, _, _, seven, six, five in _rows("state") for state in states.split(", ")
    }


def _rows(first: str) -> list[list[str]]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(f"| {first} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip().strip("|").split("|")])
    return rows
