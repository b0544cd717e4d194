"""Words for people who read evidence outside the page, in Chinese and English; they stand in `words.toml` only."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from cases.problems import Problem
from cases.records import AuditRow
from cases.said import Said, said_in

Language = Literal["zh", "en"]

WORDS_FILE = Path(__file__).parent / "words.toml"


class Words:
    """The words of both languages; any thread may read them."""

    def __init__(self, table: Mapping[str, Mapping[str, tuple[str, str]]]) -> None:
        self._table = table

    @classmethod
    def load(cls) -> "Words":
        """Read the words that come along."""
        raw = tomllib.loads(WORDS_FILE.read_text("utf-8"))
        return cls({family: {key: (zh, en) for key, (zh, en) in rows.items()} for family, rows in raw.items()})

    def say(self, family: str, key: str, language: Language, **facts: str | int) -> str:
        """Return a sentence with facts filled in; a key that a newer version wrote stands for itself."""
        pair = self._table[family].get(key)
        return key if pair is None else pair[0 if language == "zh" else 1].format(**facts)

    def both(self, family: str, key: str, **facts: str | int) -> tuple[str, str]:
        """Return the same in Chinese and in English."""
        return self.say(family, key, "zh", **facts), self.say(family, key, "en", **facts)

    def reason(self, row: AuditRow) -> tuple[str, str]:
        """Return the reason of a row of history in both languages; what a person typed as it stands."""
        if row.reason in self._table["quick"]:  # chosen by a digit: the key is what is stored
            return self.both("quick", row.reason)
        return self.said(said_in(row), row.reason)

    def said(self, said: Said | None, text: str) -> tuple[str, str]:
        """Return a sentence of the program in both languages; the text as it stands where it is none that we know."""
        return self.both(said.family, said.key, **said.facts) if said else (text, text)

    def problem(self, problem: Problem, language: Language) -> str:
        """Return one line that tells a problem: where, what kind, what was found."""
        kind = self.say("kind", problem.kind.value, language)
        found = self.say("found", problem.said, language, **problem.facts)
        colon = "：" if language == "zh" else ": "
        return printable(f"{problem.path}{colon}{kind}{colon}{found}")


def printable(text: str) -> str:
    """Return a text without what could steer a terminal; names of files come from anywhere."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
