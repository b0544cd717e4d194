"""Says what went wrong with a stream, and whether trying again can help.

    StreamError                 base; `retryable`, `is_slow`
    ├── StreamOpenError         could not connect
    │   ├── BadUrlError         the URL itself makes no sense: not retryable
    │   ├── StreamTimeoutError  nobody answered in time
    │   ├── StreamRefusedError  nothing listens at that port
    │   ├── StreamUnreachableError  unknown host, no route
    │   ├── NotRtspError        who answers is no RTSP camera
    │   ├── StreamAuthError     user name or password refused; asking again can lock the account: not retryable
    │   ├── StreamBusyError     all sessions are taken, or the camera can serve nobody now
    │   ├── StreamNotFoundError no such path or file; retried slowly
    │   ├── NoVideoError        the stream has no video; retried slowly
    │   ├── StreamTransportError  not by this transport; retried slowly
    │   ├── StreamRedirectedError  the camera sends us where we do not go by ourselves; retried slowly
    │   ├── NotMediaError       the file is no video, or a truncated one: not retryable
    │   └── UnsupportedCodecError  a codec that this operation cannot handle; retried slowly
    ├── StreamReadError         the connection broke
    │   ├── StreamStalledError  packets stopped coming
    │   ├── StreamUndecodableError  packets come, but no picture can be decoded from them
    │   └── StreamEndedError    the other side ended the stream
    ├── ClipError               a clip could not be written or decoded: not retryable
    ├── NotInRingError          the asked moment is not kept (any more): not retryable
    │   └── OtherViewError      what is kept of it shows another view of the camera
    ├── PtzError                a camera could not be turned, or asked where it looks
    │   ├── PtzAwayError        its service does not answer in time
    │   ├── PtzAuthError        its service refuses the login: not retryable
    │   ├── PtzRefusedError     it says that it does not do this; tried again slowly
    │   └── PtzAnswerError      who answers is no ONVIF service; tried again slowly
    ├── UnknownCameraError      no camera has this id: not retryable
    └── FeedClosedError         a live feed was closed: not retryable

Every message is one sentence that names the stream (redacted) and the way out.
"""

from typing import ClassVar


class StreamError(Exception):
    """Something about a stream failed; the message is fit for the health page."""

    retryable: ClassVar[bool] = True
    is_slow: ClassVar[bool] = False
    """True where only a change at the camera can help, so that tries are far apart."""


class StreamOpenError(StreamError):
    """The stream could not be opened."""


class BadUrlError(StreamOpenError, ValueError):
    """The URL makes no sense, or none to what should open it."""

    retryable = False


class StreamTimeoutError(StreamOpenError):
    """Nobody answered within the time limit."""


class StreamRefusedError(StreamOpenError):
    """The host answers, and nothing listens at that port."""


class StreamUnreachableError(StreamOpenError):
    """No way leads to the host, or its name is unknown."""


class NotRtspError(StreamOpenError):
    """Who answers does not speak as an RTSP camera does."""


class StreamAuthError(StreamOpenError):
    """The camera refused the user name or password."""

    retryable = False


class StreamBusyError(StreamOpenError):
    """The camera has no free session, or cannot serve anybody at the moment."""


class StreamNotFoundError(StreamOpenError):
    """The camera or the disk knows no such path."""

    is_slow = True


class NoVideoError(StreamOpenError):
    """The stream was opened, but carries no video."""

    is_slow = True


class StreamTransportError(StreamOpenError):
    """The camera does not send by the transport that is set."""

    is_slow = True


class StreamRedirectedError(StreamOpenError):
    """The camera sends us on to where we do not go by ourselves, or in a circle."""

    is_slow = True


class NotMediaError(StreamOpenError):
    """The file is not a video, or an unreadable one."""

    retryable = False


class UnsupportedCodecError(StreamOpenError):
    """The codec cannot be handled by the operation that was asked for."""

    is_slow = True


class StreamReadError(StreamError):
    """The connection broke while packets were read."""


class StreamStalledError(StreamReadError):
    """Packets stopped coming although the connection stands."""


class StreamUndecodableError(StreamReadError):
    """Packets come, but for long no whole picture could be decoded from them."""


class StreamEndedError(StreamReadError):
    """The other side ended the stream."""


class ClipError(StreamError):
    """A clip could not be written, or nothing in it could be decoded."""

    retryable = False


class NotInRingError(StreamError):
    """The asked moment is not in the packet ring."""

    retryable = False


class PtzError(StreamError):
    """A camera could not be turned, or asked where it looks."""


class PtzAwayError(PtzError):
    """The service that turns it does not answer in time."""


class PtzAuthError(PtzError):
    """The service that turns it refuses the login."""

    retryable = False


class PtzRefusedError(PtzError):
    """The service that turns it says that it does not do this."""

    is_slow = True


class PtzAnswerError(PtzError):
    """Who answers does not speak as an ONVIF service does."""

    is_slow = True


class OtherViewError(NotInRingError):
    """What is kept of the asked moment shows another view of the camera."""


class UnknownCameraError(StreamError):
    """No camera has this id."""

    retryable = False

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        super().__init__(f"there is no camera {camera_id!r}; the camera list shows the ids that exist")


class FeedClosedError(StreamError):
    """The live feed was closed by its owner or with its camera."""

    retryable = False
