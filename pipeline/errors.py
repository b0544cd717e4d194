"""The ways in which the wiring can fail a person, each with a sentence that names the thing.

PipelineError
├── SettingsError        a settings file that cannot be used
├── UnknownHornError     no horn has this id, or the camera has none
├── DuplicateCameraError a camera has this id already
├── UnknownViewError     the camera has no view of this id
├── NoPictureError       the camera has sent no picture yet
├── NoRecordingError     nothing was recorded of the camera in a span
├── TrialsBusyError      as many trials of zones run as may (retryable)
├── BadSignatureError    what came from outside is signed by nobody we know
└── SendError            a receiver outside did not take what we sent
    ├── ReceiverAwayError      it may take it later (retryable)
    └── ReceiverRefusesError   it will never take this
"""


class PipelineError(Exception):
    """Base of this package's errors; `retryable` says whether the same call can succeed later."""

    retryable = False


class SettingsError(PipelineError):
    """A settings or site file cannot be used; the message names file, key and what is wrong."""


class NoHornError(PipelineError):
    """The camera has no horn."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        super().__init__(f'camera {camera_id!r} has no horn; give it one by `horn = "..."` in the settings file')


class DuplicateCameraError(PipelineError):
    """A camera has this id already."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        super().__init__(f"camera {camera_id!r} exists already; choose another id or remove it first")


class UnknownViewError(PipelineError):
    """The camera has no view of this id, or only one view."""

    def __init__(self, camera_id: str, view: str) -> None:
        self.camera_id, self.view = camera_id, view
        super().__init__(f"camera {camera_id!r} has no view {view!r}; views are [[cameras.views]] in the settings file")


class NoPictureError(PipelineError):
    """The camera has sent no picture yet, or not for as long as the ring reaches back."""

    retryable = True

    def __init__(self, camera_id: str, problem: str) -> None:
        super().__init__(f"camera {camera_id}: no picture at hand{': ' + problem if problem else ''}")


class NoRecordingError(PipelineError):
    """Nothing was recorded of the camera in the span that is asked for."""

    def __init__(self, camera_id: str) -> None:
        self.camera_id = camera_id
        super().__init__(f"camera {camera_id!r}: nothing was recorded in this span, or it was removed; choose another")


class TrialsBusyError(PipelineError):
    """As many trials of zones run as may."""

    retryable = True

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(f"{most} trials of zones are running already; try again in a minute")


class BadSignatureError(PipelineError):
    """What came from outside is signed by nobody we know, or not lately; the message never shows a signature."""


class SendError(PipelineError):
    """A receiver outside did not take what we sent. The message never holds a secret or what was sent.

    Attributes:
        target: the receiver.
        problem: what went wrong, in one sentence without the receiver's name.
    """

    def __init__(self, target: str, problem: str) -> None:
        self.target, self.problem = target, problem
        super().__init__(f"{target}: {problem}")


class ReceiverAwayError(SendError):
    """It cannot be reached, is overloaded, or does not let us in; the same can succeed later.

    Attributes:
        wait_s: how long the receiver asks us to wait, 0 where it does not say.
    """

    retryable = True

    def __init__(self, target: str, problem: str, *, wait_s: float = 0.0) -> None:
        self.wait_s = wait_s
        super().__init__(target, problem)


class ReceiverRefusesError(SendError):
    """It answers that it will never take this; sending it again is useless until somebody has looked at it."""
