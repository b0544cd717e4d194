"""Turns the rows of a sheet into items with their conditions, and says everything that is wrong at once.

The columns are those of a city's 立结案 table: 大类代码, 大类名称, 小类代码, 小类名称, 立案条件, 结案条件, 处置时限,
and 处置单位, 主管部门 where it has them; English headings are those of `COLUMNS`. Each row is one condition.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cases.codes import COMPONENT_MARK, Category, CodeItem, Condition
from cases.limits import LIMIT_FORMS, Limit, read_limit
from cases.table_cells import HEAD_ROWS, MAX_CELL_LENGTH, Sheet
from cases.table_faults import TableFault

COLUMNS = {
    "category": ("类别", "类型"),
    "class_code": ("大类代码", "大类编码"),
    "class_name": ("大类名称",),
    "class_name_en": ("大类英文名称",),
    "item_code": ("小类代码", "小类编码"),
    "item_name": ("小类名称",),
    "item_name_en": ("小类英文名称",),
    "filing_condition": ("立案条件",),
    "filing_condition_en": ("立案条件英文",),
    "closing_condition": ("结案条件",),
    "closing_condition_en": ("结案条件英文",),
    "limit": ("处置时限",),
    "unit": ("处置单位",),
    "department": ("主管部门",),
    "kind": ("识别类型",),
    "local": ("本地扩展",),
}
"""A column's name, which is its English heading, and its Chinese headings."""

REQUIRED = ("class_code", "class_name", "item_code", "item_name", "filing_condition", "closing_condition", "limit")

_CATEGORIES = {
    "event": Category.EVENT,
    "事件": Category.EVENT,
    "component": Category.COMPONENT,
    "部件": Category.COMPONENT,
}
_YES_NO = {"": False, "no": False, "否": False, "yes": True, "是": True}


@dataclass(slots=True)
class ItemsDraft:
    """What was read so far, from one sheet or several."""

    items: dict[str, CodeItem] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    faults: list[TableFault] = field(default_factory=list)
    left_aside: list[str] = field(default_factory=list)
    first_rows: dict[tuple[str, ...], tuple[int, str]] = field(default_factory=dict)

    def take(self, sheet: Sheet, category: Category) -> None:
        """Read a sheet; `category` is what its items are where neither a column nor the sheet's name says so."""
        head = _head(sheet)
        if head is None:
            self.faults.append(TableFault("no_rows", sheet=sheet.name))
            return
        at, headings = head
        columns = self._columns(sheet, at, headings)
        broken = {(fault.row, column) for column, fault in sheet.faults}
        for column, fault in sheet.faults:
            if fault.row >= at:
                self.faults.append(replace(fault, column=_heading(headings, column)))
        if any(name not in columns for name in REQUIRED):
            return
        category = next((c for word, c in _CATEGORIES.items() if word in sheet.name.lower()), category)
        for number, cells in sheet.rows:
            if number > at:
                taken = {name for name, column in columns.items() if (number, column + 1) in broken}
                self._take_row(_Row(self, sheet.name, number, headings, columns, cells, taken), category)

    def once(self, place: tuple[str, ...], row: int, said: str) -> tuple[int, str]:
        """Return in which row something stood first, and what was said there."""
        return self.first_rows.setdefault(place, (row, said))

    def _columns(self, sheet: Sheet, at: int, headings: Sequence[str]) -> dict[str, int]:
        columns: dict[str, int] = {}
        for column, heading in enumerate(headings):
            name = _NAMES.get(_folded(heading))
            if name is None and heading:
                self.left_aside.append(heading)
            elif name in columns:
                self.faults.append(TableFault("double_column", {"column": heading}, sheet.name, at))
            elif name is not None:
                columns[name] = column
        for name in REQUIRED:
            if name not in columns:
                self.faults.append(TableFault("missing_column", {"column": _both(name)}, sheet.name, at))
        return columns

    def _take_row(self, row: "_Row", category: Category) -> None:
        before = len(self.faults)
        category = row.category(category)
        class_code, class_name, code = row.code("class_code"), row.text("class_name"), row.item_code()
        name, filing, closing, limit = row.text("item_name"), *map(row.text, _CONDITIONS), row.limit()
        row.agree("class_differs", (category, class_code), class_code, class_name)
        full = (COMPONENT_MARK if category is Category.COMPONENT else "") + class_code + code
        row.agree("item_differs", (category, class_code, code), full, name)
        local = row.yes("local")
        kinds = row.kinds(full, category)
        if filing:
            first, where = self.once((full, "filing", filing), row.number, row.place)
            if where != row.place:
                row.fault("filing_condition", "double_condition", code=full, first=first)
        if len(self.faults) > before or row.broken & {*REQUIRED}:
            return
        known = self.items.get(full) or CodeItem(
            full, category, class_name, row.get("class_name_en"), name, row.get("item_name_en"), (), local
        )
        english = row.get("filing_condition_en"), row.get("closing_condition_en")
        told = (filing, english[0], closing, english[1], limit, row.get("unit"), row.get("department"))
        condition = Condition(len(known.conditions) + 1, *told)
        self.items[full] = replace(known, conditions=(*known.conditions, condition))
        self.kinds |= dict.fromkeys(kinds, full)


@dataclass(frozen=True, slots=True)
class _Row:
    """One row while it is read; what is wrong goes to the draft."""

    draft: ItemsDraft
    sheet: str
    number: int
    headings: Sequence[str]
    columns: dict[str, int]
    cells: Sequence[str]
    broken: set[str]

    @property
    def place(self) -> str:
        return f"{self.sheet}:{self.number}"

    def fault(self, name: str, said: str, /, **facts: str | int) -> None:
        if name not in self.broken:  # whose fault was told when the cell was read
            heading = self.headings[self.columns[name]]
            self.draft.faults.append(TableFault(said, facts, self.sheet, self.number, heading))

    def get(self, name: str) -> str:
        column = self.columns.get(name, len(self.cells))
        text = self.cells[column] if column < len(self.cells) else ""
        if len(text) > MAX_CELL_LENGTH:
            self.fault(name, "too_long", limit=MAX_CELL_LENGTH)
        return text[:MAX_CELL_LENGTH]

    def text(self, name: str) -> str:
        text = self.get(name)
        if not text:
            self.fault(name, "empty")
        return text

    def code(self, name: str) -> str:
        text = self.text(name)
        if text and not re.fullmatch(r"[0-9]{1,2}", text):
            self.fault(name, "two_digits", value=text[:20])
        return text.zfill(2) if text else ""  # Excel makes 1 of 01

    def item_code(self) -> str:
        whole, class_code = self.get("item_code"), self.get("class_code").zfill(2)
        if re.fullmatch(r"[0-9]{3,4}", whole) and whole.zfill(4)[:2] == class_code:
            return whole[-2:]  # some cities write class and item together
        return self.code("item_code")

    def limit(self) -> Limit | None:
        text = self.text("limit")
        try:
            return read_limit(text) if text else None
        except ValueError:
            self.fault("limit", "limit", value=text[:40], forms=LIMIT_FORMS)
            return None

    def category(self, otherwise: Category) -> Category:
        text = self.get("category").lower()
        if text and text not in _CATEGORIES:
            self.fault("category", "category", value=text[:20])
        return _CATEGORIES.get(text, otherwise)

    def yes(self, name: str) -> bool:
        text = self.get(name).lower()
        if text not in _YES_NO:
            self.fault(name, "yes_no", value=text[:20])
        return _YES_NO.get(text, False)

    def kinds(self, code: str, category: Category) -> list[str]:
        kinds = self.get("kind").split()
        if kinds and category is Category.COMPONENT:
            self.fault("kind", "kind_component")
        for kind in kinds:
            if not re.fullmatch(r"[a-z][a-z_]{0,30}", kind):
                self.fault("kind", "kind_word", value=kind[:20])
            first, first_code = self.draft.once(("kind", kind), self.number, code)
            if first_code != code:
                self.fault("kind", "kind_twice", kind=kind, first=first, code=first_code)
        return kinds

    def agree(self, said: str, place: tuple[str, ...], code: str, name: str) -> None:
        if not name:
            return
        first, first_name = self.draft.once(place, self.number, name)
        if first_name != name:
            column = "class_name" if said == "class_differs" else "item_code"
            self.fault(column, said, code=code, first=first, name=first_name, value=name)


_CONDITIONS = ("filing_condition", "closing_condition")


def _folded(heading: str) -> str:
    return heading.replace(" ", "").replace("*", "").lower()


_NAMES = {_folded(heading): name for name, zh in COLUMNS.items() for heading in (name, *zh)}


def _both(name: str) -> str:
    return f"{COLUMNS[name][0]} / {name}"


def _head(sheet: Sheet) -> tuple[int, Sequence[str]] | None:
    """Return number and cells of the row with the headings: of the first rows, that which has most of them."""
    first = [(number, cells) for number, cells in sheet.rows if number <= HEAD_ROWS] or sheet.rows[:1]
    return max(first, key=lambda row: _known(row[1]), default=None)


def _known(cells: Iterable[str]) -> int:
    return sum(_folded(cell) in _NAMES for cell in cells)


def _heading(headings: Sequence[str], column: int) -> str:
    return headings[column - 1] if column <= len(headings) and headings[column - 1] else f"#{column}"
