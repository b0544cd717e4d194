"""Writes the page of an export that people read: the case, its pictures, how they came about, in Chinese and English.

The page needs nothing from elsewhere and runs no script. Pictures are those that lie beside it in the ZIP. Whatever
came from outside this program (names, reasons, words) is escaped.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from pathlib import Path

from cases.closing import LOOK, LOOK_DELAYED
from cases.examining import EXAMINE
from cases.marks import Mark
from cases.packs import MAY_BE_UNKNOWN, PackFacts, PackFile, Taking, Why
from cases.records import AuditRow, Case, CaseWarning
from cases.said import said_by_program
from cases.wording import Words
from detectors.events import Reason

STYLE_FILE = Path(__file__).parent / "sheet.css"

PICTURES = (".jpg", ".jpeg", ".png")
CLIPS = (".mp4",)

POLICY = "default-src 'none'; img-src 'self' file:; media-src 'self' file:; style-src 'unsafe-inline'"


@dataclass(frozen=True, slots=True)
class SheetPack:
    """One pack as the sheet shows it.

    Attributes:
        number: within the case.
        addresses: where its files lie, by name, relative to the sheet; one that is not here was deleted by rule.
        files, facts: as its manifest says.
        manifest_sha256, previous_sha256: hash of its manifest and of the one before, empty for the first.
        signed_by: fingerprint; empty where it was written before signing began.
    """

    number: int
    addresses: Mapping[str, str]
    files: tuple[PackFile, ...]
    facts: PackFacts
    manifest_sha256: str
    previous_sha256: str
    signed_by: str


@dataclass(frozen=True, slots=True)
class SheetExport:
    """Who hands the case out, why, when (aware UTC), who signs it, and whether bystanders are hidden in it."""

    actor: str
    reason: str
    at: datetime
    signed_by: str
    is_blurred: bool = False


@dataclass(frozen=True, slots=True)
class SheetCase:
    """What the sheet tells: the case, its name in the city's table, its packs, history, and its release if any."""

    case: Case
    code_names: tuple[str, str]
    packs: Sequence[SheetPack]
    history: Sequence[AuditRow]
    export: SheetExport
    release: Mark | None = None


def sheet_html(told: SheetCase, words: Words, local: tzinfo) -> str:
    """Return the whole page.

    Args:
        told: what it tells.
        words: both languages.
        local: the zone of the times that are shown first.
    """
    return _Sheet(words, local).page(told)


class _Sheet:
    """Builds one page; what returns a `str` of HTML has escaped what it was given."""

    def __init__(self, words: Words, local: tzinfo) -> None:
        self._words = words
        self._local = local

    def page(self, told: SheetCase) -> str:
        """Return the document."""
        case, export = told.case, told.export
        title = f"{self._words.both('sheet', 'title')[0]} {escape(case.number)}"
        parts = [
            f"<h1>{self._label('title')} {escape(case.number)}</h1>",
            f'<p class="notice">{self._use(told.release)}</p>',
            f'<p class="notice">{self._label("blurred" if export.is_blurred else "privacy", split=True)}</p>',
            self._facts(self._of_case(told)),
            *(self._pack(pack) for pack in told.packs),
            self._heading("warnings") + self._warnings(case.warnings),
            self._heading("history") + self._history(told.history),
            self._heading("export"),
            self._facts(
                [
                    ("exported_at", self._time(export.at)),
                    ("exported_by", escape(export.actor)),
                    ("exported_why", escape(export.reason)),
                    ("key_of_export", _code(export.signed_by)),
                ]
            ),
            f"<p>{self._label('verify', split=True)}</p>",
            f"<p>{self._label('time_zone', zone=self._zone(export.at), split=True)}</p>",
        ]
        head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        style = STYLE_FILE.read_text("utf-8")
        body = "\n".join(parts)
        return (
            f'<!DOCTYPE html>\n<html lang="zh">\n<head>{head}<title>{title}</title>\n<style>\n{style}</style></head>\n'
            f"<body>\n{body}\n</body>\n</html>\n"
        )

    def _use(self, release: Mark | None) -> str:
        """Say whether the case may serve a penalty, and who answers for that."""
        if release is None:
            return self._label("lead_only", split=True)
        device = release.detail.get("device")
        approval = str(device.get("approval", "")) if isinstance(device, dict) else ""
        by = {"who": release.set_by, "why": release.reason, "approval": approval}
        return f"{self._label('released', split=True, **by)}<br>{self._time(release.set_at)}"

    def _of_case(self, told: SheetCase) -> Iterator[tuple[str, str]]:
        case = told.case
        code_zh, code_en = map(escape, told.code_names)
        yield "number", escape(case.number)
        yield "offence", f"{self._word('offence', case.kind)}<br>{escape(case.code)} {_pair(code_zh, code_en)}"
        yield "state", self._word("state", case.state.value)
        if case.handling.parent_number:
            yield "merged_into", escape(case.handling.parent_number)
        yield "unit", self._unit(case)
        yield "camera", f"{escape(case.camera_name)} ({escape(case.camera_id)})"
        version = self._word("sheet", "version", version=case.zone_version)
        yield "zone", f"{escape(case.zone_name)} ({escape(case.zone_id)}), {version}"
        yield "began", self._time(case.started_at)
        yield "raised", self._time(case.raised_at)
        yield "ended", self._time(case.ended_at) if case.ended_at else self._label("going_on")
        by = f"{escape(case.reviewed_by)}, {self._time(case.reviewed_at)}" if case.reviewed_at else ""
        yield "reviewed", by or self._label("nobody")
        yield "reasons", "<br>".join(self._reason(reason) for reason in case.reasons)
        lacks = [self._word("incomplete", what) for what in case.incomplete]
        yield "incomplete", "<br>".join(lacks) or self._label("nothing_lacks")

    def _unit(self, case: Case) -> str:
        """Return who handles the case, or who is proposed before it is dispatched."""
        if case.handling.unit or not case.proposal.unit:
            return escape(case.handling.unit) or self._label("no_unit")
        return self._label("unit_proposed", unit=case.proposal.unit)

    def _pack(self, pack: SheetPack) -> str:
        purpose = self._words.both("purpose", pack.facts.purpose.value)
        zh, en = (
            self._words.say("sheet", "pack", "zh", number=pack.number, purpose=purpose[0]),
            self._words.say("sheet", "pack", "en", number=pack.number, purpose=purpose[1]),
        )
        figures = "\n".join(self._figure(pack.addresses.get(file.name), file) for file in pack.files)
        facts = self._facts(self._of_pack(pack))
        return f'<h2>{_pair(zh, en)}</h2>\n<div class="pictures">\n{figures}\n</div>\n{facts}\n{self._files(pack)}'

    def _figure(self, where: str | None, file: PackFile) -> str:
        if where is None:
            gone = f"{escape(file.name)}: {self._label('deleted_by_rule')}"
            return f"<figure>{gone}<figcaption>{self._word('role', file.role.value)}</figcaption></figure>"
        address, ending = escape(where), Path(file.name).suffix.lower()
        shown = f'<a href="{address}">{escape(file.name)}</a>'
        if ending in PICTURES:
            shown = f'<a href="{address}"><img src="{address}" alt="{escape(file.name)}"></a>'
        elif ending in CLIPS:
            shown = f'<video src="{address}" controls preload="metadata"></video>'
        at = f", {self._taken(file.taken)}" if file.taken else ""
        return f"<figure>{shown}<figcaption>{self._word('role', file.role.value)}{at}</figcaption></figure>"

    def _of_pack(self, pack: SheetPack) -> Iterator[tuple[str, str]]:
        facts = pack.facts
        why = {unknown.field: unknown.why for unknown in facts.unknown}
        unknown = {
            name: self._word("sheet", "unknown", why=self._words.both("why", why.get(name, Why.NOT_TOLD).value))
            for name in MAY_BE_UNKNOWN
        }
        yield "captured", self._time(facts.captured_at)
        machine = unknown["machine_clock_error_s"]
        if facts.machine_clock_error_s is not None:
            machine = self._word("sheet", "to_utc", seconds=f"{facts.machine_clock_error_s:.3f}")
        yield "clock", f"{self._word('sheet', 'to_machine', seconds=f'{facts.clock_error_s:.3f}')}<br>{machine}"
        yield "camera", f"{escape(facts.camera_name)} ({escape(facts.camera_id)})"
        yield "preset", escape(facts.preset) if facts.preset is not None else unknown["preset"]
        version = self._word("sheet", "version", version=facts.zone_version)
        yield "zone", f"{escape(facts.zone_name)} ({escape(facts.zone_id)}), {version}"
        yield "rule", _settings(facts.rule) if facts.rule is not None else unknown["rule"]
        yield "model", self._model(facts) if facts.model is not None else unknown["model"]
        yield "program", escape(facts.program) or self._word("why", Why.NOT_TOLD.value)
        yield "manifest", _code(pack.manifest_sha256)
        yield "previous", _code(pack.previous_sha256) if pack.previous_sha256 else self._label("first_pack")
        yield "signed_by", _code(pack.signed_by) if pack.signed_by else self._label("unsigned")

    def _model(self, facts: PackFacts) -> str:
        model = facts.model
        if model is None:
            return ""
        threshold = self._word("sheet", "threshold", value=f"{model.threshold:g}")
        return f"{escape(model.name)}, {escape(model.engine)}, {threshold}<br>{_code(model.sha256)}"

    def _files(self, pack: SheetPack) -> str:
        rows = (
            (escape(file.name), self._word("role", file.role.value), f"{file.size_bytes:,}", _code(file.sha256))
            for file in pack.files
        )
        return _table([self._label("file"), self._label("shows"), self._label("bytes"), "SHA-256"], rows)

    def _warnings(self, warnings: Sequence[CaseWarning]) -> str:
        rows = (
            (
                self._time(warning.started_at),
                escape(warning.text),
                f"{self._label('spoken' if warning.ok else 'failed')} {self._receipt(warning)}",
            )
            for warning in warnings
        )
        return _table([], rows) if warnings else f"<p>{self._label('nothing_lacks')}</p>"

    def _history(self, history: Sequence[AuditRow]) -> str:
        rows = (
            (self._time(row.at), self._word("happened", row.action), escape(row.actor), self._said(row))
            for row in history
        )
        return _table([], rows)

    def _said(self, row: AuditRow) -> str:
        """Return why, and of a look after dispatch or a second opinion what it came to."""
        if row.action == EXAMINE:
            said = (
                self._word("examiner", str(row.detail["examiner"])),
                self._word("verdict", str(row.detail["verdict"])),
            )
            return ": ".join(said)
        for family, told in (("finding", row.detail.get("finding")), ("delay", row.detail.get("delay"))):
            if row.action in (LOOK, LOOK_DELAYED) and isinstance(told, str):
                return self._word(family, told)
        return _pair(*map(escape, self._words.reason(row)))

    def _receipt(self, warning: CaseWarning) -> str:
        return _pair(*map(escape, self._words.said(said_by_program(warning.detail), warning.detail)))

    def _reason(self, reason: Reason) -> str:
        value = f"{reason.value:.0%}" if reason.unit == "ratio" else f"{reason.value:g} {reason.unit}".strip()
        return self._word("reason", reason.key, value=value)

    def _heading(self, key: str) -> str:
        return f"<h2>{self._label(key)}</h2>\n"

    def _facts(self, rows: Iterable[tuple[str, str]]) -> str:
        return _table([], ((self._label(key), value) for key, value in rows), heads=True)

    def _label(self, key: str, *, split: bool = False, **facts: str | int) -> str:
        return _pair(*(escape(text) for text in self._words.both("sheet", key, **facts)), split=split)

    def _word(self, family: str, key: str, **facts: str | int | tuple[str, str]) -> str:
        """Return a word in both languages; a fact that is a pair is filled in by language."""
        zh, en = (
            {name: fact[number] if isinstance(fact, tuple) else fact for name, fact in facts.items()}
            for number in (0, 1)
        )
        return _pair(escape(self._words.say(family, key, "zh", **zh)), escape(self._words.say(family, key, "en", **en)))

    def _time(self, at: datetime) -> str:
        shown, utc = at.astimezone(self._local), at.astimezone(UTC)
        return f"{_stamp(shown)} ({utc:%H:%M:%S} UTC)"

    def _taken(self, taken: Taking) -> str:
        return f"{_stamp(taken.captured_at.astimezone(self._local))} ± {taken.clock_error_s:.3f} s"

    def _zone(self, at: datetime) -> str:
        shown = at.astimezone(self._local)
        return f"{self._local} (UTC{shown:%z})"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 1000:03d}"


def _pair(zh: str, en: str, *, split: bool = False) -> str:
    """Return two texts that are escaped already, one behind or below the other; equal ones once."""
    return zh if zh == en else f'{zh}{"<br>" if split else " "}<span class="en">{en}</span>'


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _settings(rule: Mapping[str, object]) -> str:
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in sorted(rule.items()))
    return "<br>".join(_code(line) for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, heads: bool = False) -> str:
    """Return a table of cells that are escaped already; with `heads` the first of each row is its heading."""
    first = f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>\n" if head else ""
    lines = []
    for row in rows:
        cells = [f"<td>{cell}</td>" for cell in row]
        if heads:
            cells[0] = f"<th>{row[0]}</th>"
        lines.append(f"<tr>{''.join(cells)}</tr>")
    kind = "" if heads else ' class="rows"'
    return f"<table{kind}>\n{first}{chr(10).join(lines)}\n</table>"
