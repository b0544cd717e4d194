"""Holds a measured program to two cores and keeps what feeds it off them, where the machine has more."""

import os

import psutil

CORES = 2
"""What a program that is measured may use."""


def held(command: list[str]) -> list[str]:
    """Return the command that runs a program on the measured cores; unchanged where there are no others."""
    cores = sorted(os.sched_getaffinity(0))
    return ["taskset", "-c", ",".join(map(str, cores[:CORES])), *command] if len(cores) > CORES else command


def keep_off(process: psutil.Process) -> None:
    """Keep a process off the measured cores where the machine has others."""
    others = sorted(os.sched_getaffinity(0))[CORES:]
    if others:
        process.cpu_affinity(others)
