"""Lines of text as a reader would give them, for tests of what they mean."""

from collections.abc import Sequence

from models.reading import TextLine


def line(text: str, scores: Sequence[float] | float = 0.99) -> TextLine:
    """Return a line with one score for all characters, or one for each."""
    each = (scores,) * len(text) if isinstance(scores, float) else tuple(scores)
    return TextLine(text, each, ((0.0, 0.0), (90.0, 0.0), (90.0, 20.0), (0.0, 20.0)))
