"""What is posted when the camera saw that a case is not solved: to whom, and with which picture."""

import base64
import json
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from cases.closing import ClosingFacts
from cases.deeds import Order
from cases.evidence import EvidenceStore
from cases.outbox import Letter, LetterState, Outbox, Outcome
from cases.packs import PackPurpose, Part, PartRole, sha256_hex
from cases.posts import Doer
from cases.records import Case, CaseFile
from cases.states import Action
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError
from pipeline.outward.messages import messages_of
from pipeline.outward.pictures import Pictures
from tests.cases.builders import NOON, facts, new_case


def jpeg(shade: int) -> bytes:
    return cv2.imencode(".jpg", np.full((48, 64, 3), shade, np.uint8))[1].tobytes()


BEFORE, NOW = jpeg(60), jpeg(200)


@pytest.fixture
def outbox(store: CaseStore) -> Outbox:
    made = Outbox(store.database)
    made.set_targets({"board": "posted", "viid": "images"})
    return made


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence")


def looked_at(store: CaseStore, evidence: EvidenceStore, proposal: str) -> Case:
    new = new_case()
    part = Part("panorama-1.jpg", BEFORE, PartRole.PANORAMA)
    case = store.open_case(new, evidence.write_pack(new.case_id, [part], facts()))
    for action, unit in (("file", ""), ("accept", ""), ("approve", ""), ("dispatch", "cleaning-2")):
        case = store.decide(case.case_id, Order(Action(action), unit=unit), by=Doer("system"), at=NOON)
    told = ClosingFacts("still_there" if proposal == "supervise" else "gone", proposal, NOON, sha256_hex(BEFORE), ())
    look = facts(purpose=PackPurpose.CLOSING, captured_at=NOON + timedelta(hours=2), closing=told)
    pack = evidence.write_pack(case.case_id, [Part("closing.jpg", NOW, PartRole.PANORAMA)], look)
    return store.add_pack(case.case_id, pack)


def letters(outbox: Outbox, target: str) -> list[Letter]:
    found = []
    while due := outbox.due(target, NOON + timedelta(days=400), 10):
        found += due
        outbox.settle([Outcome(each.number, LetterState.DELIVERED) for each in due], NOON)
    return found


def test_unsolved_case_is_posted_with_the_blurred_picture_of_now(
    store: CaseStore, evidence: EvidenceStore, outbox: Outbox
) -> None:
    looked_at(store, evidence, "supervise")
    shown: list[str] = []

    def blur(_case: Case, file: CaseFile) -> bytes:
        shown.append(file.name)
        return jpeg(99)

    (letter,) = letters(outbox, "board")
    (message,) = messages_of(letter.event, "posted", target="board", pictures=Pictures(store, evidence, blur))

    body = json.loads(message.body)
    assert (message.kind, body["type"], shown) == ("posted", "case.posted", ["closing.jpg"])
    assert base64.b64decode(body["picture"]["data"]) == jpeg(99)
    assert body["picture"]["sha256"] == sha256_hex(jpeg(99))
    assert body["data"]["change"]["detail"]["finding"] == "still_there"


def test_view_library_is_handed_the_picture_of_the_look(
    store: CaseStore, evidence: EvidenceStore, outbox: Outbox
) -> None:
    looked_at(store, evidence, "supervise")
    pictures = Pictures(store, evidence)

    sent = [pictures.panorama("viid", each.event, as_taken=True).jpeg for each in letters(outbox, "viid")]

    assert sent == [BEFORE, NOW]


def test_case_that_is_gone_is_posted_to_nobody(store: CaseStore, evidence: EvidenceStore, outbox: Outbox) -> None:
    looked_at(store, evidence, "close")
    assert letters(outbox, "board") == []
    assert [each.event.change.action for each in letters(outbox, "viid")] == ["file"]


def test_picture_that_cannot_be_blurred_is_not_posted(
    store: CaseStore, evidence: EvidenceStore, outbox: Outbox
) -> None:
    looked_at(store, evidence, "supervise")
    (letter,) = letters(outbox, "board")
    with pytest.raises(ReceiverAwayError, match="cannot be blurred"):
        messages_of(letter.event, "posted", target="board", pictures=Pictures(store, evidence))
