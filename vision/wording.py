"""Says what is wrong with a value in a file as a sentence that one need not be a programmer to read.

Pydantic's own messages speak of strings, inputs and patterns. Every package that reads a file words its mistakes here.
"""

import re

from pydantic_core import ErrorDetails

SENTENCES = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such key; check its spelling",
    "string_type": 'write text in quotation marks, as "text"',
    "string_too_short": "write at least {min_length} characters",
    "string_too_long": "write at most {max_length} characters",
    "too_short": "give at least {min_length}",
    "too_long": "give at most {max_length}",
    "greater_than": "write a number above {gt}",
    "greater_than_equal": "write a number of {ge} or more",
    "less_than": "write a number below {lt}",
    "less_than_equal": "write a number of {le} or less",
    "multiple_of": "write a multiple of {multiple_of}",
    "int_type": "write a whole number",
    "int_parsing": "write a whole number",
    "int_from_float": "write a whole number",
    "float_type": "write a number",
    "float_parsing": "write a number",
    "finite_number": "write a number that is not infinite",
    "bool_type": "write true or false",
    "bool_parsing": "write true or false",
    "literal_error": "write one of {expected}",
    "enum": "write one of {expected}",
    "list_type": "write a list, as [1, 2]",
    "tuple_type": "write a list, as [1, 2]",
    "dict_type": "this is a table: write its keys below a line in brackets",
    "model_type": "this is a table: write its keys below a line in brackets",
    "model_attributes_type": "this is a table: write its keys below a line in brackets",
    "path_type": "write a file's path in quotation marks",
    "time_parsing": 'write a time as "22:00"',
    "json_invalid": "it is not JSON ({error})",
}
"""Pydantic's name of a mistake to what to do; what is in braces are the limits it knows."""

_ID_PATTERN = re.compile(r"^\^\[(?P<first>[^\]]+)\]\[(?P<rest>[^\]]+)\]\{0,(?P<more>\d+)\}\$$")
_RANGES = re.compile(r"\w-\w|.")


def sentence_of(mistake: ErrorDetails) -> str:
    """Return one mistake without its place and without what was written, which may be a password.

    Args:
        mistake: of `ValidationError.errors()`, with its context.
    """
    context = mistake.get("ctx", {})
    if mistake["type"] == "string_pattern_mismatch":
        return _pattern_in_words(str(context["pattern"]))
    if mistake["type"] in SENTENCES:
        plain = {key: f"{limit:g}" if isinstance(limit, float) else limit for key, limit in context.items()}
        return SENTENCES[mistake["type"]].format(**plain)
    return mistake["msg"].removeprefix("Value error, ")


def _pattern_in_words(pattern: str) -> str:
    """Return what a name may consist of; only patterns of the form `^[a][b]{0,n}$` are read, others are shown."""
    form = _ID_PATTERN.match(pattern)
    if form is None:
        return f"write it in the form {pattern}"
    first, rest = (" ".join(_RANGES.findall(form[part])) for part in ("first", "rest"))
    return f"write 1 to {int(form['more']) + 1} of the signs {rest}, beginning with one of {first}"
