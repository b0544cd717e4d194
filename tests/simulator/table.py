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
from tests.simulator.flood_faults import ANSWER, REQUEST, Chatter, FloodOf, FloodOfNoise
from tests.simulator.picture_faults import (
    BadFraming,
    Bursts,
    ClockJumps,
    CutUnits,
    DripsPackets,
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

ELSEWHERE = "rtsp://127.0.0.9:9/other"

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
        declares: its description tells of that clip.
        outcome: see `Outcome`.
        says: words that our health must show at some moment while it lasts; empty where nothing need be said.
        is_new: the fault bites a new connection only, so the running one is cut.
        transport: how the camera is pulled.
    """

    name: str
    faults: tuple[Fault, ...] = ()
    plays: str = ""
    declares: bool = True
    outcome: Outcome = "flows"
    says: str = ""
    is_new: bool = False
    transport: Literal["tcp", "udp"] = "tcp"

    def all_faults(self, clips: dict[str, Path]) -> tuple[Fault, ...]:
        """Return the faults, with the clip that is played first."""
        return (PlaysInstead(clips[self.plays], self.declares), *self.faults) if self.plays else self.faults


def encode_clips(folder: Path) -> dict[str, Path]:
    """Encode the clips of the table and return their paths by name."""
    return {name: encode_clip(folder / f"{name}.mp4", pattern) for name, pattern in CLIPS.items()}


NETWORK = (
    Row("packet loss of 2 %", (Loss(0.02),), transport="udp"),
    Row("packet loss of 20 %", (Loss(0.2),), transport="udp"),
    Row("packets in the wrong order", (Reorder(),), transport="udp"),
    Row("pauses of 500 ms at key frames", (Bursts(),)),
    Row("half-open connection", (Silence(),), outcome="stops", says="sends no more packets"),
    Row("half-open connection, UDP", (Silence(),), outcome="stops", says="sends no more packets", transport="udp"),
    Row("hang-up in the middle of a packet", (HangsUpInPacket(),), says="ended the stream"),
    Row("pictures that drip in", (DripsPackets(),), outcome="stops", says="sends no more packets", is_new=True),
    Row("bytes between interleaved packets", (BadFraming(),)),
    Row("RTP packets of noise", (GarbagePackets(),)),
    Row("RTP packets of noise, UDP", (GarbagePackets(),), transport="udp"),
)
FLOODED = "sends"
"""No more packets, or too much of something else: which is said first depends on how fast the machine reads."""

FLOODS = (
    Row("flood of answers", (FloodOf(ANSWER),), outcome="stops", says=FLOODED),
    Row("flood of requests", (FloodOf(REQUEST),), outcome="stops", says=FLOODED),
    Row("flood of noise", (FloodOfNoise(),), outcome="stops", says=FLOODED),
    Row("answers among the pictures", (Chatter(ANSWER),)),
    Row("requests among the pictures", (Chatter(REQUEST),)),
)
PICTURES = (
    Row("start in the middle of a group", (StartsInGroup(),), is_new=True),
    Row("other resolution in mid-stream", plays="large"),
    Row("other codec in mid-stream", plays="h265", says="something else than the h264"),
    Row(
        "other codec than declared", plays="h265", declares=False, outcome="stops", says="something else than the h264"
    ),
    Row("parameter sets only in band", (SetsOnlyInBand(),), is_new=True),
    Row("parameter sets only in the description", (NoSets(),), is_new=True),
    Row("no parameter sets", (NoSets(), SetsOnlyInBand()), outcome="stops", says="no parameter sets", is_new=True),
    Row("parameter sets in packets of their own", (SetsApart(),)),
    Row("parameter sets as a picture of their own", (SetsApart(own_picture=True),)),
    Row("intra refresh without key frames", plays="no_keys", is_new=True),
    Row("intra refresh, joined late", (StartsInGroup(),), plays="no_keys", is_new=True),
    Row("key frames every 10 s", plays="rare_keys", is_new=True),
    Row("cut NAL units", (CutUnits(),)),
    Row("empty NAL units", (EmptyUnits(),)),
    Row("huge NAL units", (HugeUnits(),)),
    Row("flipped bits", (Noise(),)),
    Row("H.265", plays="h265", is_new=True),
    Row("H.265 with lost and flipped bits", (Loss(0.05), Noise(0.1)), plays="h265", is_new=True, transport="udp"),
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
    Row("B-frames of H.265", plays="h265_b_frames", is_new=True),
    Row("camera clock set back a day", (ClockJumps(),)),
    Row("camera clock of long ago", (ClockJumps(-1.7e9),), is_new=True),
)
DIALOGUE = (
    Row("audio track first", (OtherTracks(("audio",)),), is_new=True),
    Row("metadata track first", (OtherTracks(("metadata", "audio")),), is_new=True),
    Row(
        "metadata track alone",
        (OtherTracks(("metadata",), has_video=False),),
        outcome="stops",
        says="carries no video",
        is_new=True,
    ),
    Row("description of noise", (GarbageSdp("noise"),), outcome="stops", says="carries no video", is_new=True),
    Row("empty description", (GarbageSdp("nothing"),), outcome="stops", says="carries no video", is_new=True),
    Row("description of a megabyte", (GarbageSdp("long"),), outcome="stops", says="is longer than", is_new=True),
    Row("description without control", (GarbageSdp("half"),), is_new=True),
    Row("unknown codec", (GarbageSdp("codec"),), outcome="stops", says="sends an unknown codec", is_new=True),
    Row("header without end", (EndlessHeader(),), outcome="stops", says="is longer than", is_new=True),
    Row("header line without end", (EndlessHeader(False),), outcome="stops", says="is longer than", is_new=True),
    Row("description without end", (EndlessBody(),), outcome="stops", says="is longer than", is_new=True),
    Row("a byte a second", (Drip(),), outcome="stops", says="did not answer in time", is_new=True),
    Row(
        "a byte a second to SETUP",
        (Drip(1.0, ("SETUP",)),),
        outcome="stops",
        says="did not answer in time",
        is_new=True,
    ),
    Row("no answer", (Mute(),), outcome="stops", says="did not answer in time", is_new=True),
    Row("an answer in HTTP", (GarbageReplies(),), outcome="stops", says="not answer as an RTSP camera", is_new=True),
    Row("redirect to itself", (Redirects(),), outcome="stops", says="in a circle", is_new=True),
    Row("redirect elsewhere", (Redirects(ELSEWHERE),), outcome="stops", says="sends us on to rtsp://127", is_new=True),
    Row("redirect to a file", (Redirects("file:///etc/passwd", 301),), outcome="stops", says="no RTSP", is_new=True),
    Row("401 to everything", (Refuses(401),), outcome="gives up", says="user name or password", is_new=True),
    Row("403", (Refuses(403),), outcome="gives up", says="user name or password", is_new=True),
    Row("404", (Refuses(404),), outcome="stops", says="does not exist", is_new=True),
    Row("453 to SETUP", (Refuses(453, ("SETUP",)),), outcome="stops", says="no free session", is_new=True),
    Row("503", (Refuses(503),), outcome="stops", says="no free session", is_new=True),
    Row("500", (Refuses(500),), outcome="stops", says="answered 500", is_new=True),
    Row("461 to TCP", (RefusesTransport("tcp"),), outcome="stops", says="transport that is set", is_new=True),
    Row(
        "461 to UDP",
        (RefusesTransport("udp"),),
        outcome="stops",
        says="transport that is set",
        is_new=True,
        transport="udp",
    ),
    Row("one session, stale ones kept", (FewSessions(1, 3.0), HangsUpInPacket(30)), says="no free session"),
    Row("sessions without a name", (NoSession(),), outcome="stops", says="not answer as an RTSP camera", is_new=True),
)
TABLE = (*NETWORK, *FLOODS, *PICTURES, *TIMES, *DIALOGUE)
