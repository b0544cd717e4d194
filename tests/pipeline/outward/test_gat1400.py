"""View libraries: registered first, each filed case's panorama once under one id, passwords never plain."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import cv2
import numpy as np
import pytest

from cases.evidence import EvidenceStore
from cases.outbox import Letter, Outbox
from cases.packs import Part, PartRole
from cases.records import Case, CaseFile, case_id_of
from cases.states import Action
from cases.store import CaseStore
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError
from pipeline.outward.gat1400 import ViewLibrarySender, status_codes
from pipeline.outward.pictures import Pictures
from pipeline.outward.settings import TargetEntry
from tests.cases.builders import KEY, NOON, OPENING, facts, new_case
from tests.pipeline.outward.builders import Clock
from tests.pipeline.outward.view_library import PASSWORD, USER, ViewLibrary, view_library

DEVICE = "11010500001190000001"
LOCAL = ZoneInfo("Asia/Shanghai")


def jpeg(shade: int) -> bytes:
    _, encoded = cv2.imencode(".jpg", np.full((36, 64, 3), shade, np.uint8))
    return bytes(encoded)


class Seconds:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def evidence(tmp_path: Path) -> EvidenceStore:
    return EvidenceStore(tmp_path / "evidence", signer=KEY)


@pytest.fixture
def running() -> Iterator[tuple[ViewLibrary, str]]:
    with view_library() as (library, place):
        yield library, place


@pytest.fixture
def library(running: tuple[ViewLibrary, str]) -> ViewLibrary:
    return running[0]


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def file_case(store: CaseStore, evidence: EvidenceStore, role: PartRole = PartRole.PANORAMA) -> Case:
    parts = [Part("panorama-1.jpg", jpeg(90), role)]
    pack = evidence.write_pack(case_id_of("event-1"), parts, facts(opening=OPENING))
    store.open_case(new_case(), pack)
    return store.apply(case_id_of("event-1"), Action.FILE, actor="li", reason="", at=NOON)


def sender(place: str, pictures: Pictures, clock: Clock, seconds: Seconds, **changes: object) -> ViewLibrarySender:
    told = {"id": "viid", "kind": "gat1400", "url": f"http://{USER}:{PASSWORD}@{place}", "device_id": DEVICE}
    entry = TargetEntry.model_validate({**told, "originals": True, **changes})
    return ViewLibrarySender(entry, pictures, LOCAL, now=clock, clock=seconds)


@pytest.fixture
def letter(store: CaseStore, evidence: EvidenceStore, outbox: Outbox, clock: Clock) -> Letter:
    outbox.set_targets({"viid": "images"})
    file_case(store, evidence)
    letters = outbox.due("viid", clock(), 5)
    assert len(letters) == 1  # opening it and adding its evidence are not told
    return letters[0]


@pytest.fixture
def pictures(store: CaseStore, evidence: EvidenceStore) -> Pictures:
    return Pictures(store, evidence)


@pytest.fixture
def viid(running: tuple[ViewLibrary, str], pictures: Pictures, clock: Clock, seconds: Seconds) -> ViewLibrarySender:
    return sender(running[1], pictures, clock, seconds)


def test_panorama_of_a_filed_case_is_handed_over_after_registering(
    viid: ViewLibrarySender, library: ViewLibrary, letter: Letter
) -> None:
    viid.send(letter)

    assert library.paths == ["/VIID/System/Register", "/VIID/Images"]
    assert library.told[0][1] == {"RegisterObject": {"DeviceID": DEVICE}}
    [image] = library.told[1][1]["ImageListObject"]["Image"]
    info = image["ImageInfo"]
    assert base64.b64decode(image["Data"]) == jpeg(90)
    assert (info["Width"], info["Height"], info["FileSize"]) == (64, 36, len(jpeg(90)))
    assert (info["ShotTime"], info["Title"]) == ("20261121120000", letter.event.case.number)
    assert info["ImageID"].startswith(f"{DEVICE}0220261121120000")
    assert len(info["ImageID"]) == 41
    assert info["ImageID"].isdecimal()
    assert library.user_ids == {DEVICE}


def test_case_that_is_sent_again_has_the_same_id(viid: ViewLibrarySender, library: ViewLibrary, letter: Letter) -> None:
    viid.send(letter)
    viid.send(letter)

    assert library.paths == ["/VIID/System/Register", "/VIID/Images", "/VIID/Images"]
    assert library.told[1] == library.told[2]


def test_registration_is_kept_alive_while_nothing_is_sent(
    viid: ViewLibrarySender, library: ViewLibrary, letter: Letter, seconds: Seconds
) -> None:
    viid.rest()
    viid.send(letter)
    viid.rest()
    seconds.s += 61
    viid.rest()

    assert library.paths[2:] == ["/VIID/System/Keepalive"]
    assert library.told[2][1] == {"KeepaliveObject": {"DeviceID": DEVICE}}


@pytest.mark.parametrize("away_s", [0, 200])
def test_library_that_forgot_us_is_registered_with_again(
    viid: ViewLibrarySender, library: ViewLibrary, letter: Letter, seconds: Seconds, away_s: int
) -> None:
    viid.send(letter)
    library.is_registered = False
    seconds.s += away_s
    if away_s == 0:
        with pytest.raises(ReceiverAwayError, match="StatusCode 4"):
            viid.send(letter)

    viid.send(letter)

    assert library.paths[-2:] == ["/VIID/System/Register", "/VIID/Images"]


def test_picture_that_the_library_cannot_read_is_not_sent_for_ever(
    viid: ViewLibrarySender, library: ViewLibrary, letter: Letter
) -> None:
    library.status_codes = [0, 8]
    with pytest.raises(ReceiverRefusesError, match="StatusCode 8"):
        viid.send(letter)


def test_wrong_password_is_told_without_it(
    running: tuple[ViewLibrary, str], pictures: Pictures, letter: Letter, clock: Clock, seconds: Seconds
) -> None:
    wrong = sender(running[1], pictures, clock, seconds, url=f"http://{USER}:guess-9@{running[1]}")
    with pytest.raises(ReceiverAwayError, match="answers 401") as caught:
        wrong.send(letter)
    assert "guess-9" not in str(caught.value)
    assert running[0].told == []


def test_picture_leaves_blurred_unless_the_settings_ask_for_the_original(
    running: tuple[ViewLibrary, str], pictures: Pictures, letter: Letter, clock: Clock, seconds: Seconds
) -> None:
    def blur(_case: Case, file: CaseFile) -> bytes:
        assert file.role is PartRole.PANORAMA
        return jpeg(10)

    sender(running[1], replace(pictures, blur=blur), clock, seconds, originals=False).send(letter)

    [image] = running[0].told[1][1]["ImageListObject"]["Image"]
    assert base64.b64decode(image["Data"]) == jpeg(10)


def test_picture_that_cannot_be_blurred_stays_in_the_house(
    running: tuple[ViewLibrary, str], pictures: Pictures, letter: Letter, clock: Clock, seconds: Seconds
) -> None:
    with pytest.raises(ReceiverAwayError, match="cannot be blurred here"):
        sender(running[1], pictures, clock, seconds, originals=False).send(letter)
    assert running[0].told == []


def test_case_without_a_panorama_is_told(
    viid: ViewLibrarySender, store: CaseStore, evidence: EvidenceStore, outbox: Outbox, clock: Clock
) -> None:
    outbox.set_targets({"viid": "images"})
    file_case(store, evidence, PartRole.CLOSE_UP)
    [bare] = outbox.due("viid", clock(), 5)
    with pytest.raises(ReceiverRefusesError, match="no panorama"):
        viid.send(bare)


def test_file_that_is_gone_is_told(viid: ViewLibrarySender, evidence: EvidenceStore, letter: Letter) -> None:
    [path] = evidence.root.rglob("panorama-1.jpg")
    path.unlink()
    with pytest.raises(ReceiverAwayError, match="cannot be read"):
        viid.send(letter)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        (b"", ()),
        (b"<html>", ()),
        (b"[" * 100_000, ()),
        (b"[1]", ()),
        (b'{"ResponseStatusListObject": {"ResponseStatusObject": [{"StatusCode": 0}, {"StatusCode": "7"}]}}', (0, 7)),
        (b'{"ResponseStatusObject": {"StatusCode": "0"}}', (0,)),
        (b'{"ResponseStatusListObject": {"ResponseStatusObject": [{"StatusCode": null}, 5]}}', ()),
        (json.dumps({"StatusCode": 3}).encode(), (3,)),
    ],
)
def test_status_codes_are_found_in_every_form_of_answer(answer: bytes, codes: tuple[int, ...]) -> None:
    assert status_codes(answer) == codes
