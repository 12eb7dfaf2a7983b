"""Tests of daytrader.brokers.alpaca_words: what Alpaca says, and what somebody between us and Alpaca may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from alpaca.common.exceptions import APIError

from daytrader.brokers.account import Report
from daytrader.brokers.alpaca_words import NotThereError, UnprocessableError, failure_of, order_of, refusal_of
from daytrader.brokers.errors import BrokerError, RefusedOrderError, UnknownOutcomeError


def said(status: int, code: int | None) -> APIError:
    """Return the error of an answer: Alpaca's own have a code, a gateway's or a proxy's have none."""
    response = requests.Response()
    response.status_code = status
    response._content = json.dumps({"message": "no"} | ({} if code is None else {"code": code})).encode()
    error: APIError = APIError(response.text, requests.HTTPError(response=response))  # type: ignore[no-untyped-call]
    return error


@pytest.mark.parametrize("status", [400, 403, 404, 422])
def test_only_alpaca_itself_refuses_an_order(status: int) -> None:
    """Whoever else refuses may have passed it on: what became of it is asked."""
    assert isinstance(refusal_of(said(status, 40010001)), RefusedOrderError)
    assert isinstance(refusal_of(said(status, None)), UnknownOutcomeError)


@pytest.mark.parametrize(("status", "error"), [(404, NotThereError), (422, UnprocessableError)])
def test_only_alpaca_itself_knows_that_an_order_is_not_there(status: int, error: type[BrokerError]) -> None:
    """A gateway's 404 is no word on it: taken for one, the order would be sent again."""
    assert isinstance(failure_of(said(status, 40410000)), error)
    assert not isinstance(failure_of(said(status, None)), NotThereError | UnprocessableError)


def row(**values: Any) -> dict[str, Any]:
    """Return an order as Alpaca shows it."""
    shown = {"client_order_id": "dt-x-1", "id": "1", "type": "limit", "symbol": "ACME", "status": "new"}
    return shown | {"qty": "10", "filled_qty": "0", "submitted_at": "2024-01-03T14:30:00Z"} | values


@pytest.mark.parametrize(
    ("own", "leg", "report"),
    [
        ("canceled", "held", Report.WORKING),
        ("new", "canceled", Report.WORKING),
        ("canceled", "a state that nobody has heard of", Report.WORKING),
        ("canceled", "canceled", Report.CANCELLED),
        ("expired", "expired", Report.EXPIRED),
    ],
)
def test_an_order_of_two_levels_works_while_one_of_them_does(own: str, leg: str, report: Report) -> None:
    """And for as long as it may still fill: nothing else sells meanwhile."""
    assert order_of(row(status=own, legs=[row(id="2", type="stop", status=leg)])).report is report


@pytest.mark.parametrize(("given", "shares"), [("0.9", 0), ("10.6", 10), (None, 0), ("10", 10)])
def test_parts_of_a_share_are_nobodys(given: str | None, shares: int) -> None:
    """Of ours there are none: what the owner trades beside us adds no share to the books."""
    assert order_of(row(filled_qty=given)).filled == shares
