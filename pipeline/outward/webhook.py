"""Sends letters as webhooks: canonical JSON, signed by the Standard Webhooks specification."""

from collections.abc import Callable
from datetime import datetime

from cases.evidence import utc_now
from cases.outbox import Letter
from pipeline.outward.messages import messages_of
from pipeline.outward.pictures import Pictures
from pipeline.outward.posting import Post, Poster, check_answer
from pipeline.outward.settings import TargetEntry
from pipeline.outward.signing import secret_bytes, signed_headers


class WebhookSender:
    """A `Sender` to one address; see `pipeline.outward.messages.Sender`.

    Args:
        entry: the receiver.
        program: name and version of this program, which the receiver sees.
        pictures: where the pictures of what is posted come from; needed for nothing else.
        now: the wall clock, aware; each try is signed with its own time.

    Raises:
        SettingsError: its certificate file cannot be used.
    """

    def __init__(
        self,
        entry: TargetEntry,
        program: str,
        pictures: Pictures | None = None,
        *,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._entry = entry
        self._program = program
        self._pictures = pictures
        self._now = now
        self._key = secret_bytes(entry.secret.get_secret_value())
        self._poster = Poster(entry.id, entry.timeout_s, entry.ca_file)

    def send(self, letter: Letter) -> None:
        """Post what the letter says; an event that yields two forms is two posts, in order."""
        entry = self._entry
        for message in messages_of(letter.event, entry.sends, target=entry.id, pictures=self._pictures):
            now = self._now()
            headers = {
                "content-type": "application/json",
                "user-agent": self._program,
                **signed_headers(self._key, message.id, message.body, now),
            }
            answer = self._poster.post(Post(self._entry.url.get_secret_value(), message.body, headers))
            check_answer(self._entry.id, answer, now)

    def rest(self) -> None:
        """Nothing to do: each post has a connection of its own."""

    def close(self) -> None:
        """Nothing to do."""
