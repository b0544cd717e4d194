"""Tells in plain JSON what a run did: cameras, cases, warnings; written by `streetwarden demo --summary`."""

from collections.abc import Sequence
from typing import Any

from cases.queries import CaseQuery
from cases.records import Case
from pipeline.system import System
from pipeline.views import CameraView


def summary_of(system: System, cameras: Sequence[CameraView]) -> dict[str, Any]:
    """Return what happened since the start; times are ISO 8601 UTC, paths relative to the evidence folder.

    Args:
        system: may have been stopped; what was in hand then is in its cases.
        cameras: as they were before it was stopped.
    """
    health = system.health()
    cases = system.cases.find(CaseQuery(limit=500)).cases
    return {
        "started_at": health.started_at.isoformat(),
        "model": health.model,
        "engine": health.engine,
        "evidence_folder": str(system.evidence.root),
        "cameras": [_camera(camera) for camera in cameras],
        "cases": [_case(case) for case in reversed(cases)],
        "problems": [problem.message for problem in health.problems],
    }


def _camera(camera: CameraView) -> dict[str, Any]:
    return {
        "id": camera.camera_id,
        "state": camera.health.state,
        "problem": camera.health.problem,
        "packets": camera.health.packets,
        "offered": camera.looks.offered,
        "decoded": camera.health.decoded,
        "passed_over": camera.health.passed_over,
        "looked": camera.looks.looked,
        "inferred": camera.looks.inferred,
        "dropped": camera.looks.dropped,
        "waiting": camera.looks.waiting,
        "reconnects": camera.health.reconnects,
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "number": case.number,
        "kind": case.kind,
        "code": case.code,
        "state": case.state.value,
        "camera": case.camera_id,
        "zone": case.zone_name,
        "started_at": case.started_at.isoformat(),
        "raised_at": case.raised_at.isoformat(),
        "ended_at": case.ended_at.isoformat() if case.ended_at else None,
        "reasons": [{"key": r.key, "value": r.value, "unit": r.unit} for r in case.reasons],
        "evidence": [
            {"path": file.path, "role": file.role.value, "sha256": file.sha256, "bytes": file.size_bytes}
            for file in case.files
        ],
        "incomplete": list(case.incomplete),
        "warnings": [
            {
                "horn": warning.horn_id,
                "level": warning.level,
                "text": warning.text,
                "started_at": warning.started_at.isoformat(),
                "duration_s": warning.duration_s,
                "codec": warning.codec,
                "ok": warning.ok,
                "detail": warning.detail,
                "file": warning.file,
            }
            for warning in case.warnings
        ],
    }
