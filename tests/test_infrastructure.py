"""What the tests themselves stand on."""

from __future__ import annotations

from playwright.sync_api import Page
from sqlalchemy import create_engine, text

from tests.postgres import PostgresServer


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


def test_the_browser_runs_scripts_and_draws_text(page: Page) -> None:
    """A browser without fonts or scripts would pass many a test of a page that shows nothing."""
    page.set_content("<h1>one</h1><script>document.querySelector('h1').append(' ' + (1 + 1))</script>")
    assert page.inner_text("h1") == "one 2"
    assert page.locator("h1").bounding_box() is not None
