"""Turns what horns say of themselves into what people see of them."""

from collections.abc import Iterable

from broadcast.horn_worker import HornHealth
from broadcast.settings import HornEntry
from pipeline.views import HornView
from streams.urls import redact


def horn_views(horns: Iterable[HornHealth], entries: Iterable[HornEntry]) -> tuple[HornView, ...]:
    """Return every horn as people see it.

    Args:
        horns: those that run.
        entries: the settings that they were made from.
    """
    by_id = {entry.id: entry for entry in entries}
    return tuple(
        HornView(
            horn_id=horn.horn_id,
            name=by_id[horn.horn_id].name or horn.horn_id,
            url=redact(by_id[horn.horn_id].url.get_secret_value()),
            state=horn.state,
            problem=horn.problem,
            problem_code=horn.problem_code,
            last_spoken_at=horn.last.started_at if horn.last else None,
            last_detail=horn.last.detail if horn.last else "",
            last_file=(horn.last.file or None) if horn.last else None,
        )
        for horn in horns
    )
