"""What the page's server refuses, each with the status it answers.

ApiError
├── BadRequestError       what was sent cannot be used
│   └── BadFormError      it is none of the exchange forms
├── NotSignedInError      no session, or it has ended
├── ForbiddenError        the role does not reach, or another site sent the request
├── NotFoundError         there is no such thing
├── TooLargeError         the request is larger than anything the page sends
├── TooManyAttemptsError  too many wrong passwords from one address (retryable)
└── NoSeatError           too many live pictures at once (retryable)
"""


class ApiError(Exception):
    """Base of this package's refusals.

    Attributes:
        retryable: whether the same request can succeed later.
        status: the HTTP status it is answered with.
        code: what it is called in the answer; the page words it by this.
    """

    retryable = False
    status = 400
    code = "bad_request"


class BadRequestError(ApiError):
    """What was sent cannot be used; the message says why."""


class BadFormError(BadRequestError):
    """A signed body that is none of the eight exchange forms; the message has each wrong key."""

    status = 422
    code = "bad_form"


class NotSignedInError(ApiError):
    """There is no session, or it has ended."""

    status = 401
    code = "not_signed_in"

    def __init__(self) -> None:
        super().__init__("sign in first; there is no session or it has ended")


class ForbiddenError(ApiError):
    """The role does not reach, or the request comes from another site."""

    status = 403
    code = "forbidden"


class NotFoundError(ApiError):
    """There is no such thing."""

    status = 404
    code = "not_found"


class TooLargeError(ApiError):
    """The request is larger than anything the page sends."""

    status = 413
    code = "too_large"


class TooManyAttemptsError(ApiError):
    """Too many wrong passwords from one address."""

    retryable = True
    status = 429
    code = "too_many_attempts"

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"too many failed sign-ins from this address; try again in {wait_s:.0f} s")


class NoSeatError(ApiError):
    """Too many live pictures or pages at once."""

    retryable = True
    status = 503
    code = "no_seat"

    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"{limit} connections of this kind are open already; close one and try again")
