"""A market of another house, which bars drive."""

from __future__ import annotations

from dataclasses import dataclass, field

from daytrader.brokers.messages import Acknowledgement, Fill, MarketBar, OrderTicket, Position, ProtectiveFill


@dataclass
class HousePlatform:
    """A platform of one's own: it takes an order, keeps it, and fills it at the next open, a cent worse, for 2.50."""

    name: str = "paper"  # in the place of the one that every service has
    taken: list[str] = field(default_factory=list)

    def submit(self, ticket: OrderTicket, bar: MarketBar | None) -> Acknowledgement:  # noqa: ARG002
        """Take it."""
        self.taken.append(ticket.client_order_id)
        return Acknowledgement(is_working=True)

    def find(self, client_order_id: str) -> Acknowledgement | None:
        """Tell of what was taken."""
        return Acknowledgement(is_working=True) if client_order_id in self.taken else None

    def at_open(self, ticket: OrderTicket, bar: MarketBar) -> Acknowledgement:
        """Fill by this house's rules."""
        price = bar.open + (10_000 if ticket.side == "BUY" else -10_000)
        amount = price * ticket.shares // 10_000
        fill = Fill(f"{ticket.client_order_id}:house", ticket.shares, price, amount, 250, bar.time)
        return Acknowledgement(is_working=False, fill=fill)

    def protect(self, position: Position, bar: MarketBar) -> ProtectiveFill | None:  # noqa: ARG002
        """Leave positions alone."""
        return None
