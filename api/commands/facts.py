"""Prints what a command found out as lines of a name and a value, each with its unit, none cut short."""

import sys
from collections.abc import Mapping

UNITS = {"_s": "s", "_fps": "fps", "_hz": "Hz"}
"""End of a name to the unit that is shown instead."""

NOTHING = "—"


def print_facts(facts: Mapping[str, str]) -> None:
    """Write one line per fact to the standard output, values below each other; a pipe gets them whole as well."""
    width = max(map(len, facts), default=0)
    for name, text in facts.items():
        sys.stdout.write(f"{name:<{width}}  {text}\n")


def named(key: str) -> str:
    """Return a field's name for people, without its unit."""
    for ending in (*UNITS, "_bps", "_wh"):
        key = key.removesuffix(ending)
    return key.replace("_", " ")


def worded(key: str, value: object) -> str:
    """Return a field's value for people; the unit is the end of its name, as everywhere in this program."""
    if value is None or value in ("", ()):
        return NOTHING
    if key.endswith("_bps") and isinstance(value, int | float):
        return f"{value / 1e6:.2f} Mbit/s" if value >= 1e6 else f"{value / 1e3:.0f} kbit/s"
    if key.endswith("_wh") and isinstance(value, tuple):
        return " x ".join(map(str, value))
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    unit = next((unit for ending, unit in UNITS.items() if key.endswith(ending)), "")
    text = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"{text} {unit}".rstrip()
