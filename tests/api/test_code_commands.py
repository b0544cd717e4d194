"""The commands for tables of codes as a person types them."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.cli import main
from cases.code_files import load_table

HEAD = "大类代码,大类名称,小类代码,小类名称,立案条件,结案条件,处置时限,备注"
ROWS = (
    "04,街面秩序,06,占道经营,占路摆摊,已取缔,2紧急工作时,",
    "04,街面秩序,10,非机动车乱停放,停在盲道,已驶离,2小时,",
    "02,宣传广告,01,非法小广告,张贴小广告,已清除,1天,",
)


@dataclass
class Typed:
    """Types commands of the group."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Return status, output and error output."""
        self.monkeypatch.setattr(sys, "argv", ["streetwarden", "codes", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self.capsys.readouterr()
        return int(ended.value.code or 0), out, err


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    monkeypatch.setenv("LC_ALL", "C")
    return Typed(monkeypatch, capsys)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "own.csv").write_text("\n".join((HEAD, *ROWS)), "gb18030")
    return tmp_path / "own.csv"


def test_show_tells_the_whole_table_and_counts_it(typed: Typed) -> None:
    status, out, _ = typed("show")

    assert status == 0
    assert "0499  Illegally parked motor vehicle (local extension)\n" in out
    assert (
        "B0101  Water supply manhole cover\n    1. Missing, out of place or cracked, and dangerous  [2 urgent hours]"
        in out
    )
    assert "yuncheng_2026: 99 event items with 145 conditions, 92 component items with 375 conditions" in out


def test_show_tells_one_item_with_how_it_is_closed(typed: Typed) -> None:
    assert typed("show", "cjt214_2007", "--item", "0107", "--language", "zh") == (
        0,
        "0107  废弃车辆\n    1. 按本市规定  →  按本市规定  [无时限]\n",
        "",
    )
    status, _, err = typed("show", "--item", "0777")
    assert (status, "no item '0777'" in err) == (1, True)


def test_check_of_a_whole_file_counts_it_and_names_columns_left_aside(typed: Typed, own: Path) -> None:
    status, out, _ = typed("check", str(own))

    assert status == 0
    assert "3 event items with 3 conditions, 0 component items with 0 conditions" in out
    assert out.endswith("columns left aside: 备注\n")


def test_check_tells_every_fault_in_the_language_of_the_terminal(
    typed: Typed, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write_text(own.read_text("gb18030").replace("1天", "马上").replace("已驶离", ""), "utf-8")
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")

    status, out, _ = typed("check", str(own))

    assert status == 3
    assert out.splitlines() == [
        "第 3 行“结案条件”列：没有内容",
        "第 4 行“处置时限”列：无法识别时限“马上”；请写作 2紧急工作时, 4小时, 1天, 2紧急工作日, 无",
        f"{own}：2 处错误，未载入任何内容",
    ]


def test_import_asks_for_what_no_file_says_and_then_writes_a_table(typed: Typed, own: Path) -> None:
    out_file = own.parent / "city.csv"

    status, out, _ = typed("import", str(own), "--out", str(out_file))
    assert (status, "give --kind parking=CODE" in out, out_file.exists()) == (3, True, False)

    status, out, _ = typed("import", str(own), "--out", str(out_file), "--kind", "parking=0410")
    assert (status, f"written to {out_file}" in out) == (0, True)
    found = {"vending": "0406", "spillover": "0406", "parking": "0410", "disorder": "0410", "flyers": "0201"}
    assert load_table(out_file).kinds == found


def test_import_takes_components_from_a_second_file(typed: Typed, own: Path) -> None:
    second = own.parent / "components.csv"
    second.write_text(f"{HEAD}\n04,园林绿化,06,雕塑,破损,修复,5天,\n", "utf-8")
    options = ("--components", str(second), "--out", str(own.parent / "city.csv"), "--kind", "parking=0410")

    assert typed("import", str(own), *options)[0] == 0
    assert load_table(own.parent / "city.csv").item("B0406").name("zh") == "雕塑"


def test_import_overwrites_nothing_and_takes_no_other_form(typed: Typed, own: Path) -> None:
    for out_file, said in (
        (own, "it is there already"),
        (own.with_suffix(".xlsx"), "is written as CSV"),
        (own.parent / "no" / "folder.csv", "No such file or directory"),
    ):
        status, _, err = typed("import", str(own), "--out", str(out_file), "--kind", "parking=0410")
        assert (status, said in err) == (1, True)
    status, _, err = typed("import", str(own), "--out", str(own.parent / "a.csv"), "--kind", "0410")
    assert (status, "as parking=0410" in err) == (1, True)


def test_settings_check_tells_of_a_table_that_is_broken(
    typed: Typed, own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = own.parent / "settings.toml"
    settings.write_text('[codes]\ntable = "own.csv"\n[evidence]\nkeys = "keys"\n', "utf-8")
    monkeypatch.setattr(sys, "argv", ["streetwarden", "check", "--config", str(settings)])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 1
    assert "no item is named for events of kind parking" in " ".join(capsys.readouterr().out.split())
