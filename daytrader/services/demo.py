"""The demo: an account, five services and a replay of the sample's last years."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from sqlalchemy.orm import Session

from daytrader.models import FeedCursor, User
from daytrader.services import feed_positions, price_service, stock_service, trading_service, user_service
from daytrader.services.actor import Actor
from daytrader.services.data_providers.sample import SampleProvider
from daytrader.utils import secret_file
from daytrader.utils.errors import ConfigurationError, ConflictError

USERNAME: Final = "demo"
EMAIL: Final = "demo@example.com"
# The eight months that are left when it no longer hurries last half an hour.
BARS_PER_SECOND: Final = 0.09
# What the market knows when the demo starts: the sample's last year and a half is still to come.
LAST_SEEN: Final = datetime(2011, 8, 31, tzinfo=UTC)
# Until here the replay does not wait: Facebook was listed in May 2012, and by now its service has traded too.
HURRIES_TO: Final = datetime(2012, 6, 29, tzinfo=UTC)
# One service a stock, each by another rule, so that there is something to compare.
SERVICES: Final[tuple[dict[str, Any], ...]] = (
    {"stock_symbol": "AAPL", "name": "Apple trend", "strategy": "sma_trend", "allocation_percent": Decimal("0.9")},
    {"stock_symbol": "FB", "name": "Facebook dips", "strategy": "technical", "buy_threshold": Decimal("1.5")},
    {
        "stock_symbol": "GOOG",
        "name": "Google cross",
        "strategy": "sma_cross",
        "strategy_params": {"fast": 5, "slow": 20},
    },
    {
        "stock_symbol": "IBM",
        "name": "IBM for good",
        "strategy": "buy_and_hold",
        "stop_loss_percent": Decimal(0),
        "take_profit_percent": Decimal(0),
    },
    {"stock_symbol": "MSFT", "name": "Microsoft swing", "strategy": "technical"},
)
_INITIAL_BALANCE: Final = Decimal("10000.00")
_PASSWORD_FILE: Final = "demo-password"
_PASSWORD_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to sign in as the demo user."""

    username: str
    password: str


def credentials(instance: Path) -> Credentials:
    """Return the demo account's credentials; the password is made on first use and kept in *instance*, mode 0600."""
    return Credentials(USERNAME, secret_file.read_or_make(instance / _PASSWORD_FILE, _new_password))


def has_account(session: Session) -> bool:
    """Return whether somebody can sign in here as the demo user."""
    user = user_service.by_username(session, USERNAME)
    return user is not None and user.is_active and user.email == EMAIL


def require_no_account(session: Session) -> None:
    """
    Judge whether the database may be one of production.

    Raises:
        ConfigurationError: If somebody can sign in here as the demo user.
    """
    if has_account(session):
        raise ConfigurationError("the demo account is open in this database: production needs one of its own")


def fill(session: Session, account: Credentials) -> None:
    """
    Make what the demo needs and is not there yet: prices, *account*, its services, the replay's position.

    Raises:
        ConflictError: If somebody's own account has the demo's name; it is left as it is.
    """
    provider = SampleProvider()
    for symbol in provider.symbols():
        if stock_service.find(session, symbol) is None:
            price_service.store_series(session, provider.fetch(symbol))
    user = user_service.by_username(session, account.username)
    if user is None:
        user = user_service.create(session, account.username, EMAIL, account.password)
        _open_services(session, user)
    elif user.email != EMAIL:
        raise ConflictError(f"the account {account.username} is somebody's own: the demo needs an instance without it")
    elif not user.verify_password(account.password):
        user.password = account.password  # the file was lost, and a new one made
    if feed_positions.replay(session) is None:
        session.add(
            FeedCursor(
                name=feed_positions.REPLAY_FEED,
                position=LAST_SEEN,
                starts_at=LAST_SEEN,
                bars_per_second=BARS_PER_SECOND,
            )
        )


def _open_services(session: Session, user: User) -> None:
    actor = Actor(user.id)
    for values in SERVICES:
        service = trading_service.create(session, actor, {"initial_balance": _INITIAL_BALANCE} | values)
        trading_service.activate(session, actor, service.id)


def _new_password() -> str:
    letters = string.ascii_letters + string.digits
    # The account rules want one of each kind.
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
    chosen = [secrets.choice(kind) for kind in kinds]
    chosen += [secrets.choice(letters) for _ in range(_PASSWORD_LENGTH - len(chosen))]
    secrets.SystemRandom().shuffle(chosen)
    return "".join(chosen)
