"""What is wrong with a file of codes, and where, so that it can be said in Chinese and in English."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TableFault:
    """One mistake in a file.

    Attributes:
        said: which sentence tells it (family `table` of words.toml).
        facts: what is filled into the sentence.
        sheet: the sheet of a workbook; empty for CSV.
        row: counts from 1 as Excel shows it; 0 where the whole file or sheet is meant.
        column: the heading as the file writes it; empty where the whole row is meant.
    """

    said: str
    facts: dict[str, str | int] = field(default_factory=dict)
    sheet: str = ""
    row: int = 0
    column: str = ""
