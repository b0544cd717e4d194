"""Knows the models that can be had: the one that comes with the program, and those that their publishers offer.

The shelf is `shelf.toml`: where each file lies, how long it is, its SHA-256, and all that its card says. So a card is
known before its weights are here, and weights that differ from it are never taken for them.

Belongs here: which models there are. Does not: fetching (fetching), exporting checkpoints (exporting).
"""

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from models.cards import Measurement, ModelCard
from models.errors import UnknownModelError, WeightsError

BUNDLED = Path("street_nano", "street-nano.toml")
BUNDLED_NAME = "street-nano"
RECOMMENDED = "recommended"
"""Stands for the model that the shelf recommends, wherever a name is asked for."""

NOT_YET_KNOWN = "0" * 64
"""Digest on the card of weights that are not here and whose publisher's digest is not known."""

PUBLISHED_METRIC = "mAP50-95"


class RemoteFile(BaseModel):
    """A file that a publisher offers.

    Attributes:
        file: name under which it is kept here, and looked for in a folder or at a mirror.
        url: where its publisher offers it.
        bytes: its length; None where that is not known.
        sha256: of its content, lower-case hex; None where it is recorded at the first fetch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    url: Annotated[str, Field(pattern=r"^https://")]
    bytes: Annotated[int, Field(gt=0)] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class ShelfEntry(BaseModel):
    """One model that can be fetched.

    Attributes:
        card: of the weights that are ready, or of those that the checkpoint is exported to; its `file` is a bare name.
        publisher: who offers it.
        weights: ready to run; None where there is only a checkpoint.
        checkpoint: to be exported, for other input sizes too; None where the publisher offers none that we can.
        exporter: library that exports the checkpoint.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    card: ModelCard
    publisher: str
    weights: RemoteFile | None = None
    checkpoint: RemoteFile | None = None
    exporter: Literal["ultralytics", "rfdetr"] | None = None

    @model_validator(mode="after")
    def _can_be_had(self) -> "ShelfEntry":
        if self.weights is None and self.checkpoint is None:
            raise ValueError(f"{self.name} offers neither weights nor a checkpoint")
        if (self.checkpoint is None) != (self.exporter is None):
            raise ValueError(f"{self.name} needs an exporter just where it has a checkpoint")
        return self

    @property
    def name(self) -> str:
        """The card's name."""
        return self.card.name

    @property
    def published_map50_95(self) -> float:
        """Mean average precision on COCO val2017 in [0, 1], as its publisher states it."""
        return next(row.value for row in self.card.accuracy if row.metric == PUBLISHED_METRIC)


@dataclass(frozen=True, slots=True)
class Shelf:
    """All models that can be fetched.

    Attributes:
        entries: in the order in which they are shown.
        recommended: name of the one that we advise for real deployments.
        reason: why that one, in words.
    """

    entries: tuple[ShelfEntry, ...]
    recommended: str
    reason: str

    def entry(self, name: str) -> ShelfEntry:
        """Return the entry of a name, or the recommended one for `recommended`.

        Raises:
            UnknownModelError: there is none; near names are in the message.
        """
        wanted = self.recommended if name == RECOMMENDED else name
        names = [entry.name for entry in self.entries]
        if wanted not in names:
            near = difflib.get_close_matches(wanted.lower().replace("_", "-"), names, n=3)
            raise UnknownModelError(wanted, near, names)
        return self.entries[names.index(wanted)]


def load_shelf(path: Path | None = None) -> Shelf:
    """Read the shelf; the one that comes with the program by default."""
    fields = tomllib.loads((path or Path(__file__).parent / "shelf.toml").read_text(encoding="utf-8"))
    entries = tuple(_entry(row, fields["class_lists"]) for row in fields["models"])
    shelf = Shelf(entries, fields["recommended"], fields["reason"])
    shelf.entry(RECOMMENDED)
    return shelf


def bundled_card() -> Path:
    """Return the path of the bundled model's card.

    Raises:
        WeightsError: the installation is incomplete.
    """
    path = Path(__file__).parent / BUNDLED
    if not path.is_file():
        raise WeightsError(f"the bundled model is missing: there is no {path}; restore it with: git checkout -- models")
    return path


def _entry(row: dict[str, Any], class_lists: dict[str, list[str]]) -> ShelfEntry:
    weights, name = row.get("weights", {}), row["name"]
    accuracy = Measurement(
        metric=PUBLISHED_METRIC, value=row["map50_95"], data="COCO val2017", note=f"stated by {row['publisher']}"
    )
    card = {
        "name": name,
        "file": weights.get("file", f"{name}.onnx"),
        "sha256": weights.get("sha256", NOT_YET_KNOWN),
        "licence": row["licence"],
        "description": row["description"],
        "data": "COCO 2017 train",
        "accuracy": (accuracy,),
        **row["card"],
        "class_names": class_lists[row["card"]["class_names"]],
    }
    offered = {key: row[key] for key in ("publisher", "weights", "checkpoint", "exporter") if key in row}
    return ShelfEntry.model_validate({"card": card, **offered})
