"""A city's own table: read whole with its conditions, or refused with every row that is wrong."""

from pathlib import Path

import pytest

from cases.code_files import (
    bundled_table,
    chosen_table,
    columns_left_aside,
    fault_line,
    load_table,
    table_text,
)
from cases.codes import Category
from cases.errors import CodeTableError
from cases.table_cells import MAX_CELL_LENGTH, MAX_FILE_BYTES, MAX_ROWS
from cases.wording import Words

HEAD = "大类代码,大类名称,小类代码,小类名称,处置单位,主管部门,立案条件,结案条件,处置时限"
ROWS = (
    "04,街面秩序,06,占道经营,城管中队,城管局,占路摆摊,已取缔,2紧急工作时",
    "04,街面秩序,10,机动车乱停放,城管中队,城管局,停在人行道,已驶离,4小时",
    "04,街面秩序,10,机动车乱停放,城管中队,城管局,停在盲道,已驶离,2小时",
    "02,宣传广告,01,非法小广告,环卫处,城管局,张贴小广告,已清除,1天",
)
BASIC_KINDS = ("vending", "parking", "flyers")
OFFICIAL = Path(__file__).parents[2].parent / "shared" / "material" / "codes"


def written(folder: Path, *rows: str, head: str = HEAD, encoding: str = "utf-8") -> Path:
    path = folder / "own.csv"
    path.write_bytes("\n".join((head, *rows)).encode(encoding))
    return path


def faults(path: Path, *, needs_kinds: bool = True) -> list[str]:
    """Return what is said in English, a line per fault."""
    with pytest.raises(CodeTableError) as caught:
        load_table(path, needs_kinds=needs_kinds)
    assert path.name in str(caught.value)
    return [fault_line(fault, "en", Words.load()) for fault in caught.value.faults]


def test_own_table_is_read_with_conditions_units_and_kinds_by_name(tmp_path: Path) -> None:
    table = load_table(written(tmp_path, *ROWS))
    parking = table.item("0410")

    assert table.kinds == {"vending": "0406", "spillover": "0406", "parking": "0410", "flyers": "0201"}
    assert [(each.number, each.filing("en"), each.closing("zh")) for each in parking.conditions] == [
        (1, "停在人行道", "已驶离"),
        (2, "停在盲道", "已驶离"),
    ]
    assert [each.limit.words for each in parking.conditions if each.limit] == ["4小时", "2小时"]
    assert (parking.condition(2).unit, parking.condition(2).department) == ("城管中队", "城管局")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_encodings_and_separators_that_excel_writes_are_read(tmp_path: Path, encoding: str, mark: str) -> None:
    text = "\n".join((HEAD, *ROWS)).replace(",", mark)
    (tmp_path / "own.csv").write_bytes(text.encode(encoding))

    assert list(load_table(tmp_path / "own.csv").items) == ["0406", "0410", "0201"]


def test_title_above_the_headings_codes_without_their_zero_and_long_codes_are_understood(tmp_path: Path) -> None:
    rows = [row.replace("04,街", "4,街").replace(",06,", ",0406,") for row in ROWS]
    path = written(tmp_path, HEAD.replace("大类代码", " 大类 代码* "), *rows, head="本市立结案标准")

    assert list(load_table(path).items) == ["0406", "0410", "0201"]


@pytest.mark.parametrize("name", ["cjt214_2007", "yuncheng_2026"])
def test_written_table_reads_back_the_same(tmp_path: Path, name: str) -> None:
    table = bundled_table(name)
    (tmp_path / f"{name}.csv").write_text(table_text(table), "utf-8")

    assert load_table(tmp_path / f"{name}.csv") == table


def test_table_is_chosen_by_name_or_by_path(tmp_path: Path) -> None:
    assert chosen_table("cjt214_2007").name == "cjt214_2007"
    assert chosen_table(str(written(tmp_path, *ROWS))).name == "own"


@pytest.mark.material
@pytest.mark.skipif(not OFFICIAL.is_dir(), reason="the official code table is not beside the checkout")
def test_official_files_are_read_as_they_are() -> None:
    events, components = (OFFICIAL / f"yuncheng_2026_{each}s.csv" for each in Category)
    table = load_table(events, components=components, kinds={"parking": "0410"})

    assert [len(table.of(each)) for each in Category] == [98, 92]
    assert sum(len(item.conditions) for item in table.items.values()) == 144 + 375
    assert table.kinds == {
        "parking": "0410",
        "vending": "0406",
        "spillover": "0405",
        "flyers": "0201",
        "goods": "0136",
        "disorder": "0410",
        "fire_lane": "0496",
    }


def test_everything_that_is_wrong_is_told_at_once_with_row_and_column(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        *ROWS,
        "4x,街面秩序,07,甲,,,何时,已改,1天",
        "04,街面管理,08,乙,,,何时,已改,1天",
        "04,街面秩序,06,流动摊贩,,,何时,已改,1天",
        "04,街面秩序,10,机动车乱停放,,,停在盲道,已改,1天",
        "04,街面秩序,11,,,,何时,,快点",
        "04,街面秩序,12,丙,,,=SUM(A1),已改,1天",
        f"04,街面秩序,13,丁,,,{'长' * (MAX_CELL_LENGTH + 1)},已改,1天",
        "04,街面秩序,14,戊,,,何\x07时,已改,1天",
    )

    assert sorted(faults(path)) == sorted(
        [
            "row 6, column '大类代码': a code has two digits, not '4x'",
            "row 7, column '大类名称': class 04 is '街面秩序' in row 2 and '街面管理' here",
            "row 8, column '小类代码': code 0406 is '占道经营' in row 2 and '流动摊贩' here",
            "row 9, column '立案条件': code 0410 has the same filing condition in row 4",
            "row 10, column '小类名称': is empty",
            "row 10, column '结案条件': is empty",
            "row 10, column '处置时限': limit '快点' cannot be read; "
            "write it as one of 2紧急工作时, 4小时, 1天, 2紧急工作日, 无",
            "row 11, column '立案条件': holds a formula; paste its value instead",
            f"row 12, column '立案条件': is longer than {MAX_CELL_LENGTH} characters",
            "row 13, column '立案条件': holds a control character",
        ]
    )


def test_faults_are_said_in_chinese_too(tmp_path: Path) -> None:
    with pytest.raises(CodeTableError) as caught:
        load_table(written(tmp_path, *ROWS[:3], "02,宣传广告,01,非法小广告,,,张贴,已清除,马上"))

    assert [fault_line(fault, "zh", Words.load()) for fault in caught.value.faults] == [
        "第 5 行“处置时限”列：无法识别时限“马上”；请写作 2紧急工作时, 4小时, 1天, 2紧急工作日, 无"
    ]


def test_missing_and_doubled_columns_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, *ROWS, head=HEAD.replace("处置时限", "期限").replace("主管部门", "处置单位"))

    assert faults(path) == [
        "row 1: column '处置单位' is there twice",
        "row 1: there is no column '处置时限 / limit'",
    ]
    assert columns_left_aside(path) == ("期限",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,component,vending,", "column 'kind': a component cannot have a kind"),
        ("x,event,Vending!,", "column 'kind': a kind is a lower-case word, not 'Vending!'"),
        ("x,thing,,", "column 'category': a category is event or component, not 'thing'"),
        ("x,event,,maybe", "column 'local': write yes or no, not 'maybe'"),
        ("x,event,parking,", "column 'kind': kind parking already stands with code 0101 in row 2"),
    ],
)
def test_own_columns_are_checked_too(tmp_path: Path, row: str, said: str) -> None:
    head = "class_code,class_name,item_code,closing_condition,limit,item_name,filing_condition,category,kind,local"
    first = "01,a,01,z,1天,y,x,event,parking,"
    path = written(tmp_path, first, f"01,a,02,z,1天,y,{row}", head=head)

    assert f"row 3, {said}" in faults(path, needs_kinds=False)


def test_detector_without_an_item_stops_the_service_but_not_a_look(tmp_path: Path) -> None:
    path = written(tmp_path, *ROWS[:3])

    assert faults(path) == [
        "no item is named for events of kind flyers; write it into the column kind, or give --kind flyers=CODE"
    ]
    assert load_table(path, needs_kinds=False).kinds == {"vending": "0406", "spillover": "0406", "parking": "0410"}
    with pytest.raises(CodeTableError, match="flyers names code 0999, which is no event"):
        load_table(path, kinds={"flyers": "0999"})


def test_table_of_before_a_new_kind_still_starts_a_service(tmp_path: Path) -> None:
    head = "class_code,class_name,item_code,item_name,filing_condition,closing_condition,limit,kind"
    rows = [f"04,街面秩序,{code},{kind} by another name,x,y,1天,{kind}" for code, kind in enumerate(BASIC_KINDS, 10)]

    assert set(load_table(written(tmp_path, *rows, head=head)).kinds) == set(BASIC_KINDS)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("own.csv", b"", "holds no items"),
        ("own.csv", HEAD.encode(), "holds no items"),
        ("own.csv", HEAD.encode("utf-16"), "is text in neither UTF-8 nor GB18030"),
        ("own.csv", b"\xff\xfe\x00\x81", "is text in neither UTF-8 nor GB18030"),
        ("own.csv", HEAD.encode() + b'\n"04', "is no whole CSV"),
        ("own.csv", b"x" * (MAX_FILE_BYTES + 1), "is larger than 8 MB"),
        ("own.csv", HEAD.encode() + b"\n1" * (MAX_ROWS + 1), "has more than 5000 rows"),
        ("own.xls", b"anything", "only .csv and .xlsx can be read, not '.xls'"),
    ],
)
def test_file_that_is_no_table_says_why(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)

    assert any(said in line for line in faults(tmp_path / name))


def test_what_is_no_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "folder.csv").mkdir()

    assert faults(tmp_path / "gone.csv") == ["cannot be read: No such file or directory"]
    assert faults(tmp_path / "folder.csv") == ["is not a plain file"]


def test_message_ends_after_a_hundred_faults_and_says_how_many_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, *(f"01,a,{n % 100:02d},b{n % 100},,,c{n},d,soon" for n in range(300)))

    with pytest.raises(CodeTableError, match="and 200 more") as caught:
        load_table(path)

    assert len(caught.value.faults) == 300
