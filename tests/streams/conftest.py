"""Clips encoded once for all tests of `streams`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rtsp.clips import Pattern, encode_clip

ClipMaker = Callable[..., Path]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> ClipMaker:
    """Return a function that encodes a pattern once and gives its path: `clip(codec="h265", seconds=2)`."""
    folder = tmp_path_factory.mktemp("clips")
    made: dict[tuple[str, Pattern], Path] = {}

    def make(ending: str = "mp4", **pattern: object) -> Path:
        key = ending, Pattern(**pattern)
        if key not in made:
            made[key] = encode_clip(folder / f"{len(made)}.{ending}", key[1])
        return made[key]

    return make


@pytest.fixture
def cut_avi(clip: ClipMaker, tmp_path: Path) -> Path:
    """Return the beginning of an AVI of 4 s: 100 pictures by its header, a third of them there, no index."""
    whole = clip("avi", seconds=4).read_bytes()
    begin, end = whole.index(b"movi"), whole.index(b"idx1")
    (tmp_path / "cut.avi").write_bytes(whole[: begin + (end - begin) // 3])
    return tmp_path / "cut.avi"
