"""Writes what operators decided as a set: a YOLO set of things and hard negatives, and a folder of papers.

`verdicts.jsonl` says of each picture which case it is of, what was decided and when, and by what people were made
unrecognisable. Papers have no class of their own; their close-ups lie in `flyers/confirmed` and `flyers/false`.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from cases.disk import Disk
from datasets.errors import SetEmptyError
from datasets.set_folder import SetFolder
from datasets.verdicts import Lesson, VerdictRow
from datasets.yolo_folder import YoloFolder

VERDICTS_NAME = "verdicts.jsonl"
SPLIT = "train"


def write_verdicts(out: Path, rows: Iterable[VerdictRow], *, disk: Disk | None = None) -> int:
    """Write the set and return how many rows it has.

    Args:
        out: the folder; must not be there yet, or be empty.
        rows: from `verdict_rows`; made while they are written, so that none is held.
        disk: what writes; tests hand in one that is full.

    Raises:
        SetEmptyError: no case was judged; nothing was kept.
        SetWriteError: the disk refuses; nothing was kept.
    """
    lines: list[str] = []
    with SetFolder(out, disk=disk) as folder:
        yolo = YoloFolder(folder)
        for row in rows:
            lines.append(_line(row, _written(row, folder, yolo)))
        if not lines:
            raise SetEmptyError("no case teaches anything yet: confirm or dismiss some on the page first")
        yolo.finish()
        folder.write(VERDICTS_NAME, "".join(lines).encode())
    return len(lines)


def _written(row: VerdictRow, folder: SetFolder, yolo: YoloFolder) -> str:
    """Write a row's picture and return where."""
    data = row.picture.source
    if not isinstance(data, bytes):
        raise TypeError(f"picture {row.picture.name} is no bytes: only what was made unrecognisable may be written")
    if row.class_id is not None:
        yolo.add(SPLIT, row.picture, data)
        return f"images/{SPLIT}/{row.picture.name}.jpg"
    half = "confirmed" if row.verdict.lesson is Lesson.THING else "false"
    path = f"flyers/{half}/{row.picture.name}.jpg"
    folder.write(path, data)
    return path


def _line(row: VerdictRow, path: str) -> str:
    told = {
        "picture": path,
        "case_id": row.case_id,
        "kind": row.kind,
        "lesson": row.verdict.lesson.value,
        "class_name": row.class_id.label if row.class_id is not None else None,
        "reason": row.verdict.reason,
        "decided_at": row.verdict.at.isoformat(),
        "unrecognisable_by": row.blurred,
    }
    return json.dumps(told, ensure_ascii=False) + "\n"
