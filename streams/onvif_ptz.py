"""Turns a camera and asks where it looks, over the ONVIF PTZ service: presets, status, going to one of them.

Few operations, all of which every camera of Profile S or T with PTZ has. The media profile, by whose token a camera
knows which of its heads is meant, is asked for once where the settings name none.

Belongs here: the operations. Does not: SOAP (soap), when a camera is turned (pipeline.turning).
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from streams.errors import PtzAnswerError, PtzAuthError, PtzAwayError, PtzError
from streams.soap import SoapClient, SoapPlace, text_of

DEVICE, MEDIA = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"
PTZ, SCHEMA = "http://www.onvif.org/ver20/ptz/wsdl", "http://www.onvif.org/ver10/schema"

DEVICE_PATH = "/onvif/device_service"
"""Where every ONVIF camera has its device service (ONVIF Core Specification, 5.1.1)."""

CLOCK_MOVED = timedelta(seconds=2)
"""A camera's clock that differs by more from what it was is a reason to try a refused login once more; the question
itself may take a second. A login that is wrong is not tried again, as that may lock the account."""

MOST_PRESETS = 1000
"""More are not read: cameras have 300 at most."""


@dataclass(frozen=True, slots=True)
class Preset:
    """A place that the camera knows by a token; `name` is what its own page calls it, may be empty."""

    token: str
    name: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where the camera points, in its own units: pan and tilt in [-1, 1], zoom in [0, 1]."""

    pan: float
    tilt: float
    zoom: float


@dataclass(frozen=True, slots=True)
class PtzStatus:
    """What the camera says of itself: where it points, whether it moves; None where it does not say."""

    position: Position | None
    is_moving: bool | None


def check_ptz_url(url: str) -> None:
    """Check the address of a PTZ service.

    Raises:
        ValueError: it is none; the message holds no password.
    """
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 80) > 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError("a PTZ service is http://user:password@host/onvif/ptz_service; special characters as %40")


class PtzClient:
    """The PTZ service of one camera; one thread at a time.

    Args:
        url: of the service, with its login.
        profile: token of the media profile; the camera's first one where empty.
        timeout_s: limit on one question.
    """

    def __init__(self, url: str, profile: str = "", timeout_s: float = 5.0) -> None:
        check_ptz_url(url)
        self._place = SoapPlace.of(url)
        self._soap = SoapClient(timeout_s)
        self._profile = profile
        self._is_clock_known = False

    def presets(self) -> tuple[Preset, ...]:
        """Return the presets that the camera knows.

        Raises:
            PtzError: it cannot be asked; see `SoapClient.ask`.
        """
        answer = self._ask("GetPresets")
        found = [each for each in answer if each.tag.endswith("}Preset")][:MOST_PRESETS]
        return tuple(Preset(each.get("token", ""), text_of(each, "Name")) for each in found)

    def status(self) -> PtzStatus:
        """Return where the camera points and whether it moves.

        Raises:
            PtzError: it cannot be asked.
        """
        answer = self._ask("GetStatus")
        moves = [text_of(answer, f"PTZStatus/MoveStatus/{part}") for part in ("PanTilt", "Zoom")]
        is_idle = "IDLE" in moves and set(moves) <= {"IDLE", ""}
        return PtzStatus(_position(answer), is_moving=True if "MOVING" in moves else False if is_idle else None)

    def go_to_preset(self, token: str) -> None:
        """Have the camera turn to a preset; returns once it has heard, not once it is there.

        Raises:
            PtzError: it cannot be asked, or refuses.
        """
        self._ask("GotoPreset", f"<p:PresetToken>{escape(token)}</p:PresetToken>")

    def go_to(self, position: Position) -> None:
        """Have the camera turn to where it pointed before.

        Raises:
            PtzError: it cannot be asked, or refuses.
        """
        pan_tilt = f'<t:PanTilt x="{position.pan:.5f}" y="{position.tilt:.5f}"/>'
        zoom = f'<t:Zoom x="{position.zoom:.5f}"/>'
        self._ask("AbsoluteMove", f'<p:Position xmlns:t="{SCHEMA}">{pan_tilt}{zoom}</p:Position>')

    def _ask(self, operation: str, more: str = "") -> Element:
        was_known = self._is_clock_known
        self._know_clock()
        try:
            return self._ask_once(operation, more)
        except PtzAuthError:
            if was_known and self._has_clock_moved():
                return self._ask_once(operation, more)
            raise

    def _ask_once(self, operation: str, more: str) -> Element:
        if not self._profile:
            self._profile = self._first_profile()
        token = f"<p:ProfileToken>{escape(self._profile)}</p:ProfileToken>"
        return self._soap.ask(self._place, f"<p:{operation} xmlns:p={quoteattr(PTZ)}>{token}{more}</p:{operation}>")

    def _know_clock(self) -> None:
        """Learn by how much the camera's clock differs; one that does not say is taken to go as ours does.

        One that does not answer at all is asked again the next time.
        """
        if self._is_clock_known:
            return
        question = f'<d:GetSystemDateAndTime xmlns:d="{DEVICE}"/>'
        try:
            answer = self._soap.ask(self._place.at(DEVICE_PATH), question, signed=False)
            parts = [
                int(text_of(answer, f"SystemDateAndTime/UTCDateTime/{part}"))
                for part in ("Date/Year", "Date/Month", "Date/Day", "Time/Hour", "Time/Minute", "Time/Second")
            ]
            self._soap.clock_offset = datetime(*parts, tzinfo=UTC) - datetime.now(UTC)  # type: ignore[misc, arg-type]
        except PtzAwayError:
            return
        except (PtzError, ValueError, OverflowError):
            pass
        self._is_clock_known = True

    def _has_clock_moved(self) -> bool:
        """Ask for the camera's clock anew, as a power cut may have set it back; tell whether it differs from before."""
        before, self._is_clock_known = self._soap.clock_offset, False
        self._know_clock()
        return abs(self._soap.clock_offset - before) > CLOCK_MOVED

    def _first_profile(self) -> str:
        place = self._place.at(self._media_path())
        answer = self._soap.ask(place, f'<m:GetProfiles xmlns:m="{MEDIA}"/>')
        token = next((each.get("token", "") for each in answer if each.tag.endswith("}Profiles")), "")
        if not token:
            raise PtzAnswerError(f"{place.host} names no media profile; set profile in [cameras.ptz]")
        return token

    def _media_path(self) -> str:
        """Return the path of the media service; its host is ours, whatever the camera says: it may stand behind NAT."""
        question = f'<d:GetCapabilities xmlns:d="{DEVICE}"><d:Category>Media</d:Category></d:GetCapabilities>'
        answer = self._soap.ask(self._place.at(DEVICE_PATH), question)
        try:
            path = urlsplit(text_of(answer, "Capabilities/Media/XAddr")).path
        except ValueError:
            path = ""
        return path if path.startswith("/") else DEVICE_PATH


def _position(answer: Element) -> Position | None:
    found = [answer.find(f"{{*}}PTZStatus/{{*}}Position/{{*}}{part}") for part in ("PanTilt", "Zoom")]
    pan_tilt, zoom = found
    if pan_tilt is None:
        return None
    try:
        values = [float(pan_tilt.get(axis, "")) for axis in ("x", "y")]
        values.append(float(zoom.get("x", "0")) if zoom is not None else 0.0)
    except ValueError:
        return None
    return Position(*values) if all(map(math.isfinite, values)) else None
