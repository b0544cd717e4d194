"""Says what a check of evidence finds as it goes, and at the end how it went, in Chinese or English."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

import typer

from cases.problems import Checked, Facts, ProblemKind
from cases.wording import Language, Words, printable

NOT_AS_WRITTEN = 3
"""Status where something was looked at and does not fit; 1 is for what could not be looked at, 2 for a wrong use."""


@dataclass(slots=True)
class _Totals:
    """What was looked at of one kind."""

    checked: int = 0
    altered: int = 0
    unvouched: int = 0  # as they were signed, by nobody knows whom
    seen: Checked = field(default_factory=Checked)


class Report:
    """Says what a check finds as it goes, and at the end how it went."""

    def __init__(self, words: Words, language: Language) -> None:
        self._words, self._language = words, language
        self._cases, self._zips = _Totals(), _Totals()

    def case(self, name: str, checked: Checked) -> None:
        """Take what was found of a case, or beside the cases."""
        self._take(self._cases, name, checked)

    def beside(self, checked: Checked) -> None:
        """Take what was found beside the cases; it counts as one thing where something is wrong."""
        if checked.problems:
            self._take(self._cases, "", checked)

    def export(self, path: Path, signer: str, checked: Checked) -> None:
        """Take what was found of a ZIP."""
        self._take(self._zips, path.name, checked)
        if signer:
            self._say("signer", name=path.name, fingerprint=signer)

    def end(self) -> None:
        """Say how it went.

        Raises:
            typer.Exit: something is not as it was written.
        """
        of_cases = "whole" if self._cases.checked or not self._zips.checked else ""
        of_zips = "zips_whole" if self._zips.checked else ""
        for totals, key in ((self._cases, of_cases), (self._zips, of_zips)):
            if key and not totals.altered + totals.unvouched:
                facts: Facts = {"files": totals.seen.files, "megabytes": megabytes(totals.seen.size_bytes)}
                self._say(key, cases=totals.checked, zips=totals.checked, **facts)
            if totals.seen.deleted:
                self._say("deleted", files=totals.seen.deleted)
            if totals.seen.unsigned:
                self._say("unsigned", packs=totals.seen.unsigned)
        checked = self._cases.checked + self._zips.checked
        altered, unvouched = (
            self._cases.altered + self._zips.altered,
            self._cases.unvouched + self._zips.unvouched,
        )
        sys.stdout.flush()
        if altered:
            self._warn("altered", altered=altered, checked=checked)
        if unvouched:
            self._warn("unvouched", altered=unvouched, checked=checked)
            self._warn("how_to_trust")
        if altered or unvouched:
            raise typer.Exit(NOT_AS_WRITTEN)

    def _take(self, totals: _Totals, name: str, checked: Checked) -> None:
        is_foreign = [problem.kind is ProblemKind.FOREIGN_SIGNATURE for problem in checked.problems]
        totals.checked += 1
        totals.altered += not all(is_foreign)
        totals.unvouched += bool(is_foreign) and all(is_foreign)
        totals.seen += checked
        for problem in checked.problems:
            line = self._words.problem(problem, self._language)
            sys.stdout.write(f"{printable(name)}: {line}\n" if name else f"{line}\n")

    def _warn(self, key: str, **facts: str | int) -> None:
        sys.stderr.write(self._words.say("told", key, self._language, **facts) + "\n")

    def _say(self, key: str, **facts: str | int) -> None:
        sys.stdout.write(self._words.say("told", key, self._language, **facts) + "\n")


def megabytes(size_bytes: int) -> str:
    """Return a length for people."""
    return f"{size_bytes / 1e6:.1f}"
