"""`streetwarden backup` and `restore` as a person types them."""

from pathlib import Path

import pytest

from tests.api.test_evidence_commands import WRONG, opened, typed


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two installations with one key: the first has two cases, the second has nothing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    for name, data in (("settings", "data"), ("second", "second")):
        words = f"data = '{data}'\n[evidence]\nkeys = 'keys'\n"
        (tmp_path / f"{name}.toml").write_text(words, encoding="utf-8")
    opened(tmp_path, "event-1", "event-2")
    return tmp_path


def test_backup_is_written_and_put_back_and_checked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = typed(monkeypatch, capsys, "backup", "copy")
    assert status == 0
    assert out.startswith("the backup is in copy: ")
    assert "the key that signs evidence is not in it" in out

    status, out, _ = typed(monkeypatch, capsys, "restore", "copy", "-c", "second.toml")

    assert status == 0
    assert out == (
        "2 cases are back; 0 packs got their row now, 0 packs are missing\n"
        "2 cases, 4 files, 0.0 MB: all as they were written\n"
    )
    assert (folder / "second" / "streetwarden.sqlite").is_file()


def test_restore_of_evidence_that_was_altered_before_the_backup_ends_with_3(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    next((folder / "data" / "evidence").rglob("panorama-1.jpg")).write_bytes(b"altered")
    typed(monkeypatch, capsys, "backup", "copy")

    status, out, err = typed(monkeypatch, capsys, "restore", "copy", "-c", "second.toml")

    assert status == WRONG
    assert "panorama-1.jpg: changed" in out
    assert "1 of 2 are not as they were written" in err


def test_refusal_is_one_sentence_and_status_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = typed(monkeypatch, capsys, "restore", "nowhere", "-c", "second.toml")

    assert (status, out) == (1, "")
    assert err == "streetwarden: nowhere is no whole backup: it has no backup.json, which is written last\n"


def test_result_is_told_in_chinese_where_the_terminal_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, _ = typed(monkeypatch, capsys, "backup", "copy", "--language", "zh")

    assert (status, out.splitlines()[1]) == (0, "签名密钥不在备份内，请另行保管")
