"""Puts in what settings take from the environment, so that no password need stand in a file."""

import os
import re

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def expanded(text: str) -> str:
    """Return a text with each `${NAME}` looked up.

    Raises:
        ValueError: a variable is not set; the message names it and shows no value.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ValueError(f"the environment variable {name} is not set")
        return os.environ[name]

    return _VARIABLE.sub(value, text)
