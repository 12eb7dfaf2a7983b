"""What the models accept, and what they tell about themselves."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from daytrader.models import (
    Base,
    Stock,
    StockDailyPrice,
    StockIntradayPrice,
    TradingService,
    TradingTransaction,
    User,
)
from daytrader.models.enums import PriceSource, ServiceState, TradingMode, TransactionState
from daytrader.services.session_manager import SessionManager
from daytrader.utils.current_datetime import get_current_datetime
from daytrader.utils.errors import ConflictError, InvalidInputError
from tests.conftest import PASSWORD, World

TOMORROW = get_current_datetime() + timedelta(days=2)

REFUSED = [
    (User, "username", "ab"),
    (User, "username", "x" * 51),
    (User, "username", "no spaces"),
    (User, "email", "nobody"),
    (User, "email", "a@b"),
    (User, "email", "a..b@example.com"),
    (User, "password", "short1A"),
    (User, "password", "alllowercase1"),
    (User, "password", "Password123"),
    (Stock, "symbol", ""),
    (Stock, "symbol", "TOOLONGSYMBOL"),
    (Stock, "symbol", "A$"),
    (Stock, "name", "x" * 201),
    (Stock, "sector", "x" * 101),
    (Stock, "description", "x" * 1001),
    (StockDailyPrice, "source", "GUESSED"),
    (StockDailyPrice, "price_date", TOMORROW.date()),
    (StockDailyPrice, "open_price", -0.01),
    (StockDailyPrice, "adj_close", -1),
    (StockDailyPrice, "volume", 1.5),
    (StockDailyPrice, "close_price", float("nan")),
    (StockIntradayPrice, "source", "GUESSED"),
    (StockIntradayPrice, "timestamp", TOMORROW),
    (StockIntradayPrice, "timestamp", datetime(2020, 1, 1)),  # noqa: DTZ001 (without a zone is what is refused)
    (StockIntradayPrice, "interval", 7),
    (TradingService, "stock_symbol", "A$"),
    (TradingService, "name", ""),
    (TradingService, "state", "SLEEPING"),
    (TradingService, "mode", "SHORT"),
    (TradingService, "initial_balance", 0),
    (TradingService, "initial_balance", Decimal("1.005")),
    (TradingService, "current_balance", Decimal("-0.01")),
    (TradingService, "minimum_balance", -1),
    (TradingService, "allocation_percent", 0),
    (TradingService, "allocation_percent", Decimal("1.01")),
    (TradingService, "stop_loss_percent", 101),
    (TradingService, "fixed_shares", 0),
    (TradingService, "interval", 2),
    (TradingTransaction, "stock_symbol", "A$"),
    (TradingTransaction, "state", "PENDING"),
    (TradingTransaction, "shares", 0),
    (TradingTransaction, "purchase_price", 0),
    (TradingTransaction, "sale_price", -1),
]
ACCEPTED = [
    (User, "username", " carol_1 ", "carol_1"),
    (User, "email", "Carol@Example.COM", "carol@example.com"),
    (Stock, "symbol", " brk.b ", "BRK.B"),
    (Stock, "description", None, None),
    (StockDailyPrice, "source", "delayed", PriceSource.DELAYED),
    (StockDailyPrice, "open_price", None, None),
    (StockDailyPrice, "open_price", 0, 0.0),
    (StockIntradayPrice, "interval", 60, 60),
    (TradingService, "state", "paused", ServiceState.PAUSED),
    (TradingService, "current_balance", 0, Decimal(0)),
    (TradingService, "allocation_percent", 1, Decimal(1)),
    (TradingService, "take_profit_percent", 0, Decimal(0)),
    (TradingTransaction, "state", "CLOSED", TransactionState.CLOSED),
    (TradingTransaction, "purchase_price", Decimal("0.000001"), Decimal("0.000001")),
]


@pytest.mark.parametrize(("model", "column", "value"), REFUSED)
def test_a_value_outside_its_bounds_is_refused_by_name_and_never_echoed(
    model: type[Base], column: str, value: object
) -> None:
    """The rule stands in utils.validators; the model names the field."""
    with pytest.raises(InvalidInputError) as refused:
        model(**{column: value})
    assert list(refused.value.fields) == [column]
    if column == "password":
        assert str(value) not in str(refused.value)


@pytest.mark.parametrize(("model", "column", "value", "kept"), ACCEPTED)
def test_a_value_within_its_bounds_is_kept_in_its_normal_form(
    model: type[Base], column: str, value: object, kept: object
) -> None:
    """Trimmed, upper- or lower-cased, typed."""
    assert getattr(model(**{column: value}), column) == kept


def test_a_password_can_be_set_and_checked_but_never_read() -> None:
    """Only an argon2id hash is kept."""
    user = User(username="carol", password=PASSWORD)
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash
    assert user.verify_password(PASSWORD)
    assert not user.verify_password(PASSWORD + "!")
    with pytest.raises(ConflictError):
        _ = user.password


def test_update_last_login_notes_the_moment() -> None:
    """It is empty before the first."""
    user = User(username="carol")
    assert user.last_login is None
    user.update_last_login()
    assert user.last_login is not None
    assert get_current_datetime() - user.last_login < timedelta(seconds=5)


@pytest.mark.parametrize(("state", "is_active"), [(state, state == "ACTIVE") for state in ServiceState])
def test_has_active_services_counts_only_running_ones(state: ServiceState, is_active: bool) -> None:
    """A paused service does not count."""
    assert User(services=[TradingService(state=state)]).has_active_services is is_active


def test_a_stock_knows_whether_something_depends_on_it(world: World) -> None:
    """Prices do not: they go with the stock. Services do."""
    stock = world.stock()
    with SessionManager(read_only=True) as session:
        assert not session.get_one(Stock, stock.id).has_prices
    world.prices(stock, [1.0])
    with SessionManager(read_only=True) as session:
        assert session.get_one(Stock, stock.id).has_prices
        assert not session.get_one(Stock, stock.id).has_dependencies
    service = world.service(world.user(), stock)
    with SessionManager(read_only=True) as session:
        assert session.get_one(Stock, stock.id).has_dependencies
        assert not session.get_one(TradingService, service.id).has_dependencies
    with SessionManager() as session:
        session.add(
            TradingTransaction(service_id=service.id, stock_symbol=stock.symbol, shares=1, purchase_price=Decimal(10))
        )
    with SessionManager(read_only=True) as session:
        assert session.get_one(TradingService, service.id).has_dependencies


def _bar(**values: Any) -> dict[str, Any]:
    return {"open_price": 10.0, "high_price": 12.0, "low_price": 8.0, "close_price": 11.0} | values


def test_a_bars_change_and_range() -> None:
    """Open to close, and high minus low in percent of the low."""
    price = StockDailyPrice(price_date=date(2020, 1, 2), **_bar())
    assert price.change == pytest.approx(1.0)
    assert price.change_percent == pytest.approx(10.0)
    assert price.trading_range == pytest.approx(4.0)
    assert price.trading_range_percent == pytest.approx(50.0)


@pytest.mark.parametrize("missing", ["open_price", "close_price", "high_price", "low_price"])
def test_what_needs_a_missing_price_is_unknown_and_the_bar_not_valid(missing: str) -> None:
    """None, never a guess."""
    price = StockDailyPrice(source=PriceSource.HISTORICAL, **_bar(**{missing: None}))
    changes, ranges = (price.change, price.change_percent), (price.trading_range, price.trading_range_percent)
    assert (changes if missing in ("open_price", "close_price") else ranges) == (None, None)
    assert not price.is_valid


@pytest.mark.parametrize(
    "wrong",
    [{"high_price": 10.5}, {"low_price": 10.5}, {"open_price": 13.0}, {"close_price": 7.0}, {"low_price": 13.0}],
)
def test_prices_out_of_order_are_refused(wrong: dict[str, float]) -> None:
    """low <= open, close <= high where present."""
    with pytest.raises(InvalidInputError, match="is above"):
        StockDailyPrice(**_bar(**wrong))
    stored = StockDailyPrice(**_bar())
    with pytest.raises(InvalidInputError, match="is above"):
        stored.update_from_dict(wrong)


def test_a_bar_may_move_as_a_whole() -> None:
    """The order is judged on the bar as it will be: each price alone would be out of order."""
    price = StockDailyPrice(**_bar())
    price.update_from_dict(_bar(open_price=30.0, high_price=32.0, low_price=28.0, close_price=31.0))
    assert (price.low_price, price.high_price) == (28.0, 32.0)


def test_zero_prices_are_stored_but_not_valid() -> None:
    """The specification accepts them; nothing trades on them."""
    price = StockIntradayPrice(source=PriceSource.DELAYED, open_price=0, high_price=0, low_price=0, close_price=0)
    assert not price.is_valid
    assert price.change_percent is None


@pytest.mark.parametrize("source", list(PriceSource))
def test_a_price_tells_where_it_came_from(source: PriceSource) -> None:
    """Everything but a simulation is real."""
    price = StockIntradayPrice(source=source, timestamp=datetime(2020, 1, 2, tzinfo=UTC), **_bar())
    told = {
        PriceSource.REAL_TIME: price.is_real_time,
        PriceSource.DELAYED: price.is_delayed,
        PriceSource.SIMULATED: price.is_simulated,
        PriceSource.HISTORICAL: price.is_historical,
    }
    assert told == {kind: kind is source for kind in PriceSource}
    assert price.is_real_data is (source is not PriceSource.SIMULATED)
    assert price.is_valid


def _service(**values: Any) -> TradingService:
    ready: dict[str, Any] = {
        "is_active": True,
        "state": ServiceState.ACTIVE,
        "mode": TradingMode.BUY,
        "initial_balance": 100,
        "current_balance": 100,
        "minimum_balance": 0,
        "current_shares": 0,
    }
    return TradingService(**(ready | values))


@pytest.mark.parametrize(
    ("values", "can_buy"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"state": ServiceState.PAUSED}, False),
        ({"mode": TradingMode.HOLD}, False),
        ({"mode": TradingMode.SELL}, False),
        ({"current_balance": 50, "minimum_balance": 50}, False),
    ],
)
def test_can_buy(values: dict[str, Any], can_buy: bool) -> None:
    """Running, waiting to buy, with money above the minimum."""
    assert _service(**values).can_buy is can_buy


@pytest.mark.parametrize(
    ("values", "can_sell"),
    [
        ({}, True),
        ({"is_active": False}, False),
        ({"state": ServiceState.INACTIVE}, False),
        ({"mode": TradingMode.HOLD}, False),
        ({"current_shares": 0}, False),
    ],
)
def test_can_sell(values: dict[str, Any], can_sell: bool) -> None:
    """Running, waiting to sell, with shares."""
    holding: dict[str, Any] = {"mode": TradingMode.SELL, "current_shares": 5}
    assert _service(**(holding | values)).can_sell is can_sell


@pytest.mark.parametrize(("gained", "is_profitable"), [("0.01", True), ("0", False), ("-5", False)])
def test_is_profitable(gained: str, is_profitable: bool) -> None:
    """Services and transactions: more than nothing."""
    assert _service(total_gain_loss=Decimal(gained)).is_profitable is is_profitable
    assert TradingTransaction(gain_loss=Decimal(gained)).is_profitable is is_profitable


def test_an_open_transaction_has_no_gain_yet() -> None:
    """Neither stored nor calculated."""
    transaction = TradingTransaction(state=TransactionState.OPEN, purchase_price=10, proceeds=Decimal(0))
    assert transaction.calculated_gain_loss is None
    assert not transaction.is_profitable
    assert not transaction.is_complete
    assert transaction.can_be_cancelled


def test_a_closed_transactions_gain_is_what_came_in_less_what_went_out() -> None:
    """L3: proceeds - sell fee - cost - buy fee + adjustments."""
    transaction = TradingTransaction(
        state=TransactionState.CLOSED,
        sale_price=Decimal("11.50"),
        proceeds=Decimal("115.00"),
        sell_fee=Decimal("1.00"),
        cost=Decimal("100.00"),
        buy_fee=Decimal("1.00"),
        adjustments=Decimal("0.25"),
    )
    assert transaction.calculated_gain_loss == Decimal("13.25")
    assert transaction.is_complete
    assert not transaction.can_be_cancelled


def test_a_transaction_of_which_something_was_sold_cannot_be_cancelled() -> None:
    """Only what is open and whole."""
    assert not TradingTransaction(state=TransactionState.OPEN, proceeds=Decimal("5.00")).can_be_cancelled


@pytest.mark.parametrize("start", list(ServiceState))
@pytest.mark.parametrize("end", list(ServiceState))
def test_states_change_along_the_allowed_transitions_only(start: ServiceState, end: ServiceState) -> None:
    """ERROR leaves only through INACTIVE: a person looks at it first."""
    allowed = {
        ("INACTIVE", "ACTIVE"),
        ("ACTIVE", "PAUSED"),
        ("ACTIVE", "INACTIVE"),
        ("ACTIVE", "ERROR"),
        ("PAUSED", "ACTIVE"),
        ("PAUSED", "INACTIVE"),
        ("ERROR", "INACTIVE"),
    }
    service = _service(state=start)
    if (start, end) in allowed:
        service.move_to(end)
        assert service.state is end
    else:
        with pytest.raises(ConflictError):
            service.move_to(end)
