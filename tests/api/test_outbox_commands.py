"""`streetwarden outbox` as a person types it."""

import sys
from pathlib import Path

import pytest

from api.cli import main
from cases.outbox import LetterState, Outbox, Outcome
from cases.store import CaseStore
from pipeline.settings import load_settings
from pipeline.stores import stored_cases
from tests.cases.builders import NOON
from tests.pipeline.outward.builders import SECRET, opened
from tests.pipeline.outward.receiver import Reply, receiving
from tests.pipeline.outward.view_library import PASSWORD, USER, view_library

SETTINGS = 'data = "data"\n[[outward.targets]]\nid = "platform"\nurl = "{url}/hooks"\nsecret = "${{PLATFORM_SECRET}}"\n'


class Typing:
    """Runs commands in a folder with settings."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        monkeypatch.chdir(folder)
        monkeypatch.setenv("PLATFORM_SECRET", SECRET)
        monkeypatch.setenv("COLUMNS", "200")
        self.set("https://platform.example")

    def set(self, url: str, more: str = "") -> None:
        (self._folder / "settings.toml").write_text(SETTINGS.format(url=url) + more, encoding="utf-8")

    def __call__(self, *words: str) -> tuple[int, str]:
        """Return status and all that was said."""
        self._monkeypatch.setattr(sys, "argv", ["streetwarden", "outbox", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        return int(ended.value.code or 0), out + err

    def queue(self) -> str:
        """Open a case whose first letter is dead and whose second waits; return its number."""
        settings = load_settings(self._folder / "settings.toml")
        settings.data.mkdir(exist_ok=True)
        with stored_cases(settings) as (store, _):
            return self._dead_letter(store)

    def _dead_letter(self, store: CaseStore) -> str:
        outbox = Outbox(store.database)
        outbox.set_targets({"platform": "events"})
        number = opened(store).number
        [letter] = outbox.due("platform", NOON.replace(hour=5), 1)
        outbox.settle([Outcome(letter.number, LetterState.DEAD, "answers 422")], NOON)
        return number


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typing:
    return Typing(tmp_path, monkeypatch, capsys)


def test_show_tells_how_receivers_stand(typed: Typing) -> None:
    typed.queue()
    status, told = typed("show")

    assert status == 0
    [row] = [line.split() for line in told.splitlines() if line.split()[:1] == ["platform"]]
    assert row == ["platform", "webhook", "https://platform.example", "1", "1", "2026-11-21", "12:00"]


def test_show_of_a_receiver_tells_its_letters_and_why_they_failed(typed: Typing) -> None:
    number = typed.queue()
    status, told = typed("show", "platform")

    assert status == 0
    rows = [line.split() for line in told.splitlines() if line.split()[:1] == [number]]
    assert [(row[1], row[2], row[6]) for row in rows] == [("1", "open", "given"), ("2", "add_pack", "waiting")]
    assert "answers 422" in told


def test_resend_makes_dead_letters_due(typed: Typing) -> None:
    number = typed.queue()
    status, told = typed("resend", "platform", "--case", number)

    assert (status, told.strip()) == (0, "platform: 2 letters are due now")
    assert "given up" not in typed("show", "platform")[1]


def test_test_sends_a_signed_letter_that_tells_of_no_case(typed: Typing) -> None:
    with receiving() as (receiver, address):
        typed.set(address)
        status, told = typed("test", "platform")

    assert status == 0, told
    assert "has taken the test letter" in told
    [request] = receiver.requests
    assert b'"type":"case.test"' in request.body
    assert "webhook-signature" in request.headers


def test_test_says_what_the_receiver_answered(typed: Typing) -> None:
    with receiving() as (receiver, address):
        receiver.replies = [Reply(401)]
        typed.set(address)
        typed.queue()
        status, told = typed("test", "platform")

    assert status == 1
    assert "platform: answers 401 (Unauthorized); check that both sides have the same secret and time" in told
    assert SECRET not in told


def test_test_of_a_view_library_registers(typed: Typing) -> None:
    with view_library() as (library, place):
        entry = f'id = "viid"\nkind = "gat1400"\nurl = "http://{USER}:{PASSWORD}@{place}"\n'
        typed.set("https://platform.example", f'[[outward.targets]]\n{entry}device_id = "11010500001190000001"\n')
        typed.queue()
        status, told = typed("test", "viid")

    assert (status, library.paths) == (0, ["/VIID/System/Register"])
    assert PASSWORD not in told


@pytest.mark.parametrize("command", ["show", "resend", "test"])
def test_receiver_that_does_not_exist_is_told(typed: Typing, command: str) -> None:
    typed.queue()
    status, told = typed(command, "nobody")

    assert status == 1
    assert "'nobody'" in told
    assert "platform" in told
