"""Measuring: processor time and memory of processes over a window."""

import os
import subprocess

import psutil

from benchmarks.measuring import measure


def spin(seconds: float) -> None:
    end = time_of(os.getpid()) + seconds
    while time_of(os.getpid()) < end:
        sum(range(2000))


def time_of(pid: int) -> float:
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def test_work_done_in_the_window_is_charged_to_its_process() -> None:
    # The "wait" works instead of sleeping, so that the window is full of this process's own work.
    window = measure({"self": psutil.Process()}, 0.3, wait=lambda _s: spin(0.2))

    assert window.uses["self"].cpu_s >= 0.2


def test_idle_process_is_charged_nothing() -> None:
    with subprocess.Popen(["sleep", "60"]) as idle:
        window = measure({"idle": psutil.Process(idle.pid)}, 0.2, wait=lambda _s: spin(0.1))
        idle.kill()

    assert window.uses["idle"].cpu_s < 0.05


def test_window_lasts_at_least_as_long_as_asked() -> None:
    assert measure({}, 0.05).wall_s >= 0.05


def test_memory_that_a_process_holds_is_seen() -> None:
    held = bytearray(os.urandom(1024) * 50_000)

    window = measure({"self": psutil.Process()}, 0.05)

    assert window.uses["self"].rss_peak_bytes > len(held)


def test_each_sample_of_memory_is_told() -> None:
    ticks: list[None] = []

    measure({}, 0.05, on_tick=lambda: ticks.append(None))

    assert ticks
