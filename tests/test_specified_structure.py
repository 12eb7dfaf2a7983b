"""The specification's modules, each where it says (``app`` is called ``daytrader``), and its layers' promises."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

import daytrader

PACKAGE = Path(daytrader.__file__).parent
MODULES = """
    api
    api.resources.auth api.resources.stocks api.resources.stock_prices api.resources.system
    api.resources.trading_services api.resources.trading_transactions api.resources.users
    api.schemas.stock api.schemas.stock_price api.schemas.trading_service api.schemas.trading_transaction
    api.schemas.user api.parsers api.sockets
    models.base models.enums models.stock models.stock_daily_price models.stock_intraday_price
    models.trading_service models.trading_transaction models.user
    services.data_providers services.daily_price_service services.intraday_price_service services.price_service
    services.technical_analysis_service services.database services.events services.session_manager
    services.stock_service services.trading_service services.transaction_service services.user_service
    utils.auth utils.constants utils.current_datetime utils.errors utils.query_utils utils.validators
"""


@pytest.mark.parametrize("name", MODULES.split())
def test_a_module(name: str) -> None:
    """It can be imported, and says what it is for where it holds code."""
    module = importlib.import_module(f"daytrader.{name}")
    assert module.__doc__ or not Path(str(module.__file__)).read_text(encoding="utf-8").strip()


def _imports(folder: str) -> Iterator[tuple[Path, str]]:
    for path in (PACKAGE / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield path, str(node.module)


def _calls(text: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if text in path.read_text("utf-8")}


def test_resources_never_query() -> None:
    """The database is the service layer's business: no resource imports SQLAlchemy."""
    assert [(path, name) for path, name in _imports("api/resources") if name.split(".")[0] == "sqlalchemy"] == []


def test_services_know_no_transport() -> None:
    """Neither Flask nor marshmallow below the API: other interfaces use them as they are."""
    web = {"flask", "flask_restx", "flask_socketio", "marshmallow", "werkzeug"}
    assert [(path, name) for path, name in _imports("services") if name.split(".")[0] in web] == []


@pytest.mark.parametrize(
    ("name", "doings"),
    [
        ("user_service", "create get update set_role toggle_active authenticate change_password listing"),
        ("stock_service", "create by_symbol update delete toggle_active search"),
        ("daily_price_service", "create get update delete"),
        ("intraday_price_service", "create get update delete"),
        ("trading_service", "create get_owned update delete activate pause resume stop set_state set_mode search"),
        ("transaction_service", "buy complete cancel get_owned set_notes"),
    ],
)
def test_a_model_has_a_service_of_its_own(name: str, doings: str) -> None:
    """What the specification says is done with its rows is done there, in a session that is handed in."""
    service = importlib.import_module(f"daytrader.services.{name}")
    for doing in doings.split():
        assert next(iter(inspect.signature(getattr(service, doing)).parameters)) == "session", doing


def test_sessions_are_managed() -> None:
    """One module makes them; migrations join the connection that they run on."""
    assert _calls("sessionmaker(") == {"services/session_manager.py"}


def test_the_time_of_day_is_asked_in_one_place() -> None:
    """Whoever wants to know asks `get_current_datetime`."""
    assert _calls("datetime.now(") == {"utils/current_datetime.py"}
    assert _calls("utcnow(") == set()
