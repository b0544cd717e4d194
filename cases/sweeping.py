"""Clears up the evidence folder after a crash, so that every pack has its row and every row its pack.

What a crash can leave behind, and what becomes of it:

* a pack that was not finished: removed, as nothing ever relied on it;
* a whole pack of a case that has rows, but without a row of its own: kept and returned, so that the row is made now;
* a whole first pack that holds what its case is opened with: the same, so that no case is lost between pack and row;
* a whole pack of a case that is not known in either way, or that no case can be made of: moved to `orphans/`,
  never deleted;
* anything else, such as a pack without readable manifest, which no crash of ours leaves: moved to `orphans/` unless a
  row names it, in which case it stays where `verify` reports it.
"""

import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cases.disk import Disk
from cases.packs import Pack, is_unfinished, number_of
from cases.records import new_case_of

logger = logging.getLogger(__name__)

ORPHANS = "orphans"
"""Folder below the evidence root for what belongs to no case; a person looks at it and decides."""

PackKey = tuple[str, int]
"""Case id and pack number."""


class PackReader(Protocol):
    """What sweeping needs of the evidence store."""

    @property
    def root(self) -> Path:
        """The evidence folder."""
        ...

    def read_pack(self, folder: Path) -> Pack | None:
        """Return the pack in a folder, or None where there is no readable manifest of it."""
        ...


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found.

    Attributes:
        removed: unfinished packs that were removed, relative to the root.
        orphaned: where packs without a case were moved to, relative to the root.
        without_row: whole packs that still need their row, in the order of their numbers; the first may open its case.
        missing: rows whose pack is not on the disk.
    """

    removed: tuple[str, ...]
    orphaned: tuple[str, ...]
    without_row: tuple[Pack, ...]
    missing: tuple[PackKey, ...]


def sweep_evidence(store: PackReader, disk: Disk, known: Collection[PackKey]) -> Swept:
    """Bring the evidence folder in line with the rows.

    Args:
        store: the evidence store; nobody else may write to it meanwhile.
        disk: what renames and removes.
        known: case id and number of every pack that has a row.

    Raises:
        OSError: the disk refuses to rename.
    """
    rows, cases = frozenset(known), {case_id for case_id, _ in known}
    removed: list[str] = []
    orphaned: list[str] = []
    without_row: list[Pack] = []
    found: set[PackKey] = set()
    for case_folder in _case_folders(store.root):
        for path in sorted(case_folder.iterdir(), key=lambda path: (number_of(path) or 0, path)):
            key = (case_folder.name, number_of(path) or 0)
            if is_unfinished(path):
                disk.remove_tree(path)
                removed.append(path.relative_to(store.root).as_posix())
            elif key in rows:
                found.add(key)
            elif (pack := store.read_pack(path)) is not None and _belongs(pack, key, cases):
                disk.sync_chain(case_folder, store.root)  # it was killed before that, perhaps, and now comes its row
                without_row.append(pack)
                cases.add(pack.case_id)
            else:
                orphaned.append(_set_aside(store.root, disk, path))
        _remove_if_empty(case_folder)
    _sync_days(store.root, disk)
    swept = Swept(tuple(removed), tuple(orphaned), tuple(without_row), tuple(sorted(rows - found)))
    _report(swept)
    return swept


def _case_folders(root: Path) -> Iterator[Path]:
    yield from sorted(path for path in root.glob("[0-9]*/[0-9]*/[0-9]*/*") if path.is_dir())


def _belongs(pack: Pack, key: PackKey, cases: Collection[str]) -> bool:
    if (pack.case_id, pack.number) != key:
        return False
    try:
        opens_one = new_case_of(pack) is not None
    except ValueError as err:
        logger.warning("evidence %s: no case can be opened with it: %s", pack.folder, err)
        return False
    return opens_one or pack.case_id in cases


def _set_aside(root: Path, disk: Disk, path: Path) -> str:
    folder = root / ORPHANS / path.parent.name
    disk.make_folder(folder)
    taken = sum(1 for _ in folder.iterdir())
    target = folder / f"{path.name}.{taken + 1}"
    disk.rename(path, target)
    return target.relative_to(root).as_posix()


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _sync_days(root: Path, disk: Disk) -> None:
    """Make the folders of days durable: the program may have been killed between making one and that."""
    for folder in (root, *root.glob("[0-9]*"), *root.glob("[0-9]*/[0-9]*")):
        if folder.is_dir():
            disk.sync_folder(folder)


def _report(swept: Swept) -> None:
    for path in swept.removed:
        logger.warning("evidence %s: removed, it was not finished when the program stopped", path)
    for path in swept.orphaned:
        logger.warning("evidence %s: set aside, no case names it", path)
    for case_id, number in swept.missing:
        logger.error("evidence of case %s: pack %d is missing from the disk", case_id, number)
