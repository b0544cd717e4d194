"""A backup while cases are being written, put back on either kind of database: rows have their files, none is lost."""

import json
import subprocess
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.engine import URL

from cases.audit import check_case, check_surroundings, every_case
from cases.errors import BackupError
from cases.evidence import EvidenceStore
from cases.keyring import open_keyring, vouched
from cases.outbox import LetterState, Outbox
from cases.states import Action
from cases.store import CaseStore
from cases.trust import trusted_keys
from pipeline import backup as module
from pipeline.backup import back_up, restore
from pipeline.settings import Settings, load_settings
from pipeline.stores import keys_folder, stored_cases
from tests.cases.builders import NOON, OPENING, case_id_of, facts, new_case, parts
from tests.postgres_server import PostgresServer


def site(folder: Path, name: str, url: URL | None) -> Settings:
    """Return the settings of an installation in a folder of that name; its key lies beside."""
    told = json.dumps(url.render_as_string(hide_password=False)) if url else '""'
    (folder / f"{name}.toml").write_text(
        f"data = '{folder}/{name}'\ndatabase_url = {told}\n[evidence]\nkeys = '{folder}/keys'\n", encoding="utf-8"
    )
    return load_settings(folder / f"{name}.toml")


@dataclass
class Installation:
    """Where cases are written, and what writes them."""

    settings: Settings
    store: CaseStore
    evidence: EvidenceStore

    def open_case(self, event: str) -> str:
        """Open a case with a signed pack, as the service does."""
        pack = self.evidence.write_pack(case_id_of(event), parts(), facts(event_id=event, opening=OPENING))
        return self.store.open_case(new_case(event), pack).case_id


@pytest.fixture
def running(tmp_path: Path, blank_url: URL):  # type: ignore[no-untyped-def]
    settings = site(tmp_path, "first", blank_url if blank_url.get_backend_name() == "postgresql" else None)
    settings.data.mkdir()
    (settings.data / "cameras.json").write_text("{}", encoding="utf-8")
    with stored_cases(settings) as (store, evidence):
        key = open_keyring(keys_folder(settings), evidence.root, lambda: datetime.now(UTC)).key
        yield Installation(settings, store, EvidenceStore(evidence.root, signer=key))


@pytest.fixture
def empty(tmp_path: Path, running: Installation, request: pytest.FixtureRequest) -> Settings:
    """An installation of the same kind that holds nothing, with the same key."""
    if not running.settings.database_url:
        return site(tmp_path, "second", None)
    server: PostgresServer = request.getfixturevalue("postgres")
    return site(tmp_path, "second", server.create(f"restored_{tmp_path.name}"))


def problems(settings: Settings) -> list[object]:
    """Return everything that `streetwarden evidence verify` would complain about."""
    with stored_cases(settings) as (store, evidence):
        trust = vouched(trusted_keys(keys_folder(settings)), evidence.root)
        found = [problem for case in every_case(store) for problem in check_case(store, evidence, case, trust).problems]
        return [*found, *check_surroundings(store, evidence, trust).problems]


def test_backup_taken_while_cases_are_written_comes_back_whole(
    tmp_path: Path, running: Installation, empty: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    enough, stop, opened = threading.Semaphore(0), threading.Event(), []

    def write_on() -> None:
        while not stop.is_set():
            opened.append(running.open_case(f"event-{len(opened)}"))
            enough.release()

    def save_and_let_one_be_written(url: URL, folder: Path) -> Path:
        dump = save_database(url, folder)
        running.open_case("after the database, before the files")
        return dump

    save_database = module.save_database
    monkeypatch.setattr(module, "save_database", save_and_let_one_be_written)
    writer = threading.Thread(target=write_on)
    writer.start()
    for _ in range(5):
        enough.acquire(timeout=60)
    before = tuple(opened)
    told = back_up(running.settings, tmp_path / "backup")
    stop.set()
    writer.join()

    restored = restore(empty, tmp_path / "backup")

    with stored_cases(empty) as (store, _):
        back = {case.case_id for case in every_case(store)}
    assert set(before) <= back
    assert case_id_of("after the database, before the files") in back
    assert restored.with_new_row >= 1
    assert (restored.cases, restored.without_pack, restored.facts) == (len(back), 0, told)
    assert problems(empty) == []
    assert (empty.data / "cameras.json").read_text(encoding="utf-8") == "{}"


def test_restored_installation_goes_on_where_it_was(tmp_path: Path, running: Installation, empty: Settings) -> None:
    first = running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")
    restore(empty, tmp_path / "backup")

    with stored_cases(empty) as (store, evidence):
        following = Installation(empty, store, EvidenceStore(evidence.root)).open_case("event-2")
        numbers = [store.get(case_id).number[-4:] for case_id in (first, following)]

    assert numbers == ["0001", "0002"]


def test_what_happens_after_a_restore_is_told_under_ids_that_no_receiver_has_seen(
    tmp_path: Path, running: Installation, empty: Settings
) -> None:
    Outbox(running.store.database).set_targets({"city": "events"})
    case_id = running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")

    def changed(store: CaseStore) -> list[tuple[int, str]]:
        store.apply(case_id, Action.CONFIRM, actor="li", reason="", at=NOON)
        letters = Outbox(store.database).letters("city", [LetterState.WAITING])
        return [(letter.event.change.seq, letter.event.id) for letter in letters]

    before = changed(running.store)
    restore(empty, tmp_path / "backup")
    with stored_cases(empty) as (store, _):
        after = changed(store)

    assert after[:2] == before[:2]  # what was still to be sent is sent under its id
    assert (after[2][0], before[2][0]) == (3, 3)
    assert after[2][1] != before[2][1]


def test_number_that_was_given_after_the_backup_is_given_again(
    tmp_path: Path, running: Installation, empty: Settings
) -> None:
    running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")
    lost = running.store.get(running.open_case("event-2"))
    restore(empty, tmp_path / "backup")

    with stored_cases(empty) as (store, evidence):
        afterwards = Installation(empty, store, EvidenceStore(evidence.root))
        other, same = (store.get(afterwards.open_case(event)) for event in ("event-3", "event-2"))

    assert (other.number, other.case_id == lost.case_id) == (lost.number, False)
    assert (same.number[-4:], same.case_id) == ("0003", lost.case_id)


def test_nothing_is_ever_written_over(tmp_path: Path, running: Installation, empty: Settings) -> None:
    running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")
    restore(empty, tmp_path / "backup")

    with pytest.raises(BackupError, match=r"already"):
        restore(empty, tmp_path / "backup")
    with pytest.raises(BackupError, match=r"is not empty"):
        back_up(running.settings, tmp_path / "backup")
    with pytest.raises(BackupError, match=r"belongs on another disk"):
        back_up(running.settings, running.settings.data / "backup")


def test_file_that_is_there_already_stops_the_restore_before_anything_is_written(
    tmp_path: Path, running: Installation, empty: Settings
) -> None:
    back_up(running.settings, tmp_path / "backup")
    empty.data.mkdir()
    (empty.data / "cameras.json").write_text("mine", encoding="utf-8")

    with pytest.raises(BackupError, match=r"cameras.json is there already"):
        restore(empty, tmp_path / "backup")

    assert [path.name for path in empty.data.iterdir()] == ["cameras.json"]


@pytest.mark.parametrize("damaged", ["data/cameras.json", "database.*"])
def test_damaged_backup_is_refused_and_the_file_named(
    tmp_path: Path, running: Installation, empty: Settings, damaged: str
) -> None:
    running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")
    (file,) = (tmp_path / "backup").glob(damaged)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(BackupError, match=rf"{file.name} is not as it was written"):
        restore(empty, tmp_path / "backup")


def test_backup_that_was_cut_short_is_refused(tmp_path: Path, running: Installation, empty: Settings) -> None:
    back_up(running.settings, tmp_path / "backup")
    (tmp_path / "backup" / "backup.json").unlink()

    with pytest.raises(BackupError, match=r"no whole backup"):
        restore(empty, tmp_path / "backup")


def test_backup_is_checked_without_this_program(tmp_path: Path, running: Installation) -> None:
    running.open_case("event-1")
    back_up(running.settings, tmp_path / "backup")

    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path / "backup", check=True)


def test_evidence_can_be_left_out(tmp_path: Path, running: Installation) -> None:
    running.open_case("event-1")

    back_up(running.settings, tmp_path / "backup", evidence=False)

    assert [path.name for path in (tmp_path / "backup" / "data").iterdir()] == ["cameras.json"]


def test_recordings_are_in_no_backup(tmp_path: Path, running: Installation) -> None:
    recording = running.settings.data / "recordings" / "gate" / "20261121T040000Z.obs.gz"
    recording.parent.mkdir(parents=True)
    recording.write_bytes(b"boxes")
    back_up(running.settings, tmp_path / "backup")

    assert not list((tmp_path / "backup").rglob("*.obs.gz"))


def test_backup_that_names_files_outside_of_its_place_is_refused(
    tmp_path: Path, running: Installation, empty: Settings
) -> None:
    back_up(running.settings, tmp_path / "backup")
    with (tmp_path / "backup" / "SHA256SUMS").open("a", encoding="utf-8") as sums:
        sums.write(f"{'0' * 64}  data/../../../etc/cron.d/evil\n")

    with pytest.raises(BackupError, match=r"outside of the data folder"):
        restore(empty, tmp_path / "backup")


def test_refusal_of_the_server_shows_no_password(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.url("there_is_no_such_database").set(password="secret-word")
    settings = site(tmp_path, "wrong", url)
    settings.data.mkdir()

    with pytest.raises(BackupError, match=r"pg_dump ended with 1.*there_is_no_such_database") as caught:
        back_up(settings, tmp_path / "backup")

    assert "secret-word" not in str(caught.value)
