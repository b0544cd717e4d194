"""Knows where the model lies that comes with the program, so that a first start needs no download."""

from pathlib import Path

from models.errors import WeightsError

BUNDLED = Path("street_nano", "street-nano.toml")


def bundled_card() -> Path:
    """Return the path of the bundled model's card.

    Raises:
        WeightsError: the installation is incomplete.
    """
    path = Path(__file__).parent / BUNDLED
    if not path.is_file():
        raise WeightsError(f"the bundled model is missing: there is no {path}; restore it with: git checkout -- models")
    return path
