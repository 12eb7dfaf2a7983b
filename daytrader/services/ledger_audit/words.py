"""Amounts in sentences."""

from __future__ import annotations

from decimal import Decimal

from daytrader.core.money import from_cents, from_micros


def money(cents: int) -> Decimal:
    """Return cents as people read them."""
    return from_cents(cents)


def price(micros: int | None) -> Decimal | None:
    """Return a price as people read it."""
    return None if micros is None else from_micros(micros)
