"""Tells from file names who took which picture, as sets are split by camera and never by frame.

A rule gets the names of a set's pictures and gives each its camera. What a name does not tell, pixels may: pictures
that look alike are kept together whatever their names say (`datasets.splitting`).
"""

import re
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

CameraRule = Callable[[Sequence[str]], list[str]]
"""From the paths of all pictures below a set's folder, with forward slashes, to one camera each, in the same order."""


def each_its_own(names: Sequence[str]) -> list[str]:
    """Take every picture for one of its own camera: photographs that different people took."""
    return [PurePosixPath(name).stem for name in names]


def one_camera(names: Sequence[str]) -> list[str]:
    """Take all pictures for those of one camera."""
    return ["one"] * len(names)


def by_folder(names: Sequence[str]) -> list[str]:
    """Take the pictures of one folder for those of one camera."""
    return [PurePosixPath(name).parent.as_posix() for name in names]


def by_pattern(pattern: str) -> CameraRule:
    """Return a rule that takes the first group of a pattern (or all of it) in a picture's stem for its camera.

    A picture that does not fit is one of its own.

    Raises:
        ValueError: the pattern is none.
    """
    try:
        compiled = re.compile(pattern)
    except re.error as err:
        raise ValueError(f"{pattern!r} is no regular expression: {err}") from None

    def rule(names: Sequence[str]) -> list[str]:
        stems = [PurePosixPath(name).stem for name in names]
        found = [compiled.search(stem) for stem in stems]
        which = 1 if compiled.groups else 0
        return [(m.group(which) if m else "") or stem for m, stem in zip(found, stems, strict=True)]

    return rule


def by_first_match(cameras: Sequence[tuple[str, str]]) -> CameraRule:
    """Return a rule that gives a picture the camera of the first pattern that its whole stem fits.

    Args:
        cameras: (pattern, camera); a picture that fits none is one of its own.
    """
    compiled = [(re.compile(pattern), camera) for pattern, camera in cameras]

    def rule(names: Sequence[str]) -> list[str]:
        stems = [PurePosixPath(name).stem for name in names]
        return [next((camera for pattern, camera in compiled if pattern.fullmatch(s)), s) for s in stems]

    return rule


def by_number_runs(most_apart: int) -> CameraRule:
    """Return a rule for `bus_14`: pictures of a series whose numbers lie close together are of one camera.

    Stills of one film are numbered one after the other; a gap is where somebody went on to the next street.

    Args:
        most_apart: numbers that are further apart belong to two runs.
    """
    form = re.compile(r"(.*?)[_-]?(\d+)$")

    def rule(names: Sequence[str]) -> list[str]:
        stems = [PurePosixPath(name).stem for name in names]
        numbered = [(m.group(1), int(m.group(2)), stem) for stem in stems if (m := form.match(stem))]
        cameras = {stem: stem for stem in stems}
        before: tuple[str, int, str] | None = None
        for series, number, stem in sorted(numbered):
            if before is not None and before[0] == series and number - before[1] <= most_apart:
                cameras[stem] = before[2]
            before = series, number, cameras[stem]
        return [cameras[stem] for stem in stems]

    return rule
