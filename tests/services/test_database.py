"""Migrations, comparison, DDL and backup, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Engine, create_engine, inspect, make_url, select, text

from daytrader.models import Base, EventOutbox, Stock
from daytrader.models.base import moment_of
from daytrader.services import database, schema_check
from daytrader.services.ledger_audit.cells import as_given
from daytrader.services.session_manager import SessionManager
from daytrader.utils.errors import ConfigurationError, ConflictError
from tests.conftest import World
from tests.postgres import PostgresServer


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database without a table, of each kind in turn."""
    if request.param == "sqlite":
        engine = database.connect(f"sqlite:///{tmp_path / 'new.db'}")
    else:
        engine = database.connect(request.getfixturevalue("empty_postgres_url"))
    yield engine
    engine.dispose()


def test_an_upgrade_makes_exactly_what_the_models_say(engine: Engine) -> None:
    """From nothing to this version, and the comparison finds no difference."""
    assert not database.status(engine).is_current
    done = database.upgrade(engine)
    assert done.pending[-1] == done.head
    assert database.status(engine).is_current
    assert schema_check.differences(engine) == []
    assert set(Base.metadata.tables) < set(inspect(engine).get_table_names())


def test_connections_are_pooled(engine: Engine) -> None:
    """What one unit of work gives back, the next one takes."""
    with engine.connect() as connection:
        first = connection.connection.dbapi_connection
    with engine.connect() as connection:
        assert connection.connection.dbapi_connection is first
    assert engine.pool.status()


def test_an_upgrade_is_told(engine: Engine) -> None:
    """In the outbox, to whoever administers the database: from which migration to which."""
    with database.migrating(engine) as connection:
        command.upgrade(database.config(connection), database.revisions()[0])
    database.upgrade(engine)
    with SessionManager(read_only=True) as session:
        told = session.query(EventOutbox).one()
    assert (told.name, told.entity["operation"]) == ("database:event", "migration")


def test_the_migrations_numbers_are_their_order() -> None:
    """The start of the server reads them off the file names; here Alembic is asked."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(database.config())
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(database.revisions())


def test_a_second_upgrade_does_nothing(engine: Engine) -> None:
    """Every start of the server upgrades: it must be safe and leave the rows alone."""
    database.upgrade(engine)
    with SessionManager() as session:
        session.add(Stock(symbol="ACME"))
    assert database.upgrade(engine).pending == ()
    with SessionManager(read_only=True) as session:
        assert session.query(Stock).count() == 1


def test_two_upgrades_at_once_are_one(engine: Engine) -> None:
    """Two processes start together: one migrates, the other waits and finds it done."""
    failures: list[Exception] = []

    def upgrade() -> None:
        own = database.connect(engine.url.render_as_string(hide_password=False))
        try:
            database.upgrade(own)
        except Exception as error:  # noqa: BLE001 (the test wants to see whatever it is)
            failures.append(error)
        finally:
            own.dispose()

    threads = [threading.Thread(target=upgrade) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert schema_check.differences(engine) == []


def test_every_migration_can_be_taken_back(engine: Engine) -> None:
    """Down to nothing, and up again."""
    database.upgrade(engine)
    with database.migrating(engine) as connection:
        command.downgrade(database.config(connection), "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    database.upgrade(engine)
    assert schema_check.differences(engine) == []


def test_a_migration_that_fails_half_way_leaves_nothing(engine: Engine) -> None:
    """On SQLite too the schema changes in one transaction."""
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE journal_entries (id INTEGER)"))  # in the way of one of the last tables
    with pytest.raises(Exception, match="already exists"):
        database.upgrade(engine)
    assert inspect(engine).get_table_names() == ["journal_entries"]


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE stocks ADD COLUMN colour VARCHAR(5)", "remove_column stocks.colour"),
        ("ALTER TABLE stocks DROP COLUMN sector", "add_column stocks.sector"),
        ("DROP INDEX uq_orders_live", "add_index orders.uq_orders_live"),
        ("CREATE TABLE leftover (id INTEGER)", "remove_table leftover"),
    ],
)
def test_the_comparison_names_each_difference(engine: Engine, statement: str, told: str) -> None:
    """Table and column, and what would have to be done."""
    database.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text(statement))
    assert any(told in difference for difference in schema_check.differences(engine))


def test_the_comparison_sees_a_missing_check(empty_postgres_url: str) -> None:
    """Alembic itself looks at no check constraint."""
    engine = create_engine(empty_postgres_url)
    database.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(
            text("ALTER TABLE trading_services DROP CONSTRAINT ck_trading_services_current_balance_not_negative")
        )
    differences = schema_check.differences(engine)
    engine.dispose()
    assert differences == ["add_constraint trading_services.ck_trading_services_current_balance_not_negative"]


def _at_0002(path: Path) -> Engine:
    """Return a database from before ids were counted, with a ledger, an audit entry and a deleted last row."""
    engine = database.connect(f"sqlite:///{path}")
    with database.migrating(engine) as connection:
        command.upgrade(database.config(connection), "0002")
    now = "'2020-01-01 00:00:00'"
    with engine.begin() as connection:
        for statement in (
            f"INSERT INTO users VALUES (7, 'alice', 'a@example.com', 'x', 1, 0, NULL, {now}, {now}, NULL, NULL, NULL)",
            f"INSERT INTO stocks VALUES (3, 'ACME', NULL, 1, NULL, NULL, {now}, {now})",
            f"INSERT INTO audit_log VALUES (5, 7, 'console', 'x', 'y', 'ok', '', {now}, {now})",
            f"INSERT INTO api_keys VALUES (2, 7, 'k', 'p', 'h', '[]', NULL, NULL, {now}, {now})",
            "INSERT INTO stock_daily_prices VALUES "
            f"(9, 3, '2020-01-02', NULL, 'HISTORICAL', 0.1, 0.3, 0.1, 0.2, 12345678901, {now}, {now})",
        ):
            connection.exec_driver_sql(statement)
    return engine


def _contents(engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    # A migration is told of in the outbox; the tables of later migrations are not there yet.
    tables = set(Base.metadata.tables) & set(inspect(engine).get_table_names()) - {"event_outbox"}
    with engine.connect() as connection:
        return {
            table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1")]
            for table in sorted(tables)
        }


def _beside(engine: Engine) -> set[tuple[str, str]]:
    with engine.connect() as connection:
        query = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
        return {(name, sql) for name, sql in connection.exec_driver_sql(query)}


def test_counting_ids_keeps_every_row_index_and_trigger_both_ways(tmp_path: Path) -> None:
    """Tables of an older SQLite database are rebuilt: nothing else about them changes."""
    engine = _at_0002(tmp_path / "old.db")
    rows, beside = _contents(engine), _beside(engine)
    assert {name for name, _ in beside} >= {"uq_orders_live", "uq_trading_transactions_open", "audit_log_no_delete"}

    with database.migrating(engine) as connection:
        command.upgrade(database.config(connection), "0003")

    assert (_contents(engine), _beside(engine)) == (rows, beside)
    with pytest.raises(Exception, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_log")
    with database.migrating(engine) as connection:
        command.downgrade(database.config(connection), "0002")
    assert (_contents(engine), _beside(engine)) == (rows, beside)
    engine.dispose()


def test_an_id_is_never_given_twice(engine: Engine) -> None:
    """Not even that of the last row, which SQLite alone would give again; on PostgreSQL a sequence never goes back."""
    database.upgrade(engine)
    ids = []
    for _ in range(2):
        with SessionManager() as session:
            stock = Stock(symbol="ACME")
            session.add(stock)
            session.flush()
            ids.append(stock.id)
            session.delete(stock)
    assert ids[0] < ids[1]


def test_a_rebuilt_table_counts_on_from_its_last_row(tmp_path: Path) -> None:
    """The rows that were there have been counted."""
    engine = _at_0002(tmp_path / "old.db")
    database.upgrade(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM api_keys")
        connection.exec_driver_sql("DELETE FROM users")
    with SessionManager() as session:
        session.add(stock := Stock(symbol="NEXT"))
        session.flush()
        assert stock.id == 4
        counted = "SELECT seq FROM sqlite_sequence WHERE name = 'users'"
        assert session.execute(text(counted)).scalar() == 7
    engine.dispose()


def test_the_comparison_sees_ids_that_are_given_twice(tmp_path: Path) -> None:
    """A table that somebody made by hand, without counting."""
    engine = database.connect(f"sqlite:///{tmp_path / 'new.db'}")
    database.upgrade(engine)
    with database.migrating(engine) as connection:
        connection.exec_driver_sql("DROP TABLE feed_cursors")
        connection.exec_driver_sql(
            "CREATE TABLE feed_cursors (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR(30) NOT NULL UNIQUE, "
            "position DATETIME, starts_at DATETIME, bars_per_second FLOAT NOT NULL, created_at DATETIME NOT NULL, "
            "updated_at DATETIME NOT NULL)"
        )
    assert [line for line in schema_check.differences(engine) if "feed_cursors.id" in line] == [
        "modify_key feed_cursors.id: reused in the database, AUTOINCREMENT in the models"
    ]
    engine.dispose()


def test_a_migration_that_would_leave_orphans_is_undone_and_references_hold_again(world: World) -> None:
    """SQLite looks at none of them meanwhile: they are counted at the end, and enforced from then on."""
    orphan = (
        "INSERT INTO stock_daily_prices (stock_id, price_date, source, created_at, updated_at) VALUES (99, ?, ?, ?, ?)"
    )
    with pytest.raises(ConflictError, match="refer to"), database.migrating(world.engine) as connection:
        connection.exec_driver_sql(orphan, ("2020-01-02", "HISTORICAL", "2020-01-02", "2020-01-02"))
    with world.engine.connect() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("SELECT count(*) FROM stock_daily_prices")) == 0


def test_a_database_of_a_newer_version_is_refused(engine: Engine) -> None:
    """Working on with an older program would damage it."""
    database.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="newer"):
        database.status(engine)


def test_the_ddl_makes_the_same_schema(engine: Engine) -> None:
    """Run by hand it gives what the migrations give."""
    url = engine.url.render_as_string(hide_password=False)
    with engine.begin() as connection:
        for statement in database.ddl(url).split(";\n\n"):
            if statement.strip():
                connection.execute(text(statement))
    differences = [difference for difference in schema_check.differences(engine) if "alembic_version" not in difference]
    assert differences == []


def test_a_backup_is_one_consistent_file_although_someone_writes(world: World, tmp_path: Path) -> None:
    """What was committed is in it, what was not is not; only its owner may read it."""
    world.stock("ACME")
    target = tmp_path / "copies" / "copy.db"
    with SessionManager() as session:
        session.add(Stock(symbol="IBM"))
        session.flush()
        database.backup(world.engine, target)
    assert target.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT symbol FROM stocks").fetchall() == [("ACME",)]
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert list(target.parent.iterdir()) == [target]


def test_a_damaged_database_makes_no_backup(tmp_path: Path) -> None:
    """Whoever trusted the copy would find out when it is needed."""
    file, target = tmp_path / "damaged.db", tmp_path / "copy.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x TEXT UNIQUE)")
        connection.executemany("INSERT INTO t VALUES (?)", [(f"{number:0100}",) for number in range(1000)])
        connection.commit()
    with file.open("r+b") as pages:
        pages.seek(20 * 4096 + 2000)
        pages.write(b"x" * 500)
    engine = database.connect(f"sqlite:///{file}")
    with pytest.raises(ConflictError, match="damaged"):
        database.backup(engine, target)
    assert not target.exists()
    engine.dispose()


def test_a_backup_never_overwrites(world: World, tmp_path: Path) -> None:
    """The one that is there may be the last good one."""
    target = tmp_path / "copy.db"
    target.write_text("precious")
    with pytest.raises(ConflictError, match="is there already"):
        database.backup(world.engine, target)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("style", ["German", "SQL, DMY", "ISO, DMY"])
def test_moments_are_read_however_the_server_writes_them(
    postgres_server: PostgresServer, empty_postgres_url: str, style: str
) -> None:
    """Its administrator may have chosen another form for all who do not choose."""
    name = make_url(empty_postgres_url).database
    postgres_server.execute(f"ALTER DATABASE {name} SET datestyle TO {style}")
    engine = database.connect(empty_postgres_url)
    database.upgrade(engine)

    with SessionManager() as session:
        session.add(Stock(symbol="ACME"))
    with SessionManager(read_only=True) as session:
        made = session.query(Stock.created_at).scalar()
        as_text = session.scalars(select(as_given(Stock.__table__.c.created_at))).one()
    assert made.tzinfo is UTC
    assert moment_of(as_text) == made
    engine.dispose()


def test_postgresql_is_backed_up_by_its_own_tool(postgres_url: str, tmp_path: Path) -> None:
    """We say which."""
    engine = create_engine(postgres_url)
    with pytest.raises(ConflictError, match="pg_dump"):
        database.backup(engine, tmp_path / "copy.db")
    engine.dispose()


def test_asking_for_a_database_that_is_not_there_makes_none(tmp_path: Path) -> None:
    """SQLite would make an empty file, and every later message would be about missing tables."""
    url = f"sqlite:///{tmp_path / 'absent.db'}"
    with pytest.raises(ConfigurationError, match="db upgrade"):
        database.require_existing(url)
    assert list(tmp_path.iterdir()) == []
