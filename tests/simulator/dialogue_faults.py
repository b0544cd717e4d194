"""Faults in how the camera speaks RTSP: descriptions, refusals, redirects, and answers without end."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from typing import TYPE_CHECKING, Literal

from tests.simulator.dialogue import AUDIO, METADATA, Reply, Request
from tests.simulator.faults import Fault, Piece, seeded

if TYPE_CHECKING:
    from tests.simulator.camera import SimulatedCamera


@dataclass(frozen=True, slots=True)
class SetsOnlyInBand(Fault):
    """The description names the codec, and no parameter sets."""

    def sdp(self, text: str) -> str:
        return re.sub(r"a=fmtp:.*\r\n", "a=fmtp:96 packetization-mode=1\r\n", text)


@dataclass(frozen=True, slots=True)
class DeclaresRate(Fault):
    """The description tells a frame rate that is not true."""

    fps: str = "1000"

    def sdp(self, text: str) -> str:
        return re.sub(r"a=framerate:.*\r\n", f"a=framerate:{self.fps}\r\n", text)


@dataclass(frozen=True, slots=True)
class OtherTracks(Fault):
    """Tracks that are no video stand in front of it, or alone."""

    kinds: tuple[Literal["audio", "metadata"], ...] = ("audio",)
    has_video: bool = True

    def sdp(self, text: str) -> str:
        at = text.index("m=video")
        lines = [line for kind in self.kinds for line in (AUDIO if kind == "audio" else METADATA)]
        return text[:at] + "\r\n".join(lines) + "\r\n" + (text[at:] if self.has_video else "")


@dataclass(frozen=True, slots=True)
class GarbageSdp(Fault):
    """The description is not one: `noise`, `nothing`, `long` (a megabyte of lines), `half`, or `codec` (unknown)."""

    kind: Literal["noise", "nothing", "long", "half", "codec"] = "noise"

    def sdp(self, text: str) -> str:
        if self.kind == "codec":
            return re.sub(r"a=rtpmap:96 \w+/90000", "a=rtpmap:96 X-NONE/90000", text)
        if self.kind == "half":
            return text[: text.index("a=control:track")]
        if self.kind == "long":
            return text + "a=x-note:filling\r\n" * 60_000
        noise = seeded(1).randbytes(600).decode("latin-1")
        return noise if self.kind == "noise" else ""


@dataclass(frozen=True, slots=True)
class Refuses(Fault):
    """Answers some requests with a status of refusal."""

    status: int
    methods: tuple[str, ...] = ("DESCRIBE",)

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        return Reply(self.status) if request.method in self.methods else reply


@dataclass(frozen=True, slots=True)
class RefusesTransport(Fault):
    """Answers 461 to one transport and takes the other."""

    transport: Literal["tcp", "udp"] = "tcp"

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        is_tcp = "TCP" in request.headers.get("transport", "")
        refused = request.method == "SETUP" and is_tcp == (self.transport == "tcp")
        return Reply(461) if refused else reply


@dataclass(frozen=True, slots=True)
class FewSessions(Fault):
    """Takes so many sessions; those that ended without TEARDOWN count for `kept_s` longer."""

    limit: int = 1
    kept_s: float = 3.0

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        is_full = request.method == "SETUP" and camera.sessions(self.kept_s) > self.limit
        return Reply(453) if is_full else reply


@dataclass(frozen=True, slots=True)
class Redirects(Fault):
    """Sends whoever asks somewhere else; an empty `location` is the camera itself."""

    location: str = ""
    status: int = 302

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        if request.method != "DESCRIBE" or reply.status == 401:
            return reply
        return Reply(self.status, {"Location": self.location or camera.bare_url})


@dataclass(frozen=True, slots=True)
class Mute(Fault):
    """Takes connections and never answers."""

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        return None


@dataclass(frozen=True, slots=True)
class NoSession(Fault):
    """Gives its sessions no name, and says nothing of the transport."""

    def reply(self, request: Request, reply: Reply, camera: "SimulatedCamera") -> Reply | None:
        return replace(reply, headers={}) if request.method == "SETUP" else reply


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """Gives one byte of its answers at a time."""

    wait_s: float = 1.0
    methods: tuple[str, ...] = ("OPTIONS", "DESCRIBE")

    def spoken(self, request: Request, pieces: Iterator[Piece]) -> Iterator[Piece]:
        for piece in pieces:
            if request.method not in self.methods:
                yield piece
                continue
            for byte in piece.data:
                yield Piece(bytes([byte]), self.wait_s)


@dataclass(frozen=True, slots=True)
class EndlessHeader(Fault):
    """The header of its answer never ends: lines without end, or one line without end."""

    has_lines: bool = True
    method: str = "DESCRIBE"

    def spoken(self, request: Request, pieces: Iterator[Piece]) -> Iterator[Piece]:
        if request.method != self.method:
            yield from pieces
            return
        yield Piece(b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nX-Note: ")
        yield from repeat(Piece((b"more" * 200 + (b"\r\nX-Note: " if self.has_lines else b"")), 0.005))


@dataclass(frozen=True, slots=True)
class EndlessBody(Fault):
    """Says that a gigabyte of description follows, and sends it."""

    def spoken(self, request: Request, pieces: Iterator[Piece]) -> Iterator[Piece]:
        if request.method != "DESCRIBE":
            yield from pieces
            return
        yield Piece(
            b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Type: application/sdp\r\nContent-Length: 1000000000\r\n\r\n"
        )
        yield from repeat(Piece(b"a=x-note:filling\r\n" * 400, 0.005))


@dataclass(frozen=True, slots=True)
class GarbageReplies(Fault):
    """Answers with what is no RTSP: an HTTP page, or noise."""

    data: bytes = b"HTTP/1.0 400 Bad Request\r\nContent-Type: text/html\r\n\r\n<html>no</html>"

    def spoken(self, request: Request, pieces: Iterator[Piece]) -> Iterator[Piece]:
        yield Piece(self.data)
