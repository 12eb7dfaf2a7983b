"""The engine as a process sees it that runs none: what whoever trades has last said, and the switch of all trading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from daytrader.engine.engine_state import EngineState
from daytrader.engine.installation import name_orders
from daytrader.services import engine_control, engine_lease
from daytrader.services.session_manager import SessionManager

_NOBODY: Final[Mapping[str, Any]] = {
    "state": EngineState.STOPPED.value,
    "is_ready": False,
    "feed": None,
    "provider": None,
    "position": None,
    "stale": 0,
    "speed": None,
    "services": 0,
    "last_bar_at": None,
    "error": "no engine trades",
    "holder": None,
    "accounts": (),
    "lag": None,
}
_MOMENTS: Final = ("position", "last_bar_at")
_OF_ACCOUNTS: Final = ("last_turn_at", "paused_until")


class EngineElsewhere:
    """Stands where a process that runs an engine has its supervisor."""

    is_ready = True
    """This process can do all that it is for."""
    is_standing_by = False

    def __init__(self, instance: Path) -> None:
        self._instance = instance

    def start(self) -> None:
        """Let orders that are placed here by hand bear the installation's name."""
        name_orders(self._instance)

    def stop(self, _timeout: float) -> bool:
        """Do nothing."""
        return True

    def status(self) -> dict[str, Any]:
        """Return what the engine that trades said of itself within the last seconds, as its supervisor's `status`."""
        with SessionManager(read_only=True) as session:
            found = engine_lease.status(session)
            is_paused = engine_control.is_paused(session)
        if found is None:
            return dict(_NOBODY)
        holder, said = found
        status = {**_NOBODY, "state": EngineState.STARTING.value, "error": None, **said, "holder": holder}
        if is_paused and status["is_ready"]:
            status["state"] = EngineState.PAUSED.value
        status["accounts"] = [_with_moments(account, _OF_ACCOUNTS) for account in status["accounts"]]
        return _with_moments(status, _MOMENTS)

    @property
    def is_paused(self) -> bool:
        """Whether all trading is paused."""
        with SessionManager(read_only=True) as session:
            return engine_control.is_paused(session)

    def pause(self) -> None:
        """Have whoever trades finish the bar in hand and take no further one."""
        self._turn(is_paused=True)

    def resume(self) -> None:
        """Let trading go on."""
        self._turn(is_paused=False)

    def forget_bars(self) -> None:
        """Do nothing: an engine of PostgreSQL looks itself whether prices have changed."""

    def _turn(self, *, is_paused: bool) -> None:
        with SessionManager() as session:
            engine_control.turn(session, is_paused=is_paused)


def _with_moments(said: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return *said* with the moments under *names* as such: the lease keeps them as text."""
    moments = {name: datetime.fromisoformat(said[name]) for name in names if said[name] is not None}
    return {**said, **moments}
