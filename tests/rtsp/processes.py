"""Ends the processes that tests and benchmarks start, so that none is left behind."""

import contextlib
import signal
import subprocess
import threading


def end(
    process: "subprocess.Popen[str]",
    listener: threading.Thread | None,
    limit_s: float,
    how: signal.Signals | None = signal.SIGTERM,
) -> None:
    """End a process and the thread that reads its output, and close its pipes.

    Args:
        process: opened with pipes.
        listener: ends with the process's output; None where nobody reads it.
        limit_s: after so long it is killed.
        how: the signal; None where the end of its orders ends it.
    """
    if how is not None:
        process.send_signal(how)
    elif process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    try:
        process.wait(limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(limit_s)
    if listener is not None:
        listener.join(limit_s)
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()
