"""Says what is wrong with a body in facts that the page can word: which field, in what way, and the limit it passes.

What was sent is left out, as it may hold a password.
"""

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from vision.error_codes import code_of

LIMITS = ("ge", "gt", "le", "lt", "min_length", "max_length")


def facts_of_mistake(mistake: ErrorDetails) -> dict[str, str | float]:
    """Return `key` (empty where the whole is wrong), `cause`, and `limit` where there is one.

    `cause` is pydantic's name for the mistake, or the code of our own error that a validator raised.
    """
    context = mistake.get("ctx", {})
    cause = code_of(context["error"]) if mistake["type"] == "value_error" else mistake["type"]
    last = mistake["loc"][-1] if mistake["loc"] else ""
    facts: dict[str, str | float] = {"key": last if isinstance(last, str) else "", "cause": cause}
    limit = next((context[name] for name in LIMITS if name in context), None)
    return facts if limit is None else {**facts, "limit": limit}


def facts_of_zones(err: ValidationError, body: object) -> dict[str, str | float]:
    """Return the facts of the first mistake in a `ZonesFile`, with `zone`, the name of the zone that it is in."""
    first = err.errors(include_url=False)[0]
    facts = facts_of_mistake(first)
    match first["loc"], body:
        case ("zones", int(number), *_), {"zones": list(zones)} if isinstance(zones[number], dict):
            name = zones[number].get("name") or zones[number].get("id") or number + 1
            return {**facts, "zone": str(name)[:120]}
    return {**facts, "zone": ""}
