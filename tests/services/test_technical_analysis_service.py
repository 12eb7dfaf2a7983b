"""Analysis by timeframe and indicators by name, on stored prices."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from daytrader.core import indicators as core_indicators
from daytrader.models import CorporateAction, FeedCursor, Stock
from daytrader.models.enums import AnalysisTimeframe, CorporateActionKind
from daytrader.services import feed_positions, price_history, price_service, technical_analysis_service
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.services.session_manager import SessionManager
from daytrader.services.technical_analysis_service import Analysis, IndicatorTable
from daytrader.utils.errors import InsufficientDataError, InvalidInputError, NotFoundError
from tests.conftest import World
from tests.stored_bars import store_intraday

MONDAY = date(2020, 1, 6)


def analysed(timeframe: AnalysisTimeframe = AnalysisTimeframe.DAILY, symbol: str = "ACME") -> Analysis:
    """Return the analysis as a reader asks for it."""
    with SessionManager(read_only=True) as session:
        return technical_analysis_service.analysis(session, symbol, timeframe)


def table(names: str, interval: int = 0, start: date | None = None, end: date | None = None) -> IndicatorTable:
    """Return indicators of ACME as a reader asks for them."""
    with SessionManager(read_only=True) as session:
        return technical_analysis_service.indicators(session, "ACME", names, interval, start, end)


def show_until(moment: datetime) -> None:
    """Let a replay have shown the bars up to *moment*."""
    with SessionManager() as session:
        session.add(FeedCursor(name=feed_positions.REPLAY_FEED, position=moment))


def intraday(stock: Stock, interval: int, first: datetime, closes: list[float]) -> None:
    """Persist bars of *interval* minutes that each trade at one price."""
    with SessionManager() as session:
        rows = [
            {"timestamp": first + row * timedelta(minutes=interval)}
            | dict.fromkeys(("open_price", "high_price", "low_price", "close_price"), close)
            | {"volume": 10}
            for row, close in enumerate(closes)
        ]
        store_intraday(session, stock.id, interval, rows)


def test_the_analysis_has_exactly_the_documented_fields(world: World) -> None:
    """No more and no less than the API's shape, down to the inner ones."""
    world.prices(world.stock(), [10.0])

    shape = asdict(analysed())

    assert set(shape) == {
        *("symbol", "timeframe", "as_of", "latest_price", "moving_averages", "rsi", "bollinger", "macd", "atr"),
        *("trend", "price_changes", "signals", "support", "resistance"),
    }
    assert set(shape["moving_averages"]) == {"5", "10", "20", "50", "200"}
    assert set(shape["price_changes"]) == {"1", "5", "10", "30", "90"}
    assert set(shape["bollinger"]) == {"upper", "middle", "lower"}
    assert set(shape["macd"]) == {"macd", "signal", "histogram"}
    assert set(shape["signals"]) == {"rsi", "bollinger", "ma_crossover"}


def test_daily_reads_the_last_stored_session(world: World) -> None:
    """Price, date and figures of the newest bar, the symbol in any case."""
    world.prices(world.stock(), [10.0, 11.0, 12.0, 13.0, 14.0], first=MONDAY)

    found = analysed(symbol="acme")

    assert (found.symbol, found.timeframe) == ("ACME", AnalysisTimeframe.DAILY)
    assert (found.as_of, found.latest_price) == (datetime(2020, 1, 10, tzinfo=UTC), 14)
    assert found.moving_averages == {"5": 12, "10": None, "20": None, "50": None, "200": None}


def test_a_replay_knows_only_what_it_has_shown(world: World) -> None:
    """Later bars are stored and not read."""
    world.prices(world.stock(), [10.0, 11.0, 99.0], first=MONDAY)
    show_until(datetime(2020, 1, 7, tzinfo=UTC))

    found = analysed()

    assert (found.latest_price, found.as_of.day) == (11, 7)
    assert found.price_changes["1"] == pytest.approx(10)


def test_weekly_reads_weeks_that_end_on_friday(world: World) -> None:
    """Three weeks close at 16, 23 and 25; the last one is as far as it is known."""
    world.prices(world.stock(), [float(day) for day in range(12, 28)], first=MONDAY)

    found = analysed(AnalysisTimeframe.WEEKLY)

    # Day of January = price - 6: Fridays 10, 17 (prices 16, 23), then Tuesday 21 (27).
    assert (found.latest_price, found.as_of.day) == (27, 21)
    assert found.price_changes == {
        "1": pytest.approx((27 / 23 - 1) * 100),
        "5": None,
        "10": None,
        "30": None,
        "90": None,
    }


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(
    ("timeframe", "bars"),
    [
        (AnalysisTimeframe.MONTHLY, 157),
        (AnalysisTimeframe.QUARTERLY, 53),
        (AnalysisTimeframe.YEARLY, 14),
    ],
)
def test_longer_timeframes_count_calendar_periods(timeframe: AnalysisTimeframe, bars: int) -> None:
    """IBM from March 2000 to March 2013: its change over that many periods is not known, over fewer it is."""
    with SessionManager() as session:
        price_service.store_series(session, SampleProvider().fetch("IBM"))

    found = analysed(timeframe, "IBM")

    known = {span for span, change in found.price_changes.items() if change is not None}
    assert known == {span for span in ("1", "5", "10", "30", "90") if int(span) < bars}
    assert (found.moving_averages["50"] is not None) == (bars >= 50)


def test_a_split_is_no_crash(world: World) -> None:
    """Prices from before it are told in the shares of now."""
    stock = world.stock()
    world.prices(stock, [20.0, 20.0, 20.0, 10.0, 10.0], first=MONDAY)
    with SessionManager() as session:
        kind = CorporateActionKind.SPLIT
        ex_date = MONDAY + timedelta(days=3)
        session.add(CorporateAction(stock_id=stock.id, ex_date=ex_date, kind=kind, ratio_numerator=2, source="test"))

    found = analysed()

    assert (found.latest_price, found.moving_averages["5"], found.price_changes["1"]) == (10, 10, 0)


def test_intraday_reads_the_last_session_of_the_finest_bars(world: World) -> None:
    """Neither yesterday's bars nor the coarser ones, nor any daily one."""
    stock = world.stock()
    world.prices(stock, [1.0] * 5, first=MONDAY)
    opens = datetime(2020, 1, 6, 14, 30, tzinfo=UTC)
    intraday(stock, 5, opens, [50.0] * 10)
    intraday(stock, 5, opens + timedelta(days=1), [10.0, 11.0, 12.0, 13.0, 14.0])
    intraday(stock, 15, opens + timedelta(days=2), [99.0])

    found = analysed(AnalysisTimeframe.INTRADAY)

    assert (found.latest_price, found.as_of) == (14, opens + timedelta(days=1, minutes=20))
    assert (found.moving_averages["5"], found.moving_averages["10"]) == (12, None)


def test_bars_outside_the_session_do_not_count(world: World) -> None:
    """A finer interval with nothing but the night is passed over."""
    stock = world.stock()
    intraday(stock, 1, datetime(2020, 1, 7, 1, 0, tzinfo=UTC), [7.0])
    intraday(stock, 30, datetime(2020, 1, 6, 14, 30, tzinfo=UTC), [10.0, 12.0])

    assert analysed(AnalysisTimeframe.INTRADAY).latest_price == 12


def test_without_daily_bars_sessions_are_made_of_intraday_ones(world: World) -> None:
    """Two sessions, closing at 12 and 18."""
    stock = world.stock()
    intraday(stock, 30, datetime(2020, 1, 6, 14, 30, tzinfo=UTC), [10.0, 12.0])
    intraday(stock, 30, datetime(2020, 1, 7, 14, 30, tzinfo=UTC), [15.0, 18.0])

    found = analysed()

    assert (found.as_of, found.latest_price) == (datetime(2020, 1, 7, tzinfo=UTC), 18)
    assert found.price_changes["1"] == pytest.approx(50)


@pytest.mark.parametrize("timeframe", AnalysisTimeframe)
def test_without_any_bar_there_is_no_analysis(world: World, timeframe: AnalysisTimeframe) -> None:
    """The stock exists, its prices do not."""
    world.stock()

    with pytest.raises(InsufficientDataError, match="ACME"):
        analysed(timeframe)


@pytest.mark.usefixtures("world")
def test_an_unknown_symbol_is_not_found() -> None:
    """For both questions."""
    with pytest.raises(NotFoundError):
        analysed()
    with pytest.raises(NotFoundError):
        table("sma:2")


def test_indicators_lie_row_for_row_on_the_history(world: World) -> None:
    """The same timestamps, NaN while warming up, several outputs by name, the keys as they were written."""
    closes = [10.0 + row % 7 for row in range(60)]
    world.prices(world.stock(), closes)

    found = table("SMA:3,bbands:20:2")

    with SessionManager(read_only=True) as session:
        assert found.timestamps == price_history.history(session, "ACME", 0, None, None, adjusted=False).timestamps
    assert list(found.series) == ["SMA:3", "bbands:20:2"]
    np.testing.assert_array_equal(found.series["SMA:3"], core_indicators.sma(np.array(closes), 3))
    bands = found.series["bbands:20:2"]
    assert isinstance(bands, dict)
    np.testing.assert_array_equal(bands["upper"], core_indicators.bollinger(np.array(closes))[0])


def test_start_and_end_cut_after_the_indicator_was_computed(world: World) -> None:
    """Indicators are anchored to the first stored bar: a window that starts later is warm already."""
    world.prices(world.stock(), [float(price) for price in range(1, 11)], first=MONDAY)

    found = table("sma:3", start=date(2020, 1, 9), end=date(2020, 1, 11))

    assert found.timestamps == ["2020-01-09T00:00:00Z", "2020-01-10T00:00:00Z", "2020-01-11T00:00:00Z"]
    np.testing.assert_array_equal(found.series["sma:3"], [3, 4, 5])


def test_indicators_of_intraday_bars(world: World) -> None:
    """By the interval's minutes."""
    intraday(world.stock(), 5, datetime(2020, 1, 6, 14, 30, tzinfo=UTC), [10.0, 12.0, 17.0])

    found = table("sma:2", interval=5)

    assert found.timestamps[-1] == "2020-01-06T14:40:00Z"
    np.testing.assert_array_equal(found.series["sma:2"], [np.nan, 11, 14.5])


def test_a_stock_without_bars_has_empty_columns(world: World) -> None:
    """As its history has."""
    world.stock()

    found = table("sma:2,macd")

    assert (found.timestamps, len(found.series)) == ([], 2)


@pytest.mark.parametrize(
    ("names", "field"), [("foo", "names"), ("sma:0", "names"), ("sma:period=3", "names"), ("", "names")]
)
def test_wrong_names_are_invalid_input(world: World, names: str, field: str) -> None:
    """Named, before prices are read."""
    world.stock()

    with pytest.raises(InvalidInputError) as error:
        table(names)
    assert list(error.value.fields) == [field]


def test_a_start_after_the_end_is_invalid_input(world: World) -> None:
    """Nothing lies between them."""
    world.stock()

    with pytest.raises(InvalidInputError) as error:
        table("sma:2", start=date(2020, 1, 2), end=date(2020, 1, 1))
    assert list(error.value.fields) == ["start"]
