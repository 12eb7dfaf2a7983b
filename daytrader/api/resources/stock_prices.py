"""/prices/{symbol}: what is known of one stock's prices."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from flask import request
from flask_restx import Namespace, Resource

from daytrader.api.decorators import authenticated, reads, returns
from daytrader.api.parsers import price_queries
from daytrader.api.parsers.arguments import asks
from daytrader.api.schemas.stock_price import (
    AnalysisSchema,
    ForecastSchema,
    HistorySchema,
    IndicatorsSchema,
    LatestSchema,
)
from daytrader.api.swagger import can_fail, query_parameter
from daytrader.models.enums import AnalysisTimeframe
from daytrader.services import forecast_service, price_history, technical_analysis_service
from daytrader.services.forecast_service import MAX_HORIZON, Forecast
from daytrader.services.price_history import History
from daytrader.services.technical_analysis_service import Analysis, IndicatorTable
from daytrader.utils import validators

ns = Namespace("prices", description="Stored bars, and what they say")

_REFUSALS = can_fail(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
_DEFAULT_HORIZON: Final = 10

_ADJUSTED: Final = {"adjusted": query_parameter(bool, "Scaled by the vendor's adjusted close", default=False)}
_TIMEFRAME: Final = {
    "timeframe": query_parameter(AnalysisTimeframe, "What a bar is", default=AnalysisTimeframe.DAILY.value)
}
_NAMES: Final = {
    "names": query_parameter(
        str,
        "Functions and their parameters: any of TA-Lib's",
        "sma:20,rsi:14,bbands:20:2,stoch:fastk_period=14",
        required=True,
    )
}
_HORIZON: Final = {"horizon": query_parameter(int, f"Sessions ahead, 1 to {MAX_HORIZON}", default=_DEFAULT_HORIZON)}


@ns.route("/<string:symbol>/history")
class PriceHistory(Resource):  # type: ignore[misc]
    """The bars of one stock, for charts."""

    @authenticated
    @reads
    @_REFUSALS
    @asks(price_queries.SPAN | _ADJUSTED)
    @returns(HistorySchema)
    def get(self, session: Any, symbol: str) -> History:
        """Show a stock's bars in columns, oldest first."""
        interval, start, end = price_queries.span()
        adjusted = price_queries.flag("adjusted")
        return price_history.history(session, symbol, interval, start, end, adjusted=adjusted)


@ns.route("/<string:symbol>/latest")
class LatestPrices(Resource):  # type: ignore[misc]
    """The last bars of one stock."""

    @authenticated
    @reads
    @can_fail(HTTPStatus.NOT_FOUND)
    @returns(LatestSchema)
    def get(self, session: Any, symbol: str) -> dict[str, Any]:
        """Show the last bar of each interval; in a replay, the last that the market knows."""
        found, bars = price_history.latest(session, symbol)
        return {"symbol": found, "items": bars}


@ns.route("/<string:symbol>/analysis")
class PriceAnalysis(Resource):  # type: ignore[misc]
    """What technical analysts read from one stock's bars."""

    @authenticated
    @reads
    @_REFUSALS
    @asks(_TIMEFRAME)
    @returns(AnalysisSchema)
    def get(self, session: Any, symbol: str) -> Analysis:
        """Show averages, oscillators, trend, signals and levels of the last bar that the market knows."""
        given = request.args.get("timeframe", AnalysisTimeframe.DAILY.value)
        timeframe = validators.checked("timeframe", validators.member_of(AnalysisTimeframe), given)
        return technical_analysis_service.analysis(session, symbol, timeframe)


@ns.route("/<string:symbol>/indicators")
class PriceIndicators(Resource):  # type: ignore[misc]
    """Indicators of one stock's bars."""

    @authenticated
    @reads
    @_REFUSALS
    @asks(price_queries.SPAN | _NAMES)
    @returns(IndicatorsSchema)
    def get(self, session: Any, symbol: str) -> IndicatorTable:
        """Show any TA-Lib functions in columns, row for row those of the history."""
        interval, start, end = price_queries.span()
        names = request.args.get("names", "")
        return technical_analysis_service.indicators(session, symbol, names, interval, start, end)


@ns.route("/<string:symbol>/forecast")
class PriceForecast(Resource):  # type: ignore[misc]
    """Where one stock's price may go."""

    @authenticated
    @reads
    @_REFUSALS
    @asks(_HORIZON)
    @returns(ForecastSchema)
    def get(self, session: Any, symbol: str) -> Forecast:
        """Forecast the next closes, with 80 and 95 % intervals and the naive forecast's error beside the method's."""
        return forecast_service.forecast(session, symbol, request.args.get("horizon", _DEFAULT_HORIZON))
