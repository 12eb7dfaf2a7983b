"""Tests of daytrader.utils.arenas, each in a process of its own: what is chosen holds for all of it."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from typing import Final

import pytest

from daytrader.utils import arenas

_THREADS: Final = 12
_COUNT: Final = f"""
import ctypes, tempfile, threading

def ask():
    kept.append(bytearray(10_000))
    all_have_asked.wait()

kept, all_have_asked = [], threading.Barrier({_THREADS + 1})
for _ in range({_THREADS}):
    threading.Thread(target=ask).start()
all_have_asked.wait()

libc = ctypes.CDLL(None)
libc.fopen.restype, libc.fopen.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_char_p]
libc.malloc_info.argtypes, libc.fclose.argtypes = [ctypes.c_int, ctypes.c_void_p], [ctypes.c_void_p]
with tempfile.NamedTemporaryFile() as file:
    told = libc.fopen(file.name.encode(), b"w")
    libc.malloc_info(0, told)
    libc.fclose(told)
    print(file.read().count(b"<heap nr="))
"""
_SHARE: Final = "from daytrader.utils import arenas\nassert arenas.share_few()\n"


def _arenas(code: str) -> int:
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def test_threads_share_two() -> None:
    """A dozen that each ask for memory, beside what they have without; where there are no arenas nothing is done."""
    if not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"):
        assert not arenas.share_few()
        return
    assert _arenas(_SHARE + _COUNT) == 2
    assert _arenas(_COUNT) > 2


def test_another_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One without `mallopt`."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert not arenas.share_few()
