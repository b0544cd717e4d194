"""Opens what looks at pictures, with the facts about it that go into manifests and onto the page."""

from cases.packs import ModelFacts
from models.model import open_model
from models.shelf import bundled_card
from pipeline.inference import Looker
from pipeline.settings import Settings


def opened_model(settings: Settings, given: Looker | None) -> tuple[str, str, ModelFacts, Looker]:
    """Return name, engine, facts for manifests, and the model that the settings name, or the given one.

    Raises:
        ModelError: it cannot be opened.
    """
    if given is not None:
        return "given", "given", ModelFacts("given", "", 0.0, "given"), given
    model = open_model(settings.model.card or bundled_card(), settings.data, settings.model.engine)
    engine = model.engine_name + (model.choice.told if model.choice else "")
    facts = ModelFacts(model.card.name, model.card.sha256, model.card.score_threshold, engine)
    return model.card.name, engine, facts, model
