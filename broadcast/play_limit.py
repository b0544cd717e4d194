"""Counts automatic voices per place, so that one spot is not talked to all day."""

from collections import deque

from broadcast.settings import LadderSettings

MAX_PLACES = 10_000
"""Places remembered; the one longest silent is forgotten first."""


class PlayLimit:
    """At most `max_plays` within `plays_window_s` at each place; used from one thread.

    Args:
        settings: the two numbers.
    """

    def __init__(self, settings: LadderSettings) -> None:
        self._settings = settings
        self._plays: dict[str, deque[float]] = {}

    def refusal(self, place: str, now_s: float) -> str:
        """Return why nothing more may be said there now, as a sentence, or an empty text."""
        recent = [at_s for at_s in self._plays.get(place, ()) if now_s - at_s < self._settings.plays_window_s]
        if len(recent) < self._settings.max_plays:
            return ""
        minutes = self._settings.plays_window_s / 60
        return (
            f"{len(recent)} warnings at this place within {minutes:g} minutes; the limit is {self._settings.max_plays}"
        )

    def record(self, place: str, now_s: float) -> None:
        """Count one voice at a place."""
        plays = self._plays.pop(place, deque(maxlen=max(1, self._settings.max_plays)))
        plays.append(now_s)
        self._plays[place] = plays  # last in the dictionary again: the order is that of silence
        while len(self._plays) > MAX_PLACES:
            del self._plays[next(iter(self._plays))]
