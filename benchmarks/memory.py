"""How much memory a process holds, and has held."""

from __future__ import annotations

from pathlib import Path


def peak() -> float:
    """
    Return the most that this process has held, in MiB.

    Not by getrusage, which begins with the most that the process held that started this one.
    """
    return _told("VmHWM")


def anonymous() -> float:
    """
    Return what this process holds that is in no file, in MiB.

    The pages of a mapped file the system takes whenever it needs them, these it cannot.
    """
    return _told("RssAnon")


def resident() -> float:
    """Return what this process holds, pages of mapped files among it, in MiB."""
    return _told("VmRSS")


def _told(name: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        found, _, value = line.partition(":")
        if found == name:
            return int(value.split()[0]) / 1024
    raise RuntimeError(f"this system does not tell {name} of a process")
