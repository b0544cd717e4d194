"""A city's table of codes: which item a detector's event is, what it is called, and how long handling may take.

Two numberings are in use side by side, and every city has limits of its own, so tables are files (code_files). An item
is an event (0406, trading on the street) or a component (B0101, a manhole cover). It has one or more conditions, each
with a limit of its own, and a case is bound to one of them.

Belongs here: what a table holds. Does not: files (code_files, code_rows, table_cells), when a limit ends (deadlines).
"""

from dataclasses import dataclass
from enum import StrEnum

from cases.errors import KindWithoutItemError, UnknownCodeError
from cases.limits import Limit

COMPONENT_MARK = "B"
"""Stands before the four digits of a component (部件), as events and components both count from 0101."""


class Category(StrEnum):
    """What an item is."""

    EVENT = "event"  # 事件: something that happens
    COMPONENT = "component"  # 部件: a thing of the city that is broken, missing or dirty


@dataclass(frozen=True, slots=True)
class Condition:
    """One way in which an item is filed and closed.

    Attributes:
        number: counts from 1 within the item, in the order of the file.
        filing_zh, filing_en: what must be there so that a case is filed; English is empty where the file has none.
        closing_zh, closing_en: what must be there so that it is closed.
        limit: how long handling may take; None where the table sets none.
        unit, department: who handles and who is in charge, where the file says so.
    """

    number: int
    filing_zh: str
    filing_en: str
    closing_zh: str
    closing_en: str
    limit: Limit | None
    unit: str = ""
    department: str = ""

    def filing(self, language: str) -> str:
        """Return when to file, in `zh` or, for anything else, in English where the table has it."""
        return self.filing_zh if language == "zh" else self.filing_en or self.filing_zh

    def closing(self, language: str) -> str:
        """Return when to close, in `zh` or, for anything else, in English where the table has it."""
        return self.closing_zh if language == "zh" else self.closing_en or self.closing_zh


@dataclass(frozen=True, slots=True)
class CodeItem:
    """One item of a table.

    Attributes:
        code: class and item, two digits each; a `B` before them for a component.
        category: event or component.
        class_zh, class_en: what its class is called.
        name_zh, name_en: what it is called; English is empty where the file has none.
        conditions: at least one, numbered from 1.
        is_local_extension: whether it was added to the city's table.
    """

    code: str
    category: Category
    class_zh: str
    class_en: str
    name_zh: str
    name_en: str
    conditions: tuple[Condition, ...]
    is_local_extension: bool = False

    def name(self, language: str) -> str:
        """Return the name in `zh` or, for anything else, in English where the table has it."""
        return self.name_zh if language == "zh" else self.name_en or self.name_zh

    def condition(self, number: int) -> Condition:
        """Return one of its conditions.

        Raises:
            UnknownCodeError: it has no such condition.
        """
        if not 1 <= number <= len(self.conditions):
            raise UnknownCodeError(
                f"item {self.code} {self.name_zh} has conditions 1 to {len(self.conditions)}, not {number}"
            )
        return self.conditions[number - 1]


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A city's items, by code, and the item that each kind of event, or offence of a rule, opens a case with."""

    name: str
    items: dict[str, CodeItem]
    kinds: dict[str, str]

    def for_kind(self, kind: str, offence: str = "") -> CodeItem:
        """Return the item that an event of this kind opens a case with.

        Args:
            kind: of the event.
            offence: what its rule calls it; where the table has no item of its own for that, the kind decides.

        Raises:
            KindWithoutItemError: the table names none for it.
        """
        code = self.kinds.get(offence) or self.kinds.get(kind)
        if code is None:
            raise KindWithoutItemError(
                f"code table {self.name} has no item for events of kind {kind!r}; write {kind} into the column kind "
                "(识别类型) of the item that they are"
            )
        return self.item(code)

    def item(self, code: str) -> CodeItem:
        """Return the item of a code.

        Raises:
            UnknownCodeError: the table has no such code.
        """
        if code not in self.items:
            raise UnknownCodeError(f"code table {self.name} has no item {code!r}")
        return self.items[code]

    def of(self, category: Category) -> tuple[CodeItem, ...]:
        """Return the events or the components, in the order of the file."""
        return tuple(item for item in self.items.values() if item.category is category)
