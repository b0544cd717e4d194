"""A horn behind an ONVIF audio backchannel: cameras with a loudspeaker, and IP horns, of any maker."""

import threading
from urllib.parse import SplitResult

from broadcast.audio import AudioClip
from broadcast.errors import HornError
from broadcast.g711 import encode_g711
from broadcast.receipts import HornCheck, Receipt, WallClock, utc_now
from broadcast.rtp import PACKET_SAMPLES, rtp_packets
from broadcast.rtsp_backchannel import Backchannel, Transport, parse_place, random_seeds
from broadcast.rtsp_connection import BackchannelTimeouts
from broadcast.shaping import G711_RATE_HZ, for_g711
from streams.rtsp_client import Place


class OnvifHorn:
    """Plays through an RTSP backchannel; connects for each announcement, as devices allow one talker at a time.

    Args:
        horn_id: its name in the settings.
        place: where it is.
        transport: `tcp` or `udp`.
        timeouts: how long it may take.
        clock: wall clock.
    """

    def __init__(
        self,
        horn_id: str,
        place: Place,
        transport: Transport = "tcp",
        *,
        timeouts: BackchannelTimeouts | None = None,
        clock: WallClock = utc_now,
    ) -> None:
        self._horn_id = horn_id
        self._place = place
        self._transport = transport
        self._timeouts = timeouts
        self._clock = clock

    @classmethod
    def from_url(cls, horn_id: str, parts: SplitResult) -> "OnvifHorn":
        """Read `onvif://user:password@host[:port]/path[?transport=udp]`."""
        place, transport = parse_place(horn_id, parts)
        return cls(horn_id, place, transport)

    @property
    def horn_id(self) -> str:
        """The name it has in the settings."""
        return self._horn_id

    def play(self, clip: AudioClip, stop: threading.Event) -> Receipt:
        """Speak the clip as G.711 and return when the horn has played it out."""
        shaped = for_g711(clip)
        with self._open() as backchannel:
            track, encoding, codec = backchannel.choose()
            sound = encode_g711(shaped, codec)
            backchannel.set_up(track)
            started_at = self._clock()
            part = backchannel.speak(rtp_packets(sound, codec, encoding.payload_type, random_seeds()), stop)
        sent_s = min(part.packets * PACKET_SAMPLES, len(sound)) / G711_RATE_HZ
        late = f"{part.late} packets left late" if part.late else ""
        return Receipt(
            horn_id=self._horn_id,
            started_at=started_at,
            duration_s=sent_s,
            codec=codec,
            bytes_sent=part.packets * PACKET_SAMPLES,
            ok=part.whole,
            detail=late if part.whole else f"stopped after {sent_s:.1f} s",
            audio_sha256=clip.sha256,
            file="",
        )

    def check(self) -> HornCheck:
        """Ask the device whether it offers a backchannel that we can use."""
        try:
            with self._open() as backchannel:
                _, encoding, codec = backchannel.choose()
        except HornError as err:
            return HornCheck(ok=False, detail=err.problem, error=err)
        return HornCheck(ok=True, detail=f"ONVIF backchannel, {codec} at {encoding.rate_hz} Hz, {self._transport}")

    def _open(self) -> Backchannel:
        return Backchannel(self._horn_id, self._place, self._transport, self._timeouts)
