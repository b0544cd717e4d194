"""The table of faults: what each is called, what makes it, and what our program must do about it.

`tests/chaos` asserts every row and `benchmarks/chaos.py` measures it, so a new fault is one new row here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.rtsp.clips import Pattern, encode_clip
from tests.simulator.dialogue_faults import (
    DeclaresRate,
    Drip,
    EndlessBody,
    EndlessHeader,
    FewSessions,
    GarbageReplies,
    GarbageSdp,
    Mute,
    NoSession,
    OtherTracks,
    Redirects,
    Refuses,
    RefusesTransport,
    SetsOnlyInBand,
)
from tests.simulator.faults import Fault
from tests.simulator.picture_faults import (
    BadFraming,
    Bursts,
    ClockJumps,
    CutUnits,
    EmptyUnits,
    GarbagePackets,
    HangsUpInPacket,
    HugeUnits,
    Loss,
    Noise,
    NoSets,
    PlaysInstead,
    Reorder,
    SetsApart,
    Silence,
    StampJumps,
    StampsStandStill,
    StampsWrap,
    StartsInGroup,
    WrongTicks,
)

FPS = 10
CLIPS = {
    "plain": Pattern(fps=FPS, gop=FPS, seconds=4),
    "large": Pattern(fps=FPS, gop=FPS, seconds=4, size_wh=(640, 480)),
    "h265": Pattern(codec="h265", fps=FPS, gop=FPS, seconds=4),
    "b_frames": Pattern(fps=FPS, gop=FPS, seconds=4, b_frames=2),
    "h265_b_frames": Pattern(codec="h265", fps=FPS, gop=FPS, seconds=4, b_frames=2),
    "no_keys": Pattern(fps=FPS, gop=FPS, seconds=30, intra_refresh=True),
    "rare_keys": Pattern(fps=FPS, gop=10 * FPS, seconds=30),
}

Outcome = Literal["flows", "stops", "gives up"]
"""`flows`: pictures go on coming. `stops`: none come while it lasts, we say why and try again. `gives up`: we say why
and ask no more until an operator changes something."""


@dataclass(frozen=True, slots=True)
class Row:
    """One fault and what must come of it.

    Attributes:
        name: as in the table of docs/design/bad-streams.md.
        faults: what the camera does wrong, all together.
        plays: clip that it plays then, by its name in `CLIPS`; empty for the same as before.
        outcome: see `Outcome`.
        says: words that our health must show while it lasts; empty where all is well for the operator.
        is_new: the fault bites a new connection only, so the running one is cut.
        transport: how the camera is pulled.
    """

    name: str
    faults: tuple[Fault, ...] = ()
    plays: str = ""
    outcome: Outcome = "flows"
    says: str = ""
    is_new: bool = False
    transport: Literal["tcp", "udp"] = "tcp"

    def all_faults(self, clips: dict[str, Path]) -> tuple[Fault, ...]:
        """Return the faults, with the clip that is played first."""
        return (PlaysInstead(clips[self.plays]), *self.faults) if self.plays else self.faults


def encode_clips(folder: Path) -> dict[str, Path]:
    """Encode the clips of the table and return their paths by name."""
    return {name: encode_clip(folder / f"{name}.mp4", pattern) for name, pattern in CLIPS.items()}


NETWORK = (
    Row("packet loss of 2 %", (Loss(0.02),), transport="udp"),
    Row("packet loss of 20 %", (Loss(0.2),), transport="udp"),
    Row("packets in the wrong order", (Reorder(),), transport="udp"),
    Row("pauses of 500 ms at key frames", (Bursts(),)),
    Row("half-open connection", (Silence(),), outcome="stops", says="sends no more packets|did not answer in time"),
    Row("half-open connection, UDP", (Silence(),), outcome="stops", says="sends no more|did not", transport="udp"),
    Row("hang-up in the middle of a packet", (HangsUpInPacket(),), says=""),
    Row("bytes between interleaved packets", (BadFraming(),)),
    Row("RTP packets of noise", (GarbagePackets(),)),
    Row("RTP packets of noise, UDP", (GarbagePackets(),), transport="udp"),
)
PICTURES = (
    Row("start in the middle of a group", (StartsInGroup(),), is_new=True),
    Row("other resolution in mid-stream", plays="large"),
    Row("other codec in mid-stream", plays="h265", outcome="stops", says="."),
    Row("parameter sets only in band", (SetsOnlyInBand(),), is_new=True),
    Row("parameter sets only in the description", (NoSets(),), is_new=True),
    Row("no parameter sets at all", (NoSets(), SetsOnlyInBand()), outcome="stops", says=".", is_new=True),
    Row("parameter sets in packets of their own", (SetsApart(),)),
    Row("parameter sets as a picture of their own", (SetsApart(own_picture=True),)),
    Row("no key frames (intra refresh)", plays="no_keys", is_new=True),
    Row("no key frames, joined late", (StartsInGroup(),), plays="no_keys", is_new=True),
    Row("key frames every 10 s", plays="rare_keys", is_new=True),
    Row("cut NAL units", (CutUnits(),)),
    Row("empty NAL units", (EmptyUnits(),)),
    Row("huge NAL units", (HugeUnits(),)),
    Row("flipped bits", (Noise(),)),
)
TIMES = (
    Row("stamps that jump an hour", (StampJumps(),)),
    Row("stamps that wrap around", (StampsWrap(),), is_new=True),
    Row("stamps that stand still", (StampsStandStill(),)),
    Row("stamps at twice the rate", (WrongTicks(2.0),), is_new=True),
    Row("stamps at half the rate", (WrongTicks(0.5),), is_new=True),
    Row("frame rate declared as 1000", (DeclaresRate("1000"),), is_new=True),
    Row("frame rate declared as 0", (DeclaresRate("0"),), is_new=True),
    Row("B-frames without decoding stamps", plays="b_frames", is_new=True),
    Row("camera clock jumps back a day", (ClockJumps(),)),
    Row("camera clock of the year 1900", (ClockJumps(-1e9 * 3),), is_new=True),
)
DIALOGUE = (
    Row("audio track first", (OtherTracks(("audio",)),), is_new=True),
    Row("metadata track first", (OtherTracks(("metadata", "audio")),), is_new=True),
    Row("metadata track alone", (OtherTracks(("metadata",), False),), "", "stops", "carries no video", True),
    Row("description of noise", (GarbageSdp("noise"),), outcome="stops", says=".", is_new=True),
    Row("empty description", (GarbageSdp("nothing"),), outcome="stops", says=".", is_new=True),
    Row("description of a megabyte", (GarbageSdp("long"),), is_new=True),
    Row("half a description", (GarbageSdp("half"),), outcome="stops", says=".", is_new=True),
    Row("description of an unknown codec", (GarbageSdp("codec"),), outcome="stops", says=".", is_new=True),
    Row("header without end", (EndlessHeader(),), outcome="stops", says=".", is_new=True),
    Row("header line without end", (EndlessHeader(False),), outcome="stops", says=".", is_new=True),
    Row("description without end", (EndlessBody(),), outcome="stops", says=".", is_new=True),
    Row("a byte a second", (Drip(),), outcome="stops", says="did not answer in time", is_new=True),
    Row("no answer", (Mute(),), outcome="stops", says="did not answer in time", is_new=True),
    Row("an answer in HTTP", (GarbageReplies(),), outcome="stops", says=".", is_new=True),
    Row("redirect to itself", (Redirects(),), outcome="stops", says=".", is_new=True),
    Row("redirect to nowhere", (Redirects("rtsp://127.0.0.9:9/x"),), outcome="stops", says=".", is_new=True),
    Row("redirect to another scheme", (Redirects("file:///etc/passwd", 301),), outcome="stops", says=".", is_new=True),
    Row("401 to everything", (Refuses(401),), outcome="gives up", says="user name or password", is_new=True),
    Row("403", (Refuses(403),), outcome="gives up", says="user name or password", is_new=True),
    Row("404", (Refuses(404),), outcome="stops", says="does not exist", is_new=True),
    Row("453 not enough bandwidth", (Refuses(453, ("SETUP",)),), outcome="stops", says=".", is_new=True),
    Row("503 service unavailable", (Refuses(503),), outcome="stops", says=".", is_new=True),
    Row("461 to TCP", (RefusesTransport("tcp"),), outcome="stops", says="transport", is_new=True),
    Row("461 to UDP", (RefusesTransport("udp"),), "", "stops", "transport", True, "udp"),
    Row("one session, stale ones kept", (FewSessions(1, 3.0), HangsUpInPacket(30)), is_new=True),
    Row("sessions without a name", (NoSession(),), outcome="stops", says=".", is_new=True),
)
TABLE = (*NETWORK, *PICTURES, *TIMES, *DIALOGUE)
