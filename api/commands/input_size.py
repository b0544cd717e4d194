"""Reads the option `--input`: the size of a model's input, as 640x384."""

import re

import typer

from vision.arrays import SizeWH


def input_size(text: str) -> SizeWH:
    """Return width and height in pixels.

    Raises:
        typer.BadParameter: they are no multiples of 32 from 32 to 4096.
    """
    found = re.fullmatch(r"(\d{2,4})x(\d{2,4})", text)
    sides = (int(found[1]), int(found[2])) if found else (0, 0)
    if not all(32 <= side <= 4096 and side % 32 == 0 for side in sides):
        raise typer.BadParameter("write multiples of 32, as 640x384", param_hint="--input")
    return sides
