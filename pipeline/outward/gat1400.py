"""Hands the panorama of each filed case to a view library (视图库) in the manner of GA/T 1400: `POST /VIID/Images`.

We had no text of the standard. Paths, object names and digest sign-in are as public programs that speak it have them;
docs/outward.md says what is not verified. One message registers (`/VIID/System/Register`) where that was not done, or
was too long ago; while nothing is to be sent `/VIID/System/Keepalive` keeps the registration.
"""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Callable
from datetime import datetime, tzinfo

import httpx

from cases.case_event import CaseEvent
from cases.evidence import utc_now
from cases.outbox import Letter
from cases.packs import canonical_bytes
from pipeline.errors import ReceiverAwayError, ReceiverRefusesError
from pipeline.outward.pictures import OutPicture, Pictures
from pipeline.outward.posting import Answer, Post, Poster, check_answer
from pipeline.outward.settings import TargetEntry

KEEPALIVE_S = 60.0
"""Between signs of life; registrations that were not kept alive for three times as long are made anew."""

EVENT_SORTS = {"parking": 603, "vending": 661, "spillover": 660, "flyers": 674, "goods": 685}
"""Kind of offence to `EventSort`: 车辆违停, 无照经营游商, 店外经营, 非法小广告, 乱堆物堆料; an extension by makers, not
of the standard."""

IMAGE_TYPE = "02"
"""What an id is of: a picture."""

_JSON_REFUSED = frozenset({7, 8})
"""Status codes for JSON that is malformed, or says what it must not."""


class ViewLibrarySender:
    """A `Sender` to one view library; see `pipeline.outward.messages.Sender`.

    Args:
        entry: the receiver.
        pictures: where panoramas come from.
        local: the zone of its times.
        now: the wall clock, aware.
        clock: monotonic seconds.

    Raises:
        SettingsError: its certificate file cannot be used.
    """

    def __init__(
        self,
        entry: TargetEntry,
        pictures: Pictures,
        local: tzinfo,
        *,
        now: Callable[[], datetime] = utc_now,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entry = entry
        self._pictures = pictures
        self._local = local
        self._now = now
        self._clock = clock
        self._poster = Poster(entry.id, entry.timeout_s, entry.ca_file)
        self._lock = threading.Lock()
        self._alive_s: float | None = None

    def send(self, letter: Letter) -> None:
        """Register where needed, and hand over the panorama of the letter's case."""
        picture = self._pictures.panorama(self._entry.id, letter.event, as_taken=self._entry.originals)
        image = image_object(letter.event, picture, self._entry.device_id, self._local)
        with self._lock:
            if self._alive_s is None or self._clock() - self._alive_s > 3 * KEEPALIVE_S:
                self.register()
        self._say("/VIID/Images", {"ImageListObject": {"Image": [image]}})

    def register(self) -> None:
        """Sign in, so that the library takes pictures from us; raises like `send`."""
        self._say("/VIID/System/Register", {"RegisterObject": {"DeviceID": self._entry.device_id}})

    def rest(self) -> None:
        """Give a sign of life where one is due."""
        with self._lock:
            if self._alive_s is not None and self._clock() - self._alive_s >= KEEPALIVE_S:
                self._say("/VIID/System/Keepalive", {"KeepaliveObject": {"DeviceID": self._entry.device_id}})

    def close(self) -> None:
        """Nothing to do: a registration ends by itself."""

    def _say(self, path: str, plain: object) -> None:
        parts, login = self._entry.parts, self._entry.login
        host = (parts.hostname or "") if ":" not in (parts.hostname or "") else f"[{parts.hostname}]"
        port = f":{parts.port}" if parts.port else ""
        url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}{path}"
        headers = {"content-type": "application/VIID+JSON;charset=UTF-8", "user-identify": self._entry.device_id}
        auth = httpx.DigestAuth(*login) if login[0] else None
        try:
            answer = self._poster.post(Post(url, canonical_bytes(plain), headers, auth))
            check_answer(self._entry.id, answer, self._now())
            self._check_status(path, answer)
        except ReceiverAwayError:
            self._alive_s = None  # whatever is wrong: the next message registers first
            raise
        self._alive_s = self._clock()

    def _check_status(self, path: str, answer: Answer) -> None:
        """Look into an answer of status 2xx, which may tell of a failure inside."""
        for code in status_codes(answer.body):
            if code in _JSON_REFUSED:
                raise ReceiverRefusesError(self._entry.id, f"{path} answers StatusCode {code}")
            if code != 0:
                raise ReceiverAwayError(self._entry.id, f"{path} answers StatusCode {code}")


def image_object(event: CaseEvent, picture: OutPicture, device_id: str, local: tzinfo) -> dict[str, object]:
    """Return a picture as an element of `ImageListObject.Image`; the same case gives the same `ImageID` always."""
    case = event.case
    shot_at = f"{picture.captured_at.astimezone(local):%Y%m%d%H%M%S}"
    serial = int(hashlib.sha256(case.case_id.encode()).hexdigest(), 16) % 100_000
    width, height = picture.size_wh
    info: dict[str, object] = {
        "ImageID": f"{device_id}{IMAGE_TYPE}{shot_at}{serial:05d}",
        "InfoKind": 1,
        "DeviceID": device_id,
        "ShotTime": shot_at,
        "FileFormat": "Jpeg",
        "FileSize": len(picture.jpeg),
        "Width": width,
        "Height": height,
        "Title": case.number,
        "ContentDescription": f"{case.kind} {case.code}",
        "ShotPlaceFullAdress": f"{case.camera_name} {case.zone_name}".strip(),  # the name has one d in the standard
    }
    if case.kind in EVENT_SORTS:
        info["EventSort"] = EVENT_SORTS[case.kind]
    return {"ImageInfo": info, "Data": base64.b64encode(picture.jpeg).decode()}


def status_codes(body: bytes) -> tuple[int, ...]:
    """Return the `StatusCode`s of an answer, one per object; nothing where it tells none."""
    try:
        plain = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return ()
    found = plain.get("ResponseStatusListObject", plain) if isinstance(plain, dict) else {}
    found = found.get("ResponseStatusObject", found) if isinstance(found, dict) else {}
    rows = found if isinstance(found, list) else [found]
    codes = [str(row.get("StatusCode", "")) for row in rows if isinstance(row, dict)]
    return tuple(int(code) for code in codes if code.isascii() and code.isdecimal())
