"""Knows again what the program itself wrote into a case: reasons of its own steps, refusals and receipts of horns.

They stand in histories as English sentences, once and for good, also those of earlier versions. Here each gets a key
and its facts; the page and the sheets have words for the keys in both languages. What a person typed is his own, also
where it reads like one of these, and is never reworded.

Belongs here: which sentence is which. Does not: the words (words.toml, api/web/text.js), what people wrote.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.records import AuditRow
from cases.states import Action

PROGRAM = "system"
"""The actor of what the program does by itself."""


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence that is known: the family and key of its words, and what is filled in."""

    family: str
    key: str
    facts: Mapping[str, str]


_SENTENCES = (
    ("said", "came_back", r"^it was warned before, left and came back"),
    ("said", "camera_away", r"^the camera has been away too long"),
    ("said", "cut_off", r"^stopped after (?P<seconds>[\d.]+) s"),
    ("said", "horn", r"^horn (?P<horn>[\w-]+)$"),
    ("said", "late", r"^(?P<count>\d+) packets left late"),
    ("said", "left_after", r"^left after the warning"),
    ("said", "left_before", r"^left before any warning"),
    ("said", "more_urgent", r"more urgent announcement"),
    ("said", "no_horn", r"^no horn speaks"),
    (
        "said",
        "play_limit",
        r"^(?P<count>\d+) warnings at this place within (?P<minutes>[\d.]+) minutes; the limit is (?P<limit>\d+)",
    ),
    ("said", "program_stopped", r"the program (is stopping|stopped)"),
    ("said", "quiet", r"^quiet hours from (?P<start>[\d:]+) to (?P<end>[\d:]+)"),
    ("said", "still_there", r"^still there after (?P<count>\d+) warnings"),
    ("said", "same_offence", r"^surely the same offence$"),
    ("said", "stopped", r"stopped by the operator"),
    ("said", "time_is_up", r"^its time is up$"),
    ("said", "until_came", r"^the day it was put off to has come$"),
    ("said", "waited", r"^waited more than (?P<seconds>[\d.]+) s"),
    ("said", "kept_long_enough", r"^(unconfirmed|dismissed|resolved|closed): (?P<days>\d+) d$"),
    ("problem", "horn_auth", r"this user may not speak|asks for a user|refuses our user"),
    ("problem", "horn_busy", r"announcements are waiting|somebody else is speaking"),
    ("problem", "horn_protocol", r"other messages instead|not speak RTSP|^its (body|content|header|status)"),
    (
        "problem",
        "horn_refused",
        r"backchannel|no such path|the other of|elsewhere|manual|where to send|way of signing in",
    ),
    (
        "problem",
        "horn_unavailable",
        r"cannot (connect|write)|connection broke|did not answer|hung up|takes no more|trouble|UDP ports"
        r"|sound (card|output)|sounddevice|PortAudio",
    ),
)

SENTENCES = tuple((family, key, re.compile(pattern)) for family, key, pattern in _SENTENCES)
"""Family, key and pattern of every sentence; the first that is found counts."""


def said_by_program(sentence: str) -> Said | None:
    """Return which sentence of the program this is, or None where it is none that we know."""
    for family, key, pattern in SENTENCES:
        if found := pattern.search(sentence):
            return Said(family, key, found.groupdict())
    return None


def said_in(row: AuditRow) -> Said | None:
    """Return which sentence of the program the reason of a row of history is; None for what a person may have typed.

    Of a warning the program writes which horn spoke it, also where a person ordered it.
    """
    return said_by_program(row.reason) if row.actor == PROGRAM or row.action == Action.WARN else None
