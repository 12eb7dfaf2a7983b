"""A user's standing instruction to trade one stock."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, exists, select
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship, validates

from daytrader.models.base import Base, Exact, Money, Price
from daytrader.models.enums import ServiceState, TradingMode
from daytrader.utils import validators
from daytrader.utils.errors import ConflictError

if TYPE_CHECKING:
    from daytrader.models.stock import Stock
    from daytrader.models.trading_transaction import TradingTransaction
    from daytrader.models.user import User

# ERROR leaves only through INACTIVE, so that a person looks at it first.
TRANSITIONS: Final = {
    ServiceState.INACTIVE: {ServiceState.ACTIVE},
    ServiceState.ACTIVE: {ServiceState.PAUSED, ServiceState.INACTIVE, ServiceState.ERROR},
    ServiceState.PAUSED: {ServiceState.ACTIVE, ServiceState.INACTIVE},
    ServiceState.ERROR: {ServiceState.INACTIVE},
}


class TradingService(Base):
    """One stock, one budget, one state, and the rules it trades by."""

    __tablename__ = "trading_services"
    __table_args__ = (
        CheckConstraint("current_balance >= 0", name="current_balance_not_negative"),
        CheckConstraint("reserved_cash >= 0", name="reserved_cash_not_negative"),
        CheckConstraint("current_shares >= 0", name="current_shares_not_negative"),
    )
    read_only_columns: ClassVar[frozenset[str]] = Base.read_only_columns | {
        "current_balance",
        "current_shares",
        "buy_count",
        "sell_count",
        "total_gain_loss",
        "reserved_cash",
        "stop_price",
        "target_price",
        "is_armed",
        "error_reason",
        "last_bar_time",
    }

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    stock_id: Mapped[int | None] = mapped_column(ForeignKey("stocks.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    stock_symbol: Mapped[str] = mapped_column(String(10))
    state: Mapped[ServiceState] = mapped_column(default=ServiceState.INACTIVE)
    mode: Mapped[TradingMode] = mapped_column(default=TradingMode.BUY)
    is_active: Mapped[bool] = mapped_column(default=True)
    initial_balance: Mapped[Money]
    current_balance: Mapped[Money]
    minimum_balance: Mapped[Money] = mapped_column(default=Decimal(0))
    allocation_percent: Mapped[Money] = mapped_column(default=Decimal("0.5"))
    buy_threshold: Mapped[Money] = mapped_column(default=Decimal("3.0"))
    sell_threshold: Mapped[Money] = mapped_column(default=Decimal("2.0"))
    stop_loss_percent: Mapped[Money] = mapped_column(default=Decimal("5.0"))
    take_profit_percent: Mapped[Money] = mapped_column(default=Decimal("10.0"))
    current_shares: Mapped[int] = mapped_column(default=0)
    buy_count: Mapped[int] = mapped_column(default=0)
    sell_count: Mapped[int] = mapped_column(default=0)
    total_gain_loss: Mapped[Money] = mapped_column(default=Decimal(0))

    strategy: Mapped[str] = mapped_column(String(50), default="technical")
    strategy_params: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    interval: Mapped[int] = mapped_column(default=0)  # minutes, 0 for daily
    fixed_shares: Mapped[int | None]
    commission_per_order: Mapped[Money] = mapped_column(default=Decimal(0))
    commission_per_share: Mapped[Decimal] = mapped_column(Exact(18, 6), default=Decimal(0))
    commission_percent: Mapped[Decimal] = mapped_column(Exact(18, 4), default=Decimal(0))
    commission_minimum: Mapped[Money] = mapped_column(default=Decimal(0))
    slippage_bps: Mapped[Money] = mapped_column(default=Decimal(5))
    gap_reserve_percent: Mapped[Money] = mapped_column(default=Decimal(3))
    # The most of a bar's volume that one fill on paper takes; null: no limit.
    volume_limit_percent: Mapped[Money | None]
    keep_protection: Mapped[bool] = mapped_column(default=True)
    broker: Mapped[str] = mapped_column(String(20), default="paper")
    error_reason: Mapped[str | None] = mapped_column(Text)
    reserved_cash: Mapped[Money] = mapped_column(default=Decimal(0))
    stop_price: Mapped[Price | None]
    target_price: Mapped[Price | None]
    # After a stop-loss, entries wait until the signal was false once.
    is_armed: Mapped[bool] = mapped_column(default=True)
    # The last bar the engine has decided on; null until the first.
    last_bar_time: Mapped[datetime | None]

    user: Mapped[User] = relationship(back_populates="services")
    stock: Mapped[Stock | None] = relationship(back_populates="services")
    transactions: Mapped[list[TradingTransaction]] = relationship(
        back_populates="service", cascade="all, delete-orphan", passive_deletes=True
    )

    def move_to(self, state: ServiceState) -> None:
        """
        Change state along an allowed transition.

        Raises:
            ConflictError: If there is no such transition.
        """
        if state not in TRANSITIONS[self.state]:
            raise ConflictError(f"a service that is {self.state} cannot become {state}")
        self.state = state

    @property
    def can_buy(self) -> bool:
        """Whether the service may open a position now."""
        return (
            self.is_active
            and self.state is ServiceState.ACTIVE
            and self.mode is TradingMode.BUY
            and self.current_balance > self.minimum_balance
        )

    @property
    def can_sell(self) -> bool:
        """Whether the service may close its position now."""
        return (
            self.is_active
            and self.state is ServiceState.ACTIVE
            and self.mode is TradingMode.SELL
            and self.current_shares > 0
        )

    @property
    def is_profitable(self) -> bool:
        """Whether closed trades have gained more than they lost."""
        return self.total_gain_loss > 0

    @property
    def has_dependencies(self) -> bool:
        """Whether the service has transactions."""
        if self.buy_count:
            return True
        session = object_session(self)
        if session is None or self.id is None:
            return bool(self.transactions)
        transactions = self.__mapper__.relationships["transactions"].entity.class_
        return bool(session.scalar(select(exists().where(transactions.service_id == self.id))))

    @validates("stock_symbol")
    def validate_stock_symbol(self, key: str, value: object) -> str:
        """Format and length."""
        return validators.checked(key, validators.symbol, value)

    @validates("broker")
    def validate_broker(self, key: str, value: object) -> str:
        """What a broker may be called; whether the service may trade there is `promotion_service.refusal`'s to say."""
        return validators.checked(key, validators.broker_name, value)

    @validates("name")
    def validate_name(self, key: str, value: object) -> str:
        """Length."""
        return validators.checked(key, validators.service_name, value)

    @validates("state")
    def validate_state(self, key: str, value: object) -> ServiceState:
        """A known state."""
        return validators.checked(key, validators.member_of(ServiceState), value)

    @validates("mode")
    def validate_mode(self, key: str, value: object) -> TradingMode:
        """A known mode."""
        return validators.checked(key, validators.member_of(TradingMode), value)

    @validates("initial_balance")
    def validate_initial_balance(self, key: str, value: object) -> Decimal:
        """Above zero."""
        return validators.checked(key, validators.initial_balance, value)

    @validates("current_balance")
    def validate_current_balance(self, key: str, value: object) -> Decimal:
        """Not negative: an all-in buy may leave zero."""
        return validators.checked(key, validators.current_balance, value)

    @validates("minimum_balance")
    def validate_minimum_balance(self, key: str, value: object) -> Decimal:
        """Not negative."""
        return validators.checked(key, validators.minimum_balance, value)

    @validates("allocation_percent")
    def validate_allocation_percent(self, key: str, value: object) -> Decimal:
        """A fraction of the spendable cash, above 0 and at most 1."""
        return validators.checked(key, validators.allocation_percent, value)

    @validates(
        "buy_threshold",
        "sell_threshold",
        "stop_loss_percent",
        "take_profit_percent",
        "interval",
        "fixed_shares",
        "commission_per_order",
        "commission_per_share",
        "commission_percent",
        "commission_minimum",
        "slippage_bps",
        "gap_reserve_percent",
        "volume_limit_percent",
    )
    def validate_trading_rule(self, key: str, value: object) -> object:
        """Each within its own bounds."""
        return validators.checked(key, validators.TRADING_RULES[key], value)
