"""What an engine may be doing, as its status and its lease tell it."""

from __future__ import annotations

from enum import StrEnum


class EngineState(StrEnum):
    """What the engine is doing."""

    STOPPED = "stopped"
    STANDBY = "standby"  # another engine trades; this one takes over when it ends
    STARTING = "starting"  # reconciling: nothing trades yet
    RUNNING = "running"
    IDLE = "idle"  # no bar to take
    PAUSED = "paused"
    FAILED = "failed"  # stopped on an error, tried again shortly
