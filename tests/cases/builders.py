"""Builds the records that tests of cases need, with all that is not of interest filled in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from cases.packs import (
    Manifest,
    ModelFacts,
    OpeningFacts,
    Pack,
    PackFacts,
    PackFile,
    PackPurpose,
    Part,
    PartRole,
    sha256_hex,
)
from cases.records import CaseWarning, NewCase, case_id_of
from cases.signing import SigningKey
from cases.trust import Trust
from detectors.events import Reason

NOON = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
"""Noon in Beijing."""

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"the key that tests sign with...."))
OTHER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(b"a key that nobody has heard of.."))
TRUST = Trust().also([KEY.public])
"""Whose signatures count in tests: `KEY`'s, not `OTHER_KEY`'s."""

REASONS = (Reason("dwell", 312.5, "s"), Reason("limit", 300.0, "s"))


def facts(**changes: Any) -> PackFacts:
    """Return facts of a pack."""
    base = PackFacts(
        event_id="event-1",
        kind="vending",
        purpose=PackPurpose.OPENING,
        camera_id="gate-3",
        camera_name="东门",
        zone_id="kerb",
        zone_name="人行道",
        zone_version=2,
        t_s=1763697600.25,
        captured_at=NOON,
        clock_error_s=0.2,
        model=ModelFacts("street-nano", "ab" * 32, 0.35, "onnxruntime-cpu"),
        reasons=REASONS,
    )
    return replace(base, **changes)


OPENING = OpeningFacts(
    code="0406",
    box=(100.0, 120.5, 220.0, 300.0),
    class_label="stall",
    score=0.81,
    started_at=NOON - timedelta(seconds=300),
    raised_at=NOON,
)


def parts() -> list[Part]:
    """Return two small files."""
    return [Part("panorama-1.jpg", b"panorama", PartRole.PANORAMA), Part("close-up.jpg", b"close", PartRole.CLOSE_UP)]


def new_case(event_id: str = "event-1", **changes: Any) -> NewCase:
    """Return a case about to be opened."""
    base = NewCase(
        case_id=case_id_of(event_id),
        event_id=event_id,
        kind="vending",
        code="0406",
        camera_id="gate-3",
        camera_name="东门",
        zone_id="kerb",
        zone_name="人行道",
        zone_version=2,
        started_at=NOON - timedelta(seconds=300),
        raised_at=NOON,
        opened_at=NOON + timedelta(seconds=1),
        box=(100.0, 120.5, 220.0, 300.0),
        class_label="stall",
        score=0.81,
        reasons=REASONS,
    )
    return replace(base, **changes)


def pack_of(event_id: str = "event-1", number: int = 1, **changes: Any) -> Pack:
    """Return a pack as the evidence store would, without any file."""
    case_id = case_id_of(event_id)
    files = (PackFile("panorama-1.jpg", PartRole.PANORAMA, sha256_hex(b"panorama"), 8),)
    manifest = Manifest(case_id, number, NOON, "", files, facts(event_id=event_id, **changes))
    return Pack(f"2026/11/21/{case_id}/pack-{number:04d}", manifest, sha256_hex(f"{case_id} {number}".encode()))


def warning(**changes: Any) -> CaseWarning:
    """Return a warning that went well."""
    base = CaseWarning(
        horn_id="horn-1",
        phrase="vending",
        level=1,
        text="请不要占道经营",
        started_at=NOON + timedelta(seconds=20),
        duration_s=4.5,
        ok=True,
        detail="",
        codec="pcm_mulaw",
        bytes_sent=36000,
        audio_sha256="cd" * 32,
        file="",
    )
    return replace(base, **changes)
