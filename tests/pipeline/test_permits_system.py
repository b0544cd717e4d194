"""The whole program before two attended stalls: one has a permit for its place and hours, the other one not for now."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from broadcast.settings import BroadcastSettings, HornEntry, LadderSettings
from cases.place_settings import PlaceSettings
from cases.states import CaseState
from pipeline.camera_settings import CameraEntry
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import cases_of, until
from tests.pipeline.drawn_street import BLUE, RED, ColourLooker, encode_street
from vision.classes import StreetClass
from vision.closer_look import Look
from vision.detections import Detections

pytestmark = pytest.mark.e2e
FPS, LENGTH_S = 5, 90
PITCH = ((0.15, 0.3), (0.5, 0.3), (0.5, 0.75), (0.15, 0.75))
KERB = ((0.52, 0.3), (0.95, 0.3), (0.95, 0.75), (0.52, 0.75))


class StallLooker:
    """Takes the drawn boxes for stalls, and sees somebody stand beside each."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        return [self._attended(found) for found in ColourLooker().detect(frames)]

    @staticmethod
    def _attended(found: Detections) -> Detections:
        rows = []
        for x1, y1, x2, y2 in found.boxes.tolist():
            rows.append(((x1, y1, x2, y2), 0.9, int(StreetClass.STALL)))
            rows.append(((x2 + 4, y2 - 70, x2 + 30, y2 + 4), 0.9, int(StreetClass.PERSON)))
        return Detections.of(rows)


def permits(folder: Path) -> Path:
    """Return a file with a permit that holds at any time, and one whose hours are over."""
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    over = [(now + timedelta(hours=hours)).strftime("%H:%M") for hours in (-5, -3)]
    path = folder / "permits.toml"
    path.write_text(
        '[[permits]]\nnumber = "早餐-001"\nholder = "李"\ncodes = ["0406"]\nzones = ["gate/pitch"]\n'
        '[[permits]]\nnumber = "早餐-002"\nholder = "王"\ncodes = ["0406"]\nzones = ["gate/kerb"]\n'
        f'hours = ["{over[0]}-{over[1]}"]\n',
        encoding="utf-8",
    )
    return path


def camera(folder: Path) -> CameraEntry:
    clip = encode_street(folder / "street.mp4", [(0.0, 0.0)] * (FPS * LENGTH_S), FPS)
    rule = {"kind": "vending", "limit_s": 5}
    zones = [{"id": name, "polygon": area, "rule": rule} for name, area in (("pitch", PITCH), ("kerb", KERB))]
    path = folder / "zones.json"
    path.write_text(json.dumps({"zones": zones}), encoding="utf-8")
    return CameraEntry(id="gate", name="Gate", url=f"file://{clip}", zones=path, horn="gate")


def test_lawful_stall_in_its_place_and_hours_is_neither_spoken_to_nor_filed(tmp_path: Path) -> None:
    horn = HornEntry.model_validate({"id": "gate", "url": f"file://{tmp_path}/horn", "quiet_hours": ()})
    settings = Settings(
        data=tmp_path / "data",
        evidence=EvidenceSettings(keys=tmp_path / "keys"),
        places=PlaceSettings(permits=(permits(tmp_path),)),
        broadcast=BroadcastSettings(horns=(horn,), ladder=LadderSettings(levels=1, wait_s=1)),
        cameras=(camera(tmp_path),),
    )
    system = System(settings, Openers(), model=StallLooker())
    system.start()
    try:
        until(lambda: {c.state for c in cases_of(system, "gate")} >= {CaseState.FILED}, "the unlawful stall is filed")
        until(lambda: len(cases_of(system, "gate")) == 2, "both stalls are seen")
        cases = {case.zone_id: system.cases.get(case.case_id) for case in cases_of(system, "gate")}
        found = {zone_id: system.places.findings(case).permits for zone_id, case in cases.items()}
    finally:
        system.stop()

    assert RED[2] < BLUE[0]
    assert (cases["kerb"].state, len(cases["kerb"].warnings), found["kerb"]) == (CaseState.FILED, 1, ())
    assert (cases["pitch"].state, cases["pitch"].warnings) == (CaseState.CANDIDATE, ())
    assert [permit.number for permit in found["pitch"]] == ["早餐-001"]
    assert len(list((tmp_path / "horn").glob("*.wav"))) == 1
