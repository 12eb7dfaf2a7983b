"""Tests of daytrader.engine.feed_choice and of the settings and options that choose a feed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from daytrader.cli import node
from daytrader.cli.listening import with_feed
from daytrader.config import Settings
from daytrader.engine.feed_choice import make_feed
from daytrader.engine.feeds import ReplayFeed
from daytrader.engine.live_feed import LiveFeed
from daytrader.models import FeedCursor
from daytrader.services import database
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConfigurationError, NotFoundError
from tests.conftest import World

SECRET = "0123456789abcdef" * 2


def test_each_feed_is_made(world: World) -> None:
    """As the settings name it, with its provider."""
    assert isinstance(make_feed(Settings()), ReplayFeed)
    for settings, name, provider in (
        (Settings(feed="simulated"), "simulated", "simulated"),
        (Settings(feed="poll", provider="csv", csv="."), "poll", "csv"),
    ):
        feed = make_feed(settings)
        assert isinstance(feed, LiveFeed)
        status = feed.status()
        assert (status.name, status.provider, status.position) == (name, provider, None)
    with pytest.raises(NotFoundError):
        make_feed(Settings(feed="poll", provider="nobody"))
    assert world.published == []


@pytest.mark.parametrize(
    ("settings", "variable"),
    [
        (Settings(secret_key=SECRET, feed="ticker"), "DAYTRADER_FEED"),
        (Settings(secret_key=SECRET, feed="poll"), "DAYTRADER_PROVIDER"),
        (Settings(secret_key=SECRET, feed="simulated", demo=True), "DAYTRADER_FEED"),
    ],
)
def test_a_feed_that_cannot_be_is_refused_at_the_start(settings: Settings, variable: str) -> None:
    """By the name of the setting."""
    with pytest.raises(ConfigurationError, match=variable):
        settings.check()


def test_options_come_before_the_environment() -> None:
    """A provider alone means that it is polled."""
    stored = Settings(feed="simulated", provider="csv")

    assert with_feed(stored, None, None) == stored
    assert with_feed(stored, "replay", None).feed == "replay"
    chosen = with_feed(Settings(), None, "yahoo")
    assert (chosen.feed, chosen.provider) == ("poll", "yahoo")


def test_a_live_feed_puts_the_replay_away(tmp_path: Path) -> None:
    """Its position would be the market's time otherwise, and hide what is newer."""
    settings = Settings(instance=tmp_path)
    left = []
    for feed in ("replay", "simulated"):
        node.prepare(replace(settings, feed=feed), None)
        engine = database.connect(settings.database)
        with SessionManager(read_only=True) as session:
            left.append(session.scalar(select(func.count()).select_from(FeedCursor)))
        engine.dispose()

    assert left == [1, 0]
