"""Opens what looks, and says of it what evidence and the page tell."""

from dataclasses import dataclass

from cases.packs import ModelFacts
from models.model import open_model
from models.shelf import bundled_card
from pipeline.inference import Looker
from pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class OpenedModel:
    """What looks: its name, its engine with measured speed, the facts that evidence tells, and itself."""

    name: str
    engine: str
    facts: ModelFacts
    looker: Looker


def opened_model(settings: Settings, given: Looker | None) -> OpenedModel:
    """Return the model that the settings name, or the given one (tests).

    Raises:
        ModelError: it cannot be opened.
    """
    if given is not None:
        return OpenedModel("given", "given", ModelFacts("given", "", 0.0, "given"), given)
    model = open_model(settings.model.card or bundled_card(), settings.data, settings.model.engine)
    engine = model.engine_name + (model.choice.told if model.choice else "")
    facts = ModelFacts(model.card.name, model.card.sha256, model.card.score_threshold, engine)
    return OpenedModel(model.card.name, engine, facts, model)
