"""The arrows between packages hold: api → pipeline → cases, broadcast → streams, models, detectors → vision."""

import ast
import importlib.metadata
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "vision": set(),
    "streams": {"vision"},
    "models": {"vision"},
    "detectors": {"vision"},
    "broadcast": {"streams", "vision"},
    "cases": {"streams", "models", "detectors", "vision"},
    "pipeline": {"cases", "broadcast", "streams", "models", "detectors", "vision"},
    "api": {"pipeline", "cases", "broadcast", "streams", "models", "detectors", "vision", "datasets"},
    "datasets": {"api", "pipeline", "cases", "broadcast", "streams", "models", "detectors", "vision"},
    "benchmarks": {"api", "pipeline", "cases", "broadcast", "streams", "models", "detectors", "vision", "datasets"},
}


def imported_packages(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_imports_only_what_lies_to_its_right(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}
    wrong = {
        f"{path.relative_to(CHECKOUT)} imports {name}"
        for path in (CHECKOUT / package).rglob("*.py")
        for name in imported_packages(path) & set(MAY_IMPORT) - allowed
    }
    assert not wrong


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_package_front_page_imports_nothing(package: str) -> None:
    assert not imported_packages(CHECKOUT / package / "__init__.py")


def test_no_package_imports_benchmarks_or_tests() -> None:
    wrong = {
        str(path.relative_to(CHECKOUT))
        for package in MAY_IMPORT.keys() - {"benchmarks"}
        for path in (CHECKOUT / package).rglob("*.py")
        if imported_packages(path) & {"benchmarks", "tests"}
    }
    assert not wrong


def test_no_installed_distribution_brings_a_package_of_our_names() -> None:
    ours = set(MAY_IMPORT)
    wrong = {
        f"{distribution.metadata['Name']} brings {name}"
        for distribution in importlib.metadata.distributions()
        if distribution.metadata["Name"] != "streetwarden"
        for name in {file.parts[0] for file in distribution.files or [] if len(file.parts) > 1} & ours
    }
    assert not wrong
