"""Libraries that come along with the page are the published files, byte for byte."""

import hashlib
from pathlib import Path

import pytest

from api.app import WEB_FOLDER

VENDOR = WEB_FOLDER / "vendor"
FOLDERS = sorted(path for path in VENDOR.iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_file_has_the_hash_that_is_noted(folder: Path) -> None:
    lines = (folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    noted = {name: digest for digest, name in (line.split() for line in lines)}
    there = {path.name: path for path in folder.iterdir() if path.name != "SHA256SUMS"}

    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in there.items()} == noted
    assert "LICENSE" in noted


def test_leaflet_is_the_version_that_is_named() -> None:
    text = (VENDOR / "leaflet" / "leaflet-src.esm.js").read_text(encoding="utf-8")

    assert 'var version = "1.9.4"' in text
    assert "1.9.4" in (VENDOR / "README.md").read_text(encoding="utf-8")
