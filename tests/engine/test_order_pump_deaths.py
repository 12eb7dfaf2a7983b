"""Tests of daytrader.engine.order_pump where the process dies, or another engine has taken its place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest

from daytrader.services import order_service
from daytrader.utils.errors import LostLeaseError

from .accounts import EVENING, MIDDAY, MINUTE, OPEN, Bench, Died


def test_an_engine_that_lost_its_lease_sends_nothing(bench: Bench) -> None:
    """It learns of it at the unit of work, or before the broker is called: the order is the successor's."""

    class Lost:
        is_held = True

        def require(self, _session: object) -> None:
            """Let units begin."""

        def require_time_to_send(self) -> None:
            raise LostLeaseError("test")

    bench.decide(bench.service())
    bench.pump._wiring = type(bench.pump._wiring)(bench._check, Lost(), lambda _name: None, bench.traded.append)
    with pytest.raises(LostLeaseError):
        bench.turn(EVENING)
    assert bench.posted() == []
    bench.restart().turn(MINUTE * 2)
    assert bench.orders() == [("ENTRY", "ACCEPTED", 10, 0)]
    bench.agree()


STEPS = (
    "reports written",
    "reports",
    "reconciled written",
    "reconciled",
    "protection written",
    "protection",
    "claim written",
    "claim",
    "submit",
    "unit 2 written",
    "unit 2",
    "cancel",
)


@pytest.mark.parametrize("step", STEPS)
def test_a_death_at_any_step_changes_nothing(bench: Bench, step: str) -> None:
    """A trade from entry to sale, the process dying each time it passes the step: the same end, nothing sent twice."""
    service = bench.service()
    alpaca = bench.alpaca

    def story() -> None:
        live(lambda: bench.turn(EVENING))
        alpaca.auction("ACME", "100")
        live(lambda: bench.turn(OPEN))
        bench.do(lambda session, row: order_service.sell_position(session, row, "test"), service)
        live(lambda: bench.turn(MIDDAY))
        live(bench.turn)

    def live(act: Callable[[], object]) -> None:
        """Do it, die at the first pass of the step, begin anew, and do it until nothing dies."""
        for nth in count(1):
            left = nth

            def checkpoint(name: str) -> None:
                nonlocal left
                if name == step:
                    left -= 1
                    if left == 0:
                        raise Died

            bench.restart(checkpoint)
            try:
                act()
            except Died:
                bench.audit()
                deaths.append(step)
                bench.restart()
                bench.turn(timedelta(seconds=61))
            else:
                return
            assert nth < 20

    deaths: list[str] = []
    bench.decide(service)
    story()
    assert deaths
    assert bench.orders() == [
        ("ENTRY", "FILLED", 10, 10),
        ("STOP", "CANCELLED", 10, 0),
        ("EXIT", "FILLED", 10, 10),
    ]
    sent = [order["client_order_id"] for order in bench.posted()]
    assert len(sent) == len(set(sent)) == 3
    bench.agree()
