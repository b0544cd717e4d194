"""Asks a camera's ONVIF service one question over SOAP 1.2: signed, bounded in time and bytes, wary of what answers.

The login goes along as a WS-UsernameToken with a digest, never as it is, and only to the host of the settings:
redirects are not followed, proxies of the environment not used. An answer is read by defusedxml, which refuses
documents with entities. No error says more of a URL than its host.

Belongs here: the envelope and its transport. Does not: what is asked (onvif_ptz).
"""

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import escape

import httpx
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from streams.errors import PtzAnswerError, PtzAuthError, PtzAwayError, PtzRefusedError

MAX_ANSWER_BYTES = 512 * 2**10
"""A camera with 300 presets answers with some 100 KiB; what is longer is no answer to us."""

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
SECURITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
UTILITY = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"


@dataclass(frozen=True, slots=True)
class SoapPlace:
    """Where a service is, with the login apart from the address.

    Attributes:
        address: without user and password.
        user, password: of the login; empty where there is none. Not shown.
    """

    address: str
    user: str
    password: str

    def __repr__(self) -> str:
        return f"SoapPlace({self.host!r})"

    @classmethod
    def of(cls, url: str) -> Self:
        """Return the place that a checked URL names."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        address = f"{parts.scheme}://{host}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        return cls(address, unquote(parts.username or ""), unquote(parts.password or ""))

    @property
    def host(self) -> str:
        """Host and port, as errors name it."""
        return urlsplit(self.address).netloc

    def at(self, path: str) -> "SoapPlace":
        """Return another path of the same host, with the same login."""
        parts = urlsplit(self.address)
        return SoapPlace(f"{parts.scheme}://{parts.netloc}{path}", self.user, self.password)


class SoapClient:
    """Asks one host; one thread at a time.

    Args:
        timeout_s: limit on the whole of one question.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self.clock_offset = timedelta()
        """The camera's clock minus ours: a digest of another time is refused."""

    def ask(self, place: SoapPlace, body: str, *, signed: bool = True) -> Element:
        """Return the first element of the answer's body.

        Args:
            place: the service.
            body: XML of the question, made by us, with its values escaped.
            signed: whether the login goes along, where there is one.

        Raises:
            PtzAwayError: nobody answers in time.
            PtzAuthError: the login is refused.
            PtzRefusedError: the camera says why it does not do it.
            PtzAnswerError: the answer is none that can be read.
        """
        header = self._header(place) if signed and place.user else ""
        envelope = f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Header>{header}</s:Header><s:Body>{body}</s:Body></s:Envelope>'
        status, content = self._post(place, envelope.encode())
        if status in (401, 403):
            raise PtzAuthError(f"the camera at {place.host} refuses the user name or password of [cameras.ptz]")
        try:
            root = fromstring(content, forbid_dtd=True)
        except (ParseError, DefusedXmlException, ValueError, LookupError):
            raise PtzAnswerError(f"{place.host} does not answer as an ONVIF service does (HTTP {status})") from None
        found = root.find(f"{{{ENVELOPE}}}Body")
        if found is None or len(found) == 0:
            raise PtzAnswerError(f"{place.host} answers without a SOAP body (HTTP {status})")
        if found[0].tag == f"{{{ENVELOPE}}}Fault":
            _raise_fault(found[0], place)
        if status >= 300:
            raise PtzAnswerError(f"{place.host} answers with HTTP {status}")
        return found[0]

    def _post(self, place: SoapPlace, content: bytes) -> tuple[int, bytes]:
        deadline_s = time.monotonic() + self._timeout_s
        headers = {"Content-Type": "application/soap+xml; charset=utf-8"}
        read = bytearray()
        try:
            with (
                httpx.Client(timeout=self._timeout_s, trust_env=False, verify=False) as client,  # noqa: S501 - below
                client.stream("POST", place.address, content=content, headers=headers) as response,
            ):
                for chunk in response.iter_bytes():
                    read += chunk
                    if len(read) > MAX_ANSWER_BYTES:
                        raise PtzAnswerError(f"{place.host} answers with more than {MAX_ANSWER_BYTES >> 10} KiB")
                    if time.monotonic() > deadline_s:
                        raise PtzAwayError(f"{place.host} does not end its answer within {self._timeout_s:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as err:  # str(err) may hold the address
            raise PtzAwayError(f"{place.host} does not answer: {type(err).__name__}") from None
        return response.status_code, bytes(read)

    def _header(self, place: SoapPlace) -> str:
        """Return the login as a digest, by WS-Security UsernameToken Profile 1.0.

        Cameras have certificates that they made themselves, so HTTPS proves nothing of who answers: the password
        never travels, only its digest with a time and a number used once.
        """
        nonce = secrets.token_bytes(16)
        created = (datetime.now(UTC) + self.clock_offset).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hashlib.sha1(nonce + created.encode() + place.password.encode(), usedforsecurity=False).digest()
        return (
            f'<w:Security xmlns:w="{SECURITY}" xmlns:u="{UTILITY}" s:mustUnderstand="1"><w:UsernameToken>'
            f"<w:Username>{escape(place.user)}</w:Username>"
            f'<w:Password Type="{DIGEST}">{base64.b64encode(digest).decode()}</w:Password>'
            f'<w:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</w:Nonce>'
            f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
        )


def text_of(element: Element, path: str) -> str:
    """Return the text of the first element below that a path of plain names leads to, whatever their namespaces."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


def _raise_fault(fault: Element, place: SoapPlace) -> None:
    codes = " ".join((each.text or "") for each in fault.iter() if each.tag.endswith("}Value"))
    if "NotAuthorized" in codes or "FailedAuthentication" in codes:
        raise PtzAuthError(f"the camera at {place.host} refuses the user name or password of [cameras.ptz]")
    reason = " ".join(text_of(fault, "Reason/Text").split())[:200]
    if place.password:
        reason = reason.replace(place.password, "***")
    raise PtzRefusedError(f"the camera at {place.host} refuses: {reason or codes[:200] or 'it does not say why'}")
