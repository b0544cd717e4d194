"""The ways in which the wiring can fail a person, each with a sentence that names the thing.

PipelineError
├── SettingsError        a settings file that cannot be used
├── UnknownHornError     no horn has this id, or the camera has none
├── DuplicateCameraError a camera has this id already
└── NoPictureError       the camera has sent no picture yet
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


class NoPictureError(PipelineError):
    """The camera has sent no picture yet, or not for as long as the ring reaches back."""

    retryable = True

    def __init__(self, camera_id: str, problem: str) -> None:
        super().__init__(f"camera {camera_id}: no picture at hand{': ' + problem if problem else ''}")
