"""A camera's ONVIF service on the loopback address: checks the login as cameras do, turns, and can misbehave."""

import base64
import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from defusedxml.ElementTree import fromstring

USER, PASSWORD = "operator", "open & <sesame>"
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
FAULT = (
    "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>"
    "<s:Reason><s:Text>{reason}</s:Text></s:Reason></s:Fault>"
)
MOST_SKEW = timedelta(seconds=5)
"""Cameras refuse a login whose time is further from theirs."""


class PtzCamera:
    """What the service knows and does; tests read and change it.

    Attributes:
        presets: token to where it points.
        position: where it points now.
        answers: if set, sent as it is instead of an answer, with this status.
        clock_ahead: of its clock.
        asked: the operations that were asked for, with those that were refused.
    """

    def __init__(self) -> None:
        self.presets = {"1": (0.0, 0.0, 0.0), "2": (0.5, -0.25, 0.125)}
        self.position = (0.75, 0.0, 0.5)
        self.move_status = "IDLE"
        self.answers: tuple[int, bytes] | None = None
        self.headers: dict[str, str] = {}
        self.drips_s = 0.0
        self.clock_ahead = timedelta()
        self.asked: list[str] = []
        self.refuses = ""
        self.url = ""

    def reply(self, request: Any) -> tuple[int, str]:
        body = request.find(f"{{{ENVELOPE}}}Body")[0]
        operation = body.tag.rpartition("}")[2]
        self.asked.append(operation)
        if operation == "GetSystemDateAndTime":
            return 200, self._date()
        if not self._is_right(request):
            return 400, FAULT.format(code="NotAuthorized", reason="Sender not authorized")
        if operation == self.refuses:
            return 500, FAULT.format(code="ActionNotSupported", reason=f"no such thing for {PASSWORD[:4]}")
        return 200, getattr(self, f"_{operation}")(body)

    def _is_right(self, request: Any) -> bool:
        found = {each.tag.rpartition("}")[2]: (each.text or "") for each in request.iter()}
        if "Created" not in found:
            return False
        created = datetime.strptime(found["Created"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        is_timely = abs(created - datetime.now(UTC) - self.clock_ahead) < MOST_SKEW
        nonce = base64.b64decode(found["Nonce"])
        digest = hashlib.sha1(nonce + found["Created"].encode() + PASSWORD.encode(), usedforsecurity=False).digest()
        return is_timely and found["Username"] == USER and found["Password"] == base64.b64encode(digest).decode()

    def _date(self) -> str:
        now = datetime.now(UTC) + self.clock_ahead
        time_ = f"<Hour>{now.hour}</Hour><Minute>{now.minute}</Minute><Second>{now.second}</Second>"
        date = f"<Year>{now.year}</Year><Month>{now.month}</Month><Day>{now.day}</Day>"
        utc = f"<UTCDateTime><Time>{time_}</Time><Date>{date}</Date></UTCDateTime>"
        return (
            f"<GetSystemDateAndTimeResponse><SystemDateAndTime>{utc}</SystemDateAndTime></GetSystemDateAndTimeResponse>"
        )

    def _GetCapabilities(self, _body: Any) -> str:  # noqa: N802 - as the operation is called
        media = "<XAddr>http://10.99.0.1/onvif/media_service</XAddr>"  # behind NAT: its own address leads nowhere
        return f"<r><Capabilities><Media>{media}</Media></Capabilities></r>"

    def _GetProfiles(self, _body: Any) -> str:  # noqa: N802
        return '<r xmlns:t="x"><t:Profiles token="Profile &amp; 1"/><t:Profiles token="2"/></r>'

    def _GetPresets(self, body: Any) -> str:  # noqa: N802
        rows = [f'<t:Preset token="{token}"><Name>View {token}</Name></t:Preset>' for token in self.presets]
        return f'<r xmlns:t="x">{"".join(rows)}</r>'

    def _GetStatus(self, _body: Any) -> str:  # noqa: N802
        pan, tilt, zoom = self.position
        position = f'<Position><PanTilt x="{pan}" y="{tilt}"/><Zoom x="{zoom}"/></Position>'
        moves = f"<MoveStatus><PanTilt>{self.move_status}</PanTilt><Zoom>IDLE</Zoom></MoveStatus>"
        return f"<r><PTZStatus>{position}{moves if self.move_status else ''}</PTZStatus></r>"

    def _GotoPreset(self, body: Any) -> str:  # noqa: N802
        tokens = [each.text for each in body if each.tag.endswith("PresetToken")]
        self.position = self.presets[tokens[0] or ""]
        return "<r/>"

    def _AbsoluteMove(self, body: Any) -> str:  # noqa: N802
        found = {each.tag.rpartition("}")[2]: each for each in body.iter()}
        pan_tilt, zoom = found["PanTilt"], found["Zoom"]
        self.position = (float(pan_tilt.get("x")), float(pan_tilt.get("y")), float(zoom.get("x")))
        return "<r/>"


@contextmanager
def serving() -> Iterator[PtzCamera]:
    """Serve a camera; its `url` holds the right login."""
    camera = PtzCamera()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = fromstring(self.rfile.read(int(self.headers["Content-Length"])))
            if camera.answers is not None:
                status, content = camera.answers
            else:
                status, body = camera.reply(request)
                content = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body>{body}</s:Body></s:Envelope>'.encode()
            self.send_response(status)
            for name, value in camera.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for start in range(0, len(content), 1 if camera.drips_s else len(content) or 1):
                    self.wfile.write(content[start : start + (1 if camera.drips_s else len(content))])
                    self.wfile.flush()
                    time.sleep(camera.drips_s)
            except OSError:
                return

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    camera.url = f"http://operator:open%20%26%20%3Csesame%3E@127.0.0.1:{server.server_port}/onvif/ptz_service"
    try:
        yield camera
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
