"""The human gate before penal use: a named person vouches for a case, and only for one that may serve.

Until then whatever is handed out says that it is a lead only (线索). Nothing here decides on a penalty.

Source: 行政处罚法 (2021), article 41: records that were not reviewed, or do not pass the review, are no evidence.
"""

from datetime import tzinfo

from pydantic import JsonValue

from cases.case_numbers import BEIJING
from cases.devices import DeviceEntry
from cases.evidence_errors import NotReleasableError
from cases.marks import MACHINE, Mark, MarkKind, Marks
from cases.noting import EvidenceDeed
from cases.records import Case

NEVER = frozenset({"candidate", "dismissed", "not_accepted", "merged"})
"""States in which nobody has held the case to be true, or somebody has held it to be false."""


def hindrances(case: Case, device: DeviceEntry | None, local: tzinfo = BEIJING) -> tuple[str, ...]:
    """Return why a case cannot be released, as keys that `words.toml` words below `hindrance`; empty if it can."""
    days = [pack.captured_at.astimezone(local).date() for pack in case.packs if pack.purpose.value != "deletion"]
    found = {
        "state": case.state.value in NEVER,
        "nobody_reviewed": case.reviewed_by in ("", MACHINE),
        "incomplete": bool(case.incomplete),
        "deleted": any(pack.deleted_at for pack in case.packs),
        "no_device": device is None,
        "calibration": device is not None and not all(device.is_valid_on(day) for day in days),
    }
    return tuple(key for key, is_so in found.items() if is_so)


def release(marks: Marks, case: Case, device: DeviceEntry | None, deed: EvidenceDeed, local: tzinfo = BEIJING) -> Mark:
    """Mark a case as fit for penal use; what it was judged by is kept with it.

    Args:
        marks: where it is recorded.
        case: as it is stored now.
        device: what the register says of its camera; None where it says nothing.
        deed: the reviewer, when, and on which legal ground.
        local: the zone of the days of calibration.

    Raises:
        NotReleasableError: the program asks, it is released already, or something is in the way; all of it is named.
        ReasonMissingError, UnknownCaseError, DatabaseError: as they say.
    """
    if deed.actor.strip() in ("", MACHINE):
        raise NotReleasableError(f"case {case.number}: only a named reviewer may release a case, not {deed.actor!r}")
    if marks.current(case.case_id, MarkKind.RELEASE) is not None:
        raise NotReleasableError(f"case {case.number} is released already")
    in_the_way = hindrances(case, device, local)
    if in_the_way or device is None:
        lacks = f" ({', '.join(case.incomplete)})" if case.incomplete else ""
        raise NotReleasableError(
            f"case {case.number} stays a lead: {', '.join(SENTENCES[key] for key in in_the_way)}{lacks}", in_the_way
        )
    manifests: dict[str, JsonValue] = {str(number): sha256 for number, sha256 in sorted(case.manifests.items())}
    return marks.release(case.case_id, deed, {"device": device.told(), "manifests": manifests})


SENTENCES = {
    "state": "nobody holds it to be true, or it was withdrawn",
    "nobody_reviewed": "no person has confirmed it",
    "incomplete": "its evidence is incomplete",
    "deleted": "evidence of it was deleted by rule",
    "no_device": "its camera is not in the device register",
    "calibration": "its camera's calibration did not hold on that day",
}
"""What is in the way, for whoever asks."""
