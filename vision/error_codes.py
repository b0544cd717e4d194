"""Gives errors a name for programs, so that the page can word them in the language of who reads.

A sentence is for people and may be reworded; a code stays. It is the name of the error's class, so that each class has
one and none is forgotten.
"""

import re


def code_of(err: BaseException | type[BaseException]) -> str:
    """Return what an error is called: `UnknownCameraError` is `unknown_camera`."""
    kind = err if isinstance(err, type) else type(err)
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", kind.__name__.removesuffix("Error")).lower()
