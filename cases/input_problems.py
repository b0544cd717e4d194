"""What is wrong with a row that people told for an evaluation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InputProblem:
    """What is wrong with one row: its table, its number from 1 (0 for the table), its field, in what way, in words."""

    table: str
    row: int
    field: str
    cause: str
    sentence: str
    limit: str = ""

    def __str__(self) -> str:
        """Return it in a line."""
        row = f" row {self.row}" if self.row else ""
        return ": ".join(part for part in (f"{self.table}{row}", self.field, self.sentence) if part)
