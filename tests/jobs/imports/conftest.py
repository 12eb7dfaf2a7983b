"""Price files as a test writes them, their import, and what is stored then."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select

from daytrader.jobs.import_prices import import_prices
from daytrader.jobs.import_report import ImportOptions, ImportReport
from daytrader.models import CorporateAction, Stock, StockDailyPrice, StockIntradayPrice
from daytrader.services import price_service, stock_service
from daytrader.services.session_manager import SessionManager

HEADER = "date,open,high,low,close,volume"


def run(path: Path, symbol: str | None = "ACME", **options: object) -> ImportReport:
    """Import *path*, making the stock."""
    settings = {"creates_stocks": True} | options
    return import_prices(path, ImportOptions(symbol=symbol, **settings))  # type: ignore[arg-type]


def counts() -> tuple[int, int, int, int]:
    """Return how many stocks, daily bars, intraday bars and corporate actions are stored."""
    with SessionManager(read_only=True) as session:
        stocks, daily, intraday, actions = (
            session.scalar(select(func.count()).select_from(model)) or 0
            for model in (Stock, StockDailyPrice, StockIntradayPrice, CorporateAction)
        )
    return stocks, daily, intraday, actions


def written(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """Return a file of *rows*."""
    path = folder / "prices.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


def closes(symbol: str) -> list[float]:
    """Return the stock's stored daily closes."""
    with SessionManager(read_only=True) as session:
        stock = stock_service.by_symbol(session, symbol)
        return [float(close) for close in price_service.load_bars(session, stock.id).close]
