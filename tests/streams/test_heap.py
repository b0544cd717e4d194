"""Large blocks lie in pages of their own, and go back when they are freed."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import ctypes
from streams.heap import LARGE_BYTES, keep_large_blocks_apart

class Told(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
    )]

libc = ctypes.CDLL(None)
libc.mallinfo2.restype = Told

def apart():
    return libc.mallinfo2().hblks

{call}
block = bytearray(8 << 20)
del block  # glibc moves its bound up
before = apart()
kept = [bytes(2 * LARGE_BYTES) for _ in range(50)]
print(apart() - before)
del kept
print(apart() - before)
"""


def counted(call: str) -> list[int]:
    script = SCRIPT.replace("{call}", call)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return [int(line) for line in done.stdout.split()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc; its heap is left alone")
def test_key_frames_lie_apart_also_after_a_large_block_was_freed() -> None:
    assert counted("") == [0, 0]  # what glibc does by itself
    assert counted("assert keep_large_blocks_apart()") == [50, 0]
