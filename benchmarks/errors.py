"""What can go wrong in a benchmark.

BenchmarkError
├── SideFailedError    a side ended, hangs or never looked
└── NotPossibleError   something that the benchmark needs is missing on this machine
"""


class BenchmarkError(Exception):
    """A benchmark cannot go on; the message is one sentence."""

    retryable = False


class SideFailedError(BenchmarkError):
    """One side ended, hangs or never looked; another run may go well."""

    retryable = True

    def __init__(self, side: str, problem: str) -> None:
        super().__init__(f"side {side}: {problem}")


class NotPossibleError(BenchmarkError):
    """Something that the benchmark needs is missing on this machine; the message names it and the way out."""
