"""Everything that is said goes through here: picks the horn's worker, starts and joins them all."""

from collections.abc import Callable, Sequence

from broadcast.audio import AudioClip
from broadcast.errors import UnknownHornError
from broadcast.horn_worker import HornHealth, HornPolicy, HornWorker, OnReceipt, Priority
from broadcast.horns import Horn, open_horn
from broadcast.receipts import WallClock, utc_now
from broadcast.settings import HornEntry


class Announcer:
    """Speaks through many horns at once, through each with one voice. Every method may be called from any thread.

    Each clip that `say` takes ends in exactly one receipt: said, cut off, pushed out, refused, failed.

    Args:
        entries: the horns.
        opener: makes a horn of id and URL.
        wall_clock: the time of day, for quiet hours.
        policy: how patient the workers are.

    Raises:
        HornUrlError: a URL is wrong.
    """

    def __init__(
        self,
        entries: Sequence[HornEntry],
        *,
        opener: Callable[[str, str], Horn] = open_horn,
        wall_clock: WallClock = utc_now,
        policy: HornPolicy | None = None,
    ) -> None:
        chosen = policy or HornPolicy()
        self._workers = {
            entry.id: HornWorker(
                opener(entry.id, entry.url.get_secret_value()), entry, wall_clock=wall_clock, policy=chosen
            )
            for entry in entries
        }

    def start(self) -> None:
        """Start a thread per horn; each looks at its horn at once."""
        for worker in self._workers.values():
            worker.start()

    def say(self, horn_id: str, clip: AudioClip, priority: Priority, on_receipt: OnReceipt) -> None:
        """Queue a clip and return at once.

        In quiet hours, and while the horn is away, clips of `Priority.AUTO` are refused by receipt; others are tried.

        Args:
            horn_id: who is to speak.
            clip: a finished announcement (`shaping.announcement`).
            priority: a more urgent clip cuts off a less urgent one, which is not said again.
            on_receipt: called once, on the horn's thread.

        Raises:
            UnknownHornError: no such horn.
            HornBusyError: its queue is full of clips at least as urgent.
            HornUnavailableError: the announcer is closed.
        """
        self._worker(horn_id).say(clip, priority, on_receipt)

    def stop(self, horn_id: str) -> None:
        """Silence a horn: cut off what it says, drop what waits; receipts tell.

        Raises:
            UnknownHornError: no such horn.
        """
        self._worker(horn_id).stop_speaking()

    def refusal(self, horn_id: str) -> str:
        """Return why an automatic clip would not be said now, as a sentence, or an empty text.

        Raises:
            UnknownHornError: no such horn.
        """
        return self._worker(horn_id).refusal()

    def health(self) -> tuple[HornHealth, ...]:
        """Return how every horn is, in the order of the settings."""
        return tuple(worker.health() for worker in self._workers.values())

    def close(self) -> None:
        """Stop all voices and join all threads; what waited gets its receipt first."""
        for worker in self._workers.values():
            worker.close()

    def _worker(self, horn_id: str) -> HornWorker:
        if horn_id not in self._workers:
            raise UnknownHornError(f"no horn {horn_id!r}; there are {', '.join(self._workers) or 'none'}")
        return self._workers[horn_id]
