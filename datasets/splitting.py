"""Splits labelled pictures into those to train on and those to judge by: by camera, never by frame.

Pictures of one camera form a group, and so do cameras whose pictures look alike whatever their names say; a group falls
into one split as a whole. A picture that is there twice counts once. Every set is shared out by itself, so that each
split has a piece of each where its groups allow; a set of one camera falls into one split.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from datasets.errors import PictureError
from datasets.findings import Finding, FindingKind
from datasets.labelled import LabelledPicture
from datasets.likeness import Likeness, Pair, alike_pairs, groups_of, likeness_of
from datasets.picture_files import read_lumas
from vision.arrays import Ids

SPLITS = ("train", "val", "test")


@dataclass(frozen=True, slots=True)
class SplitSettings:
    """How to share out.

    Attributes:
        val_ratio: share of the pictures to choose thresholds and the best epoch by.
        test_ratio: share of the pictures to judge by at the end.
        seed: another one gives other halves.
        pinned: camera → split, for cameras whose split is settled, as those of a yardstick.
    """

    val_ratio: float = 0.15
    test_ratio: float = 0.15
    seed: int = 0
    pinned: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if min(self.val_ratio, self.test_ratio) < 0 or self.val_ratio + self.test_ratio >= 1:
            raise ValueError(f"shares must leave something to train on: {self.val_ratio=} {self.test_ratio=}")
        wrong = sorted(set(self.pinned.values()) - set(SPLITS))
        if wrong:
            raise ValueError(f"there is no split {wrong[0]!r}; there are {', '.join(SPLITS)}")

    @property
    def shares(self) -> dict[str, float]:
        """The share of each split, together 1."""
        return {"train": 1 - self.val_ratio - self.test_ratio, "val": self.val_ratio, "test": self.test_ratio}


@dataclass(frozen=True, slots=True)
class SplitReport:
    """What was grouped and dropped.

    Attributes:
        dropped: (dropped, kept): keys of pictures that were there twice.
        joined: cameras that were taken for one, as pictures of theirs look alike; each tuple has two or more.
        groups: number of groups in each set.
        counts: (set, split) → pictures.
    """

    dropped: tuple[tuple[str, str], ...]
    joined: tuple[tuple[str, ...], ...]
    groups: Mapping[str, int]
    counts: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Pictures shared out, and how it came about."""

    pictures: Mapping[str, tuple[LabelledPicture, ...]]
    report: SplitReport


def looked_at(
    pictures: Sequence[LabelledPicture], on_progress: Callable[[int, int], None] | None = None
) -> tuple[tuple[LabelledPicture, ...], Likeness, tuple[Finding, ...]]:
    """Read pictures to compare them; those whose pixels cannot be read are left out and told.

    Args:
        pictures: of any sets.
        on_progress: called with (done, total) now and then.

    Returns:
        The pictures that can be read, their likeness in the same order, and what was wrong.
    """
    seen: dict[int, Likeness] = {}
    findings: list[Finding] = []
    for done, (row, luma) in enumerate(read_lumas([picture.source for picture in pictures]), start=1):
        if isinstance(luma, PictureError):
            findings.append(Finding(FindingKind.BROKEN_PICTURE, str(luma)))
        else:
            seen[row] = likeness_of([luma])
        if on_progress is not None and (done % TELL_EVERY == 0 or done == len(pictures)):
            on_progress(done, len(pictures))
    rows = sorted(seen)
    return tuple(pictures[row] for row in rows), Likeness.joined([seen[row] for row in rows]), tuple(findings)


TELL_EVERY = 50
"""Pictures between two words on how far it is."""


def key_of(picture: LabelledPicture) -> str:
    """Return a name that is unique over all sets."""
    return f"{picture.origin.set_name}/{picture.name}"


def named_for_all(pictures: Iterable[LabelledPicture]) -> list[LabelledPicture]:
    """Return pictures of several sets under names that no two of them share and that may stand in a path."""
    return [replace(each, name=key_of(each).replace("/", "-")) for each in pictures]


def split_by_camera(pictures: Sequence[LabelledPicture], likeness: Likeness, settings: SplitSettings) -> Split:
    """Share pictures out.

    Args:
        pictures: of any sets.
        likeness: of the same pictures, in the same order.
        settings: shares, seed, and cameras that are settled.

    Raises:
        ValueError: the likeness is of other pictures, or two cameras that look alike are pinned to different splits.
    """
    if len(pictures) != len(likeness):
        raise ValueError(f"{len(pictures)} pictures, but the likeness of {len(likeness)}")
    pairs = alike_pairs(likeness)
    dropped = _doubles(pictures, pairs)
    group = _groups(pictures, pairs)
    kept = [row for row in range(len(pictures)) if row not in dropped]
    where = _assigned(pictures, group, kept, settings)
    shared = {split: tuple(pictures[row] for row in kept if where[int(group[row])] == split) for split in SPLITS}
    return Split(shared, _report(pictures, group, dropped, shared))


def _doubles(pictures: Sequence[LabelledPicture], pairs: Sequence[Pair]) -> dict[int, int]:
    """Return dropped row → kept row. The kept one of the same pictures is that with the most boxes, else the first."""
    same = groups_of(len(pictures), [(pair.one, pair.other) for pair in pairs if pair.same])
    best: dict[int, int] = {}
    for row, root in enumerate(same.tolist()):
        if root not in best or len(pictures[row].labels) > len(pictures[best[root]].labels):
            best[root] = row
    return {row: best[root] for row, root in enumerate(same.tolist()) if best[root] != row}


def _groups(pictures: Sequence[LabelledPicture], pairs: Sequence[Pair]) -> Ids:
    """Return (N,) the group of each picture: its camera, joined with those of which enough pictures are alike."""
    first: dict[str, int] = {}
    links = [(first.setdefault(picture.camera, row), row) for row, picture in enumerate(pictures)]
    sizes = Counter(picture.camera for picture in pictures)
    alike: dict[tuple[str, str], tuple[set[int], set[int]]] = {}
    for pair in pairs:
        (camera, row), (other, other_row) = sorted((pictures[row].camera, row) for row in (pair.one, pair.other))
        rows, other_rows = alike.setdefault((camera, other), (set(), set()))
        rows.add(row)
        other_rows.add(other_row)
    for (camera, other), (rows, other_rows) in alike.items():
        count, size = min((sizes[camera], len(rows)), (sizes[other], len(other_rows)))[::-1]
        if count >= ALIKE_RATIO * size:
            links.append((first[camera], first[other]))
    return groups_of(len(pictures), links)


ALIKE_RATIO = 0.5
"""Share of the smaller camera's pictures that must have an alike one of the other for the two to be one. By night any
two roads with lamps have some (28 pairs between the material's two), and one would chain whole cameras together."""


def _assigned(
    pictures: Sequence[LabelledPicture],
    group: Ids,
    kept: Sequence[int],
    settings: SplitSettings,
) -> dict[int, str]:
    """Return group → split: set by set, large groups first, each to where the most pictures are still wanting."""
    members: dict[int, list[int]] = {}
    for row in kept:
        members.setdefault(int(group[row]), []).append(row)
    where = _pinned(pictures, group, settings)
    rng = np.random.default_rng(settings.seed)
    by_set: dict[str, list[int]] = {}
    for root in members:
        by_set.setdefault(pictures[root].origin.set_name, []).append(root)
    for name in sorted(by_set):
        roots = by_set[name]
        total = sum(len(members[root]) for root in roots)
        wanting = {split: share * total for split, share in settings.shares.items()}
        shuffled = [roots[i] for i in rng.permutation(len(roots))]
        for root in sorted(shuffled, key=lambda each: (each not in where, -len(members[each]))):
            split = where.setdefault(root, max(SPLITS, key=lambda each: wanting[each]))
            wanting[split] -= len(members[root])
    return where


def _pinned(pictures: Sequence[LabelledPicture], group: Ids, settings: SplitSettings) -> dict[int, str]:
    """Return group → split for the groups of which some camera's split is settled."""
    by: dict[int, tuple[str, str]] = {}
    for picture, root in zip(pictures, group.tolist(), strict=True):
        split = settings.pinned.get(picture.camera)
        if split is None:
            continue
        camera, before = by.setdefault(root, (picture.camera, split))
        if before != split:
            raise ValueError(f"{camera} and {picture.camera} look alike, but are settled for {before} and {split}")
    return {root: split for root, (_, split) in by.items()}


def _report(
    pictures: Sequence[LabelledPicture],
    group: Ids,
    dropped: Mapping[int, int],
    shared: Mapping[str, Sequence[LabelledPicture]],
) -> SplitReport:
    cameras: dict[int, set[str]] = {}
    roots: dict[str, set[int]] = {}
    for row, picture in enumerate(pictures):
        cameras.setdefault(int(group[row]), set()).add(picture.camera)
        roots.setdefault(picture.origin.set_name, set()).add(int(group[row]))
    counts: dict[tuple[str, str], int] = {}
    for split, held in shared.items():
        for picture in held:
            place = picture.origin.set_name, split
            counts[place] = counts.get(place, 0) + 1
    return SplitReport(
        dropped=tuple((key_of(pictures[row]), key_of(pictures[stays])) for row, stays in sorted(dropped.items())),
        joined=tuple(tuple(sorted(names)) for _, names in sorted(cameras.items()) if len(names) > 1),
        groups={name: len(found) for name, found in sorted(roots.items())},
        counts=counts,
    )
