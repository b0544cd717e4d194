"""RTSP as a camera speaks it: requests, replies, session descriptions, and sign-in (RFC 2326, RFC 4566, RFC 7616)."""

import base64
import hashlib
import re
from dataclasses import dataclass, field

from tests.simulator.rtp import PAYLOAD_TYPE
from tests.simulator.units import Clip

PUBLIC = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
REASONS = {200: "OK", 302: "Moved Temporarily", 401: "Unauthorized", 404: "Not Found", 453: "Not Enough Bandwidth"}
AUDIO = ("m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000/1", "a=control:track-audio")
REALM, NONCE = "camera", "8f3a5c"
METADATA = ("m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000", "a=control:track-meta")


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    method: str
    url: str
    headers: dict[str, str]

    @property
    def is_signed(self) -> bool:
        """Whether it shows a password, or a proof of one."""
        return "authorization" in self.headers


@dataclass(frozen=True, slots=True)
class Reply:
    """What the camera answers."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def encoded(self, cseq: str) -> bytes:
        length = {"Content-Length": str(len(self.body))} if self.body else {}
        headers = {"CSeq": cseq, "Server": "simulator", **self.headers, **length}
        lines = [f"RTSP/1.0 {self.status} {REASONS.get(self.status, 'Refused')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Login:
    """Who may look; `scheme` is `basic` or `digest`; with `stale_first` the first nonce is too old when it is used.

    The realm may hold bytes of any coding, as surrogates of those that are no UTF-8.
    """

    user: str
    password: str
    scheme: str = "digest"
    stale_first: bool = False
    realm: str = REALM

    def challenge(self, request: Request) -> Reply:
        if self.stale_first and self.scheme == "digest":
            nonce = f'{NONCE}", stale="true' if request.is_signed else "old"
            return Reply(401, {"WWW-Authenticate": f'Digest realm="{self.realm}", nonce="{nonce}"'})
        offer = f'Basic realm="{self.realm}"'
        if self.scheme == "digest":
            offer = f'Digest realm="{self.realm}", nonce="{NONCE}"'
        return Reply(401, {"WWW-Authenticate": offer})

    def admits(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        if self.scheme == "basic":
            return given == "Basic " + base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        fields = dict(re.findall(r'(\w+)="([^"]*)"', given))
        secret = _md5(f"{self.user}:{self.realm}:{self.password}")
        asked = _md5(f"{request.method}:{fields.get('uri', '')}")
        proof = _md5(f"{secret}:{NONCE}:{asked}")
        return fields.get("response") == proof and fields.get("realm") == self.realm


def description(clip: Clip) -> str:
    """Return the session description of a clip: one video track with its parameter sets."""
    video = [
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
        f"a=rtpmap:{PAYLOAD_TYPE} {'H264' if clip.codec == 'h264' else 'H265'}/90000",
        f"a=fmtp:{PAYLOAD_TYPE} {_format(clip)}",
        f"a=framerate:{clip.fps:g}",
        "a=control:track-video",
    ]
    session = [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=camera",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        "a=control:*",
        "a=range:npt=0-",
    ]
    return "\r\n".join([*session, *video]) + "\r\n"


def parse_request(head: bytes) -> Request:
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, _, rest = lines[0].partition(" ")
    pairs = (line.partition(":") for line in lines[1:] if ":" in line)
    return Request(method, rest.rpartition(" ")[0], {name.strip().lower(): value.strip() for name, _, value in pairs})


def _format(clip: Clip) -> str:
    coded = [base64.b64encode(nal).decode() for nal in clip.sets]
    if clip.codec == "h264":
        profile = clip.sets[0][1:4].hex()
        return f"packetization-mode=1;profile-level-id={profile};sprop-parameter-sets={','.join(coded)}"
    return ";".join(f"sprop-{name}={text}" for name, text in zip(("vps", "sps", "pps"), coded, strict=False))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
