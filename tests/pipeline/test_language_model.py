"""What a vision-language model is asked, and what is believed of its answers: good, wrong, slow, garbage, huge."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from cases.code_files import bundled_table
from cases.evidence_errors import BlurError
from cases.examining import MAX_WORDS, Examination, Verdict
from pipeline.examiners import ExaminerError, OpeningPicture, Subject
from pipeline.language_model import LanguageModel
from pipeline.outward.posting import MAX_ANSWER_BYTES, Poster
from pipeline.second_opinion_settings import LanguageModelSettings
from tests.pipeline.drawn_street import RED, street
from tests.pipeline.fakes import NOON, event
from tests.pipeline.outward.receiver import Receiver, Reply, receiving
from vision.arrays import Picture

KEY = "sk-very-secret"
TABLE = bundled_table()


@pytest.fixture
def server() -> Iterator[tuple[Receiver, str]]:
    with receiving() as (receiver, url):
        yield receiver, url


def chat(content: object) -> Reply:
    body = {"choices": [{"message": {"role": "assistant", "content": content}}]}
    return Reply(200, {"content-type": "application/json"}, json.dumps(body).encode())


def hidden(bgr: Picture) -> Picture:
    return np.zeros_like(bgr)


def asked(url: str, **more: Any) -> LanguageModel:
    settings = LanguageModelSettings(
        **{"url": f"{url}/v1", "model": "vlm-7b", "key": KEY, "in_house": True, "timeout_s": 5.0, **more}
    )
    return LanguageModel(settings, Poster("vlm", settings.timeout_s), TABLE.item, hidden)


def subject() -> Subject:
    class Opened:
        number, class_label, zone_name = "SW202611210001", "car", "{kerb}"
        code = TABLE.for_kind("parking").code

    return Subject(Opened(), event(), (OpeningPicture(street(), RED, NOON),))  # type: ignore[arg-type]


def said(server: tuple[Receiver, str], *replies: Reply, **more: Any) -> Examination:
    receiver, url = server
    receiver.replies += replies
    return asked(url, **more).examine(subject())


def failure(server: tuple[Receiver, str], *replies: Reply, **more: Any) -> ExaminerError:
    with pytest.raises(ExaminerError) as caught:
        said(server, *replies, **more)
    assert KEY not in str(caught.value)
    return caught.value


GOOD = '{"offence": true, "certainty": 0.9, "why": "一辆轿车停在禁停区"}'


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        f"```json\n{GOOD}\n```",
        f'<think>{{"offence": false}} or not? {{x</think> Here it is: {GOOD} Good luck!',
        [{"type": "text", "text": GOOD}],
        GOOD.replace("true", '"Yes"'),
    ],
)
def test_answer_is_understood_however_it_is_wrapped(server: tuple[Receiver, str], content: object) -> None:
    found = said(server, chat(content))
    assert (found.verdict, found.score, found.words) == (Verdict.CONFIRMS, 0.9, "一辆轿车停在禁停区")
    assert found.asked.startswith("vlm-7b @ http://")


def test_model_that_sees_no_offence_doubts(server: tuple[Receiver, str]) -> None:
    found = said(server, chat('{"offence": false, "certainty": 0.8, "why": "垃圾桶"}'))
    assert (found.verdict, found.reason) == (Verdict.DOUBTS, "is_no_offence")


@pytest.mark.parametrize(
    "content",
    [
        '{"offence": null, "certainty": 0.9, "why": "dark"}',
        '{"offence": false, "certainty": 0.3, "why": "perhaps"}',
        '{"offence": 1, "certainty": 0.9}',
        '{"offence": "maybe"}',
    ],
)
def test_answer_that_is_not_sure_holds_nothing_back(server: tuple[Receiver, str], content: str) -> None:
    assert said(server, chat(content)).verdict is Verdict.UNSURE


@pytest.mark.parametrize("certainty", ["7", "-1", "NaN", '"high"', "true", "null", "1e999"])
def test_certainty_that_is_none_is_left_out(server: tuple[Receiver, str], certainty: str) -> None:
    found = said(server, chat(f'{{"offence": true, "certainty": {certainty}, "why": 5}}'))
    assert (found.verdict, found.score, found.words) == (Verdict.CONFIRMS, None, "")


@pytest.mark.parametrize(
    ("why", "kept"),
    [
        ("车牌晋M·12345的轿车停在禁停区", "车牌***的轿车停在禁停区"),
        ("晋MD12345 停在路口", "*** 停在路口"),
        ("a car, A1B2C3, at the kerb", "a car, ***, at the kerb"),
        ("墙上小广告电话 138 1234 5678", "墙上小广告电话 ***"),
        ("电话13812345678", "电话***"),
        ("3辆车, 一辆轿车停了20分钟", "3辆车, 一辆轿车停了20分钟"),
    ],
)
def test_plates_and_telephone_numbers_do_not_get_into_the_history(
    server: tuple[Receiver, str], why: str, kept: str
) -> None:
    assert said(server, chat(json.dumps({"offence": True, "why": why}))).words == kept


def test_long_answer_is_cut_and_holds_no_control_characters(server: tuple[Receiver, str]) -> None:
    why = json.dumps("a\u0007\u202e\n" + "长" * 2000)
    found = said(server, chat(f'{{"offence": true, "why": {why}}}'))
    assert len(found.words) <= MAX_WORDS
    assert found.words.isprintable()


@pytest.mark.parametrize(
    "reply",
    [
        chat("It is a car."),
        chat('{"certainty": 1}'),
        chat("[" * 20_000),
        chat('{"a":' * 5_000),
        chat(None),
        Reply(200, {}, b"<html>hello</html>"),
        Reply(200, {}, b"{}"),
        Reply(200, {}, b'{"choices": []}'),
        Reply(200, {}, b"[" * 50_000),
        Reply(200, {}, b"\xff\xfe"),
    ],
)
def test_garbage_is_a_failure_and_no_verdict(server: tuple[Receiver, str], reply: Reply) -> None:
    assert failure(server, reply).cause == "no_answer"


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        (Reply(401), "refused"),
        (Reply(403), "refused"),
        (Reply(500), "server_error"),
        (Reply(302, {"location": "http://127.0.0.1:1/elsewhere"}), "server_error"),
        (Reply(200, {}, b" " * (MAX_ANSWER_BYTES + 10)), "too_long"),
        (Reply(how="reset"), "unreachable"),
    ],
)
def test_refusals_are_told_and_redirects_not_followed(server: tuple[Receiver, str], reply: Reply, cause: str) -> None:
    assert failure(server, reply).cause == cause
    assert len(server[0].requests) == 1


@pytest.mark.parametrize("how", ["silent", "drip"])
def test_slow_model_is_not_waited_for(server: tuple[Receiver, str], how: Any) -> None:
    found = failure(server, Reply(how=how), timeout_s=0.3)
    assert found.cause == "unreachable"
    assert "no answer within 0.3 s" in str(found)


def test_question_holds_the_condition_of_the_code_the_crop_and_the_key_in_its_header(
    server: tuple[Receiver, str],
) -> None:
    said(server, chat(GOOD))
    (request,) = server[0].requests
    body = json.loads(request.body)
    words, picture = (part for part in body["messages"][0]["content"])
    item = TABLE.for_kind("parking")
    assert request.path == "/v1/chat/completions"
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert item.conditions[0].filing_zh in words["text"]
    assert "{kerb}" in words["text"]
    assert KEY not in request.body.decode()
    kind, _, data = picture["image_url"]["url"].partition(";base64,")
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert kind == "data:image/jpeg"
    assert shown is not None
    assert shown.shape[:2] < street().shape[:2]
    assert shown.max() > 100


def test_crop_that_leaves_the_house_shows_nobody(server: tuple[Receiver, str]) -> None:
    said(server, chat(GOOD), in_house=False, key="")
    body = json.loads(server[0].requests[0].body)
    data = body["messages"][0]["content"][1]["image_url"]["url"].partition(";base64,")[2]
    shown = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert np.median(shown) == 0
    assert "authorization" not in server[0].requests[0].headers


def test_nothing_is_sent_where_nobody_can_be_hidden(server: tuple[Receiver, str]) -> None:
    def cannot(_bgr: Picture) -> Picture:
        raise BlurError("the model failed")

    settings = LanguageModelSettings(url=server[1], model="m")
    with pytest.raises(ExaminerError, match="nothing is sent") as caught:
        LanguageModel(settings, Poster("vlm", 1.0), TABLE.item, cannot).examine(subject())
    assert (caught.value.cause, server[0].requests) == ("not_hidden", [])


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://models", "begins with"),
        ("https://", "begins with"),
        ("https://li:pass@models/v1", "leave user"),
        ("https://models/v1?key=1", "leave user"),
        ("https://models:port/v1", "cannot be read"),
        ("https://${NOT_SET_ANYWHERE}/v1", "NOT_SET_ANYWHERE is not set"),
        ("http://models/v1", "https only"),
    ],
)
def test_address_that_cannot_be_used_stops_the_start(url: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words) as caught:
        LanguageModelSettings.model_validate({"url": url, "model": "m", "key": KEY})
    assert KEY not in str(caught.value)
