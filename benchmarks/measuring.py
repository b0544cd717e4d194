"""Measures what processes use over a window of time: processor seconds, memory, and what the rest of the machine took.

The measuring process only waits, so that it costs the measured ones nothing. Processor time is what the kernel
charged to a process with all its threads; memory is its resident set, shared library pages included.
"""

import statistics
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

TICK_S = 0.5
"""Memory is sampled so often; finer costs time on a small machine and shows nothing more."""


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """What one process used over a window.

    Attributes:
        cpu_s: processor seconds, user and system, all threads; two busy cores give 2 a second.
        rss_bytes: resident memory, the median over the window.
        rss_peak_bytes: the largest sample of it.
        threads: at the end of the window.
    """

    cpu_s: float
    rss_bytes: int
    rss_peak_bytes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Window:
    """A measured window.

    Attributes:
        wall_s: how long it lasted.
        uses: by the names that were given.
        other_cpu_s: processor seconds that the rest of the machine took, this process included.
    """

    wall_s: float
    uses: Mapping[str, ProcessUse]
    other_cpu_s: float


def measure(
    processes: Mapping[str, psutil.Process],
    window_s: float,
    *,
    on_tick: Callable[[], None] = lambda: None,
    wait: Callable[[float], object] | None = None,
) -> Window:
    """Wait for `window_s` seconds and return what the processes used meanwhile.

    Args:
        processes: those to measure, by name.
        window_s: seconds.
        on_tick: called after each sample of memory, for a progress display.
        wait: sleeps some seconds; a real wait by default.

    Raises:
        psutil.NoSuchProcess: one of them ended.
    """
    wait = wait or threading.Event().wait
    rss: dict[str, list[int]] = {name: [] for name in processes}
    busy_before_s, began_s = _machine_busy_s(), time.monotonic()
    cpu_before_s = {name: _cpu_s(process) for name, process in processes.items()}
    while (left_s := began_s + window_s - time.monotonic()) > 0:
        for name, process in processes.items():
            rss[name].append(process.memory_info().rss)
        on_tick()
        wait(min(TICK_S, left_s))
    cpu_s = {name: _cpu_s(process) - cpu_before_s[name] for name, process in processes.items()}
    wall_s = time.monotonic() - began_s
    other_s = _machine_busy_s() - busy_before_s - sum(cpu_s.values())
    uses = {
        name: ProcessUse(cpu_s[name], int(statistics.median(rss[name])), max(rss[name]), process.num_threads())
        for name, process in processes.items()
    }
    return Window(wall_s, uses, max(0.0, other_s))


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _machine_busy_s() -> float:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guest = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted in user and nice already
    return float(sum(times) - idle - guest)
