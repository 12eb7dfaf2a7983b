"""What the tests themselves stand on."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page
from redis import ConnectionError, Redis
from sqlalchemy import create_engine, text

from tests.postgres import PostgresServer
from tests.redis import RedisServer


def test_postgres_is_a_real_server_with_a_fresh_database_for_each_test(
    postgres_url: str, postgres_server: PostgresServer
) -> None:
    """The database has this version's tables, and the server is not of pytest's process."""
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW server_version")) >= "13"
        assert connection.scalar(text("SELECT count(*) FROM users")) == 0
    engine.dispose()
    assert (postgres_server.directory / "data" / "postmaster.pid").exists()


def test_redis_is_a_real_server_that_can_go_away_and_come_back(redis_server: RedisServer) -> None:
    """At the same address."""
    client = Redis.from_url(redis_server.url)
    assert client.ping()
    redis_server.stop()
    with pytest.raises(ConnectionError):
        client.ping()
    redis_server.start()
    assert client.ping()
    client.close()


def test_the_browser_runs_scripts_and_draws_text(page: Page) -> None:
    """A browser without fonts or scripts would pass many a test of a page that shows nothing."""
    page.set_content("<h1>one</h1><script>document.querySelector('h1').append(' ' + (1 + 1))</script>")
    assert page.inner_text("h1") == "one 2"
    assert page.locator("h1").bounding_box() is not None
