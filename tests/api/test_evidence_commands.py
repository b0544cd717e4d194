"""The commands for evidence as a person types them: what they say, in which language, and how they end."""

import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.cli import main
from cases.evidence import EvidenceStore
from cases.keyring import open_keyring
from cases.records import Case
from pipeline.settings import load_settings
from pipeline.stores import keys_folder, stored_cases
from tests.cases.builders import case_id_of, facts, new_case, parts

WRONG, NOT_LOOKED = 3, 1


@dataclass
class Site:
    """An installation with two cases."""

    folder: Path
    cases: tuple[Case, ...]
    fingerprint: str
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def typed(self, *words: str) -> tuple[int, str, str]:
        """Run a command of the group; returns its status, output and error output."""
        return typed(self.monkeypatch, self.capsys, "evidence", *words)

    def file(self, case: int = 0) -> Path:
        """Return the first picture of a case."""
        return self.folder / "data" / "evidence" / self.cases[case].files[0].path


def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["streetwarden", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def opened(folder: Path, *events: str, signed: bool = True) -> tuple[Case, ...]:
    """Open cases as the service does."""
    settings = load_settings(folder / "settings.toml")
    settings.data.mkdir(exist_ok=True)
    with stored_cases(settings) as (cases, evidence):
        key = open_keyring(keys_folder(settings), evidence.root, lambda: datetime.now(UTC)).key if signed else None
        writing = EvidenceStore(evidence.root, signer=key)
        packs = [writing.write_pack(case_id_of(event), parts(), facts(event_id=event)) for event in events]
        return tuple(cases.open_case(new_case(event), pack) for event, pack in zip(events, packs, strict=True))


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    (tmp_path / "settings.toml").write_text("data = 'data'\n[evidence]\nkeys = 'keys'\n", encoding="utf-8")
    cases = opened(tmp_path, "event-1", "event-2")
    (public,) = (tmp_path / "keys" / "public").iterdir()
    return Site(tmp_path, cases, public.stem, monkeypatch, capsys)


def test_whole_evidence_ends_with_0_and_says_how_much_was_read(site: Site) -> None:
    assert site.typed("verify") == (0, "2 cases, 4 files, 0.0 MB: all as they were written\n", "")


def test_old_name_of_the_group_still_works(site: Site) -> None:
    assert typed(site.monkeypatch, site.capsys, "cases", "verify")[0] == 0


def test_altered_file_ends_with_3_and_is_named(site: Site) -> None:
    site.file().write_bytes(b"altered")

    status, out, err = site.typed("verify")

    assert (status, err) == (WRONG, "1 of 2 are not as they were written; keep the files as they are\n")
    assert out.startswith(f"{site.cases[0].number}: pack-0001/panorama-1.jpg: changed: has 7 bytes with hash ")
    assert "as they were written" not in out


def test_chosen_cases_are_checked_by_number_and_by_id_and_no_other(site: Site) -> None:
    site.file(1).write_bytes(b"altered")

    assert site.typed("verify", site.cases[0].number)[:2] == (0, "1 cases, 2 files, 0.0 MB: all as they were written\n")
    assert site.typed("verify", site.cases[1].case_id)[0] == WRONG
    assert site.typed("verify", site.cases[0].number, site.cases[1].number)[0] == WRONG


@pytest.mark.parametrize(("words", "variable"), [(["--language", "zh"], ""), ([], "zh_CN.UTF-8")])
def test_chinese_is_spoken_where_it_is_wanted(site: Site, words: list[str], variable: str) -> None:
    site.monkeypatch.setenv("LANG", variable)
    site.file().write_bytes(b"altered")

    _status, out, err = site.typed("verify", *words)

    assert f"{site.cases[0].number}: pack-0001/panorama-1.jpg：被更改：实有 7 字节" in out
    assert err == "2 项中有 1 项与写入时不一致；请勿改动这些文件\n"


def test_unknown_language_is_one_sentence(site: Site) -> None:
    status, _out, err = site.typed("verify", "--language", "fr")
    assert (status, "write zh or en" in err) == (NOT_LOOKED, True)


def test_what_cannot_be_looked_at_ends_with_1(site: Site) -> None:
    status, _out, err = site.typed("verify", "2020-1")
    assert (status, "there is no case '2020-1'" in err) == (NOT_LOOKED, True)
    status, _out, err = site.typed("verify", "none.zip")
    assert (status, "none.zip: No such file or directory" in err) == (NOT_LOOKED, True)
    Path("data/streetwarden.sqlite").unlink()
    status, _out, err = site.typed("verify")
    assert (status, "nothing was kept yet, or it was removed" in err) == (NOT_LOOKED, True)
    assert not Path("data/streetwarden.sqlite").exists()
    shutil.rmtree("data")
    status, _out, err = site.typed("verify")
    assert (status, "there is no data folder" in err) == (NOT_LOOKED, True)


def test_folder_of_no_case_is_found_among_all(site: Site) -> None:
    day = site.file().parents[2]
    (day / "planted").mkdir()
    (day / "planted" / "a.jpg").write_bytes(b"x")

    status, out, err = site.typed("verify")

    assert (status, "planted: extra: belongs to no case" in out) == (WRONG, True)
    assert err.startswith("1 of 3 are not")


def test_evidence_of_a_lost_key_folder_is_told_as_unvouched_with_the_way_out(site: Site) -> None:
    shutil.rmtree("keys")

    status, out, err = site.typed("verify", site.cases[0].number)

    assert (status, f"signed by key {site.fingerprint}, which nothing here vouches for" in out) == (WRONG, True)
    assert "1 of 1 are signed by a key that nothing here vouches for" in err
    assert "--trust FINGERPRINT" in err
    assert site.typed("verify", "--trust", site.fingerprint)[0] == 0


def test_packs_of_before_signing_are_told_before_and_after_it_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "settings.toml").write_text("data = 'data'\n[evidence]\nkeys = 'keys'\n", encoding="utf-8")
    opened(tmp_path, "event-1", signed=False)
    before = typed(monkeypatch, capsys, "evidence", "verify", "--language", "en")
    opened(tmp_path, "event-2")
    after = typed(monkeypatch, capsys, "evidence", "verify", "--language", "en")
    opened(tmp_path, "event-3", signed=False)
    later = typed(monkeypatch, capsys, "evidence", "verify", "--language", "en")

    assert [status for status, _, _ in (before, after, later)] == [0, 0, WRONG]
    assert "1 packs among them were written before signing began" in before[1]
    assert "1 packs among them were written before signing began" in after[1]
    assert "none of the packs that were there when signing began" in later[1]


def test_checking_makes_no_key_and_leaves_the_evidence_as_it_is(site: Site) -> None:
    shutil.rmtree("keys")
    evidence = site.folder / "data" / "evidence"
    before = sorted((str(path), path.stat().st_mtime_ns) for path in evidence.rglob("*"))

    site.typed("verify")
    status, _out, err = site.typed("export", site.cases[0].number, "--reason", "court")

    assert (status, "the service makes one when it starts" in err) == (NOT_LOOKED, True)
    assert not Path("keys").exists()
    assert sorted((str(path), path.stat().st_mtime_ns) for path in evidence.rglob("*")) == before


def test_exported_case_is_verified_by_file(site: Site) -> None:
    number = site.cases[0].number
    status, out, _err = site.typed("export", number, "--originals", "--reason", "court", "--actor", "li")
    assert (status, f"case {number} is in {number}.zip" in out, site.fingerprint in out) == (0, True, True)
    assert "not blurred" in out

    status, out, _err = site.typed("verify", f"{number}.zip")
    assert status == 0
    signed, whole = out.splitlines()
    assert signed == f"{number}.zip: signed by key {site.fingerprint}"
    assert whole == "1 exports, 10 files, 0.0 MB: all as they were handed out"


def test_tampered_zip_ends_with_3(site: Site) -> None:
    path = Path(f"{site.cases[0].number}.zip")
    site.typed("export", site.cases[0].number, "--originals", "--reason", "court")
    content = bytearray(path.read_bytes())
    content[content.rindex(b"panorama-1.jpgpanorama") + 20] ^= 1
    path.write_bytes(content)

    status, _out, err = site.typed("verify", str(path))

    assert (status, "1 of 1 are not as they were written" in err) == (WRONG, True)


def test_who_was_handed_a_zip_checks_it_without_settings_by_the_fingerprint(site: Site, tmp_path: Path) -> None:
    number = site.cases[0].number
    (tmp_path / "court").mkdir()
    site.typed("export", number, "--originals", "--reason", "court", "--out", "court")
    site.monkeypatch.chdir(tmp_path / "court")

    status, _out, err = site.typed("verify", f"{number}.zip")
    assert (status, "a key that nothing here vouches for" in err) == (WRONG, True)
    assert site.typed("verify", f"{number}.zip", "--trust", site.fingerprint)[0] == 0


def test_export_without_a_reason_is_a_wrong_use(site: Site) -> None:
    assert site.typed("export", site.cases[0].number)[0] == 2
    status, _out, err = site.typed("export", site.cases[0].number, "--reason", " ")
    assert (status, "needs a reason" in err) == (NOT_LOOKED, True)


def test_account_that_exports_stands_in_the_history(site: Site) -> None:
    site.monkeypatch.setenv("LOGNAME", "wang")
    site.typed("export", site.cases[0].number, "--originals", "--reason", "court")

    with stored_cases(load_settings(Path("settings.toml"))) as (cases, _evidence):
        row = cases.history(site.cases[0].case_id)[-1]
    assert (row.action, row.actor, row.reason) == ("export", "wang", "court")


def test_keys_are_listed_with_what_made_them_necessary(site: Site) -> None:
    (site.folder / "keys" / "evidence.key").unlink()
    opened(site.folder)

    status, out, _err = site.typed("keys")

    first, second = out.splitlines()
    assert (status, first.startswith(f"1  {site.fingerprint}  "), first.endswith("  first key")) == (0, True, True)
    assert second.endswith("  the key before was lost")


def test_key_in_the_data_folder_is_refused(site: Site) -> None:
    Path("settings.toml").write_text("data = 'data'\n[evidence]\nkeys = 'data/keys'\n", encoding="utf-8")

    status, _out, err = site.typed("verify")
    assert (status, "who could alter evidence could sign it anew" in err) == (NOT_LOOKED, True)
    assert typed(site.monkeypatch, site.capsys, "check")[0] == 1


def test_account_without_a_home_is_told_to_name_a_folder(site: Site) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    site.monkeypatch.setattr(Path, "home", homeless)
    site.monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    Path("settings.toml").write_text("data = 'data'\n", encoding="utf-8")

    status, _out, err = site.typed("verify")
    assert (status, "has no home folder for the key" in err) == (NOT_LOOKED, True)
