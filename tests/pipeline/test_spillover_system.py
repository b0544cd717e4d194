"""The whole program before a shop: what was there is furniture; what is put out is a case with a code of its own."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from broadcast.settings import BroadcastSettings, HornEntry, LadderSettings
from cases.states import CaseState
from pipeline.camera_settings import CameraEntry
from pipeline.settings import EvidenceSettings, Settings
from pipeline.system import System
from streams.opening import Openers
from tests.e2e.sites import cases_of, until
from tests.pipeline.drawn_street import BLUE, RED, SIZE_WH, ColourLooker, encode_street
from vision.classes import StreetClass
from vision.closer_look import Look
from vision.detections import Detections

pytestmark = pytest.mark.e2e
FPS, LEARN_S, PUT_OUT_S, LENGTH_S = 5, 6.0, 12, 90
STREET = ((0.1, 0.4), (0.9, 0.4), (0.9, 0.9), (0.1, 0.9))
DOOR = ((0.1, 0.45), (0.9, 0.45))


class GoodsLooker:
    """Takes the drawn boxes for goods."""

    def detect(self, frames: Sequence[Look]) -> list[Detections]:
        found = ColourLooker().detect(frames)
        return [Detections(each.boxes, each.scores, np.full(len(each), StreetClass.GOODS)) for each in found]


def test_goods_that_a_shop_puts_out_are_warned_and_filed_under_their_own_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.furniture.LEARN_S", LEARN_S)
    beside = [0.0 if index >= PUT_OUT_S * FPS else float(SIZE_WH[0]) for index in range(LENGTH_S * FPS)]
    clip = encode_street(tmp_path / "shop.mp4", [(shift, 0.0) for shift in beside], FPS)
    zone = {"id": "shop", "name": "老王水果店", "polygon": STREET}
    rule = {"kind": "spillover", "limit_s": 5, "door": DOOR}
    (tmp_path / "zones.json").write_text(json.dumps({"zones": [{**zone, "rule": rule}]}), encoding="utf-8")
    horn = HornEntry.model_validate({"id": "shop", "url": f"file://{tmp_path}/horn", "quiet_hours": ()})
    settings = Settings(
        data=tmp_path / "data",
        evidence=EvidenceSettings(keys=tmp_path / "keys"),
        broadcast=BroadcastSettings(horns=(horn,), ladder=LadderSettings(levels=1, wait_s=1)),
        cameras=(CameraEntry(id="gate", url=f"file://{clip}", zones=tmp_path / "zones.json", horn="shop"),),
    )
    system = System(settings, Openers(), model=GoodsLooker())
    system.start()
    try:
        until(lambda: [c.state for c in cases_of(system, "gate")] == [CaseState.FILED], "the goods are filed")
        (case,) = cases_of(system, "gate")
    finally:
        system.stop()

    assert (case.kind, case.code, case.zone_name) == ("spillover", "0405", "老王水果店")
    assert case.box[0] < RED[2] < BLUE[0]
    assert [(warning.phrase, warning.ok) for warning in case.warnings] == [("spillover.1", True)]
    assert "收回店内" in case.warnings[0].text
    assert {"dwell", "beyond_picture", "things", "evidence", "limit"} == {reason.key for reason in case.reasons}
