"""The commands for how long evidence is kept and for handing it out blurred, as a person types them."""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.cli import main
from cases.evidence import EvidenceStore
from cases.keyring import open_keyring
from cases.packs import Part, PartRole
from cases.records import Case, case_id_of
from pipeline.settings import load_settings
from pipeline.stores import keys_folder, stored_cases
from tests.cases.blurring import noise_jpeg
from tests.cases.builders import facts, new_case


@dataclass
class Site:
    """An installation with one case that nobody judged for two months."""

    folder: Path
    case: Case
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def typed(self, *words: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["streetwarden", "evidence", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        return int(ended.value.code or 0), out, err

    def history(self) -> list[tuple[str, str, str]]:
        with stored_cases(load_settings(self.folder / "settings.toml")) as (cases, _):
            return [(row.action, row.actor, row.reason) for row in cases.history(self.case.case_id)]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Site:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")
    (tmp_path / "settings.toml").write_text("data = 'data'\n[evidence]\nkeys = 'keys'\n", encoding="utf-8")
    settings = load_settings(tmp_path / "settings.toml")
    settings.data.mkdir()
    at = datetime.now(UTC) - timedelta(days=60)
    with stored_cases(settings) as (cases, evidence):
        key = open_keyring(keys_folder(settings), evidence.root, lambda: at).key
        writing = EvidenceStore(evidence.root, signer=key, clock=lambda: at)
        part = Part("panorama-1.jpg", noise_jpeg(), PartRole.PANORAMA)
        pack = writing.write_pack(case_id_of("event-1"), [part], facts())
        case = cases.open_case(new_case(raised_at=at, opened_at=at), pack)
    return Site(tmp_path, case, monkeypatch, capsys)


def test_dry_run_says_what_is_due_and_alters_nothing(site: Site) -> None:
    before = sorted((site.folder / "data" / "evidence").rglob("*"))

    status, out, _ = site.typed("retention", "--dry-run")

    assert status == 0
    assert f"{site.case.number}  never confirmed  30 days since" in out
    assert "1 cases, 1 files, 0.2 MB are due; nothing was altered" in out
    assert sorted((site.folder / "data" / "evidence").rglob("*")) == before


def test_retention_deletes_what_is_due_and_verify_tells_it_from_a_loss(site: Site) -> None:
    status, out, _ = site.typed("retention")
    assert (status, out) == (0, "deleted 1 files of 1 cases, 0.2 MB\n")

    status, out, err = site.typed("verify")

    assert (status, err) == (0, "")
    assert "1 files among them were deleted by rules of retention, as signed records in the chain say" in out


def test_locked_evidence_is_not_due_until_it_is_unlocked(site: Site) -> None:
    status, out, _ = site.typed("lock", site.case.number, "--actor", "Li Wei", "--reason", "appeal 12")
    assert (status, "is locked; no rule of retention reaches it" in out) == (0, True)
    assert "0 cases" in site.typed("retention", "--dry-run")[1]
    assert site.typed("retention")[1].startswith("deleted 0 files")

    site.typed("unlock", site.case.number, "--actor", "Li Wei", "--reason", "appeal over")

    assert site.history()[-2:] == [("lock", "Li Wei", "appeal 12"), ("unlock", "Li Wei", "appeal over")]
    assert "1 cases" in site.typed("retention", "--dry-run")[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lock", "NUMBER", "--actor", "system", "--reason", "x"], "only a named person may do this"),
        (["lock", "NUMBER", "--actor", "li", "--reason", " "], "needs a reason"),
        (["unlock", "NUMBER", "--actor", "li", "--reason", "x"], "has no lock that could be lifted"),
        (["release", "NUMBER", "--actor", "li", "--reason", "x"], "its camera is not in the device register"),
        (["lock", "nothing", "--actor", "li", "--reason", "x"], "there is no case 'nothing'"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(site: Site, words: list[str], said: str) -> None:
    status, out, err = site.typed(*[site.case.number if word == "NUMBER" else word for word in words])

    assert (status, out) == (1, "")
    assert said in err
    assert "Traceback" not in err


def test_chinese_is_spoken_where_it_is_wanted(site: Site) -> None:
    assert "从未" not in site.typed("retention", "--dry-run")[1]
    assert "未确认的线索" in site.typed("retention", "--dry-run", "--language", "zh")[1]


def test_export_is_blurred_with_the_bundled_model_and_told_to_be_a_lead(site: Site) -> None:
    status, out, err = site.typed("export", site.case.number, "--reason", "court", "--actor", "li")

    assert (status, err) == (0, "")
    assert "heads and plates of bystanders are hidden in it" in out
    assert "it is a lead only" in out
    assert (site.folder / "data" / "blurred" / site.case.case_id / "pack-0001" / "panorama-1.jpg").is_file()
    assert site.typed("verify", f"{site.case.number}.zip")[0] == 0


def test_export_fails_where_the_model_cannot_be_opened(site: Site) -> None:
    with (site.folder / "settings.toml").open("a", encoding="utf-8") as file:
        file.write("[privacy]\ncard = 'none.toml'\n")

    status, _out, err = site.typed("export", site.case.number, "--reason", "court", "--actor", "li")

    assert status == 1
    assert "bystanders cannot be hidden, so nothing is handed out: model card" in err
    assert not list(site.folder.glob("*.zip"))
