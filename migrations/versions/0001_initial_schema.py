"""Initial schema.

Revision 0001, after nothing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward."""
    op.create_table(
        "feed_cursors",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("position", sa.DateTime(timezone=True), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bars_per_second", sa.Float(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_cursors")),
        sa.UniqueConstraint("name", name=op.f("uq_feed_cursors_name")),
    )
    op.create_table(
        "stocks",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("symbol", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("sector", sa.String(length=100), nullable=True),
        sa.Column("description", sa.String(length=1000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stocks")),
    )
    with op.batch_alter_table("stocks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stocks_symbol"), ["symbol"], unique=True)

    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("username", sa.String(length=50), nullable=False),
        sa.Column("email", sa.String(length=120), nullable=False),
        sa.Column("password_hash", sa.String(length=128), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("is_admin", sa.Boolean(), nullable=False),
        sa.Column("last_login", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "corporate_actions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("ex_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ratio_numerator", sa.Integer(), nullable=False),
        sa.Column("ratio_denominator", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Numeric(18, 6), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("is_quarantined", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_corporate_actions_amount_not_negative")),
        sa.CheckConstraint(
            "ratio_numerator > 0 AND ratio_denominator > 0", name=op.f("ck_corporate_actions_ratio_positive")
        ),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stocks.id"], name=op.f("fk_corporate_actions_stock_id_stocks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corporate_actions")),
        sa.UniqueConstraint("stock_id", "ex_date", "kind", name=op.f("uq_corporate_actions_stock_id_ex_date_kind")),
    )
    op.create_table(
        "event_outbox",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("action", sa.String(length=20), nullable=False),
        sa.Column("rooms", sa.JSON(), nullable=False),
        sa.Column("entity", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_event_outbox_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_outbox")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_keys")),
        sa.UniqueConstraint("user_id", "key", name=op.f("uq_idempotency_keys_user_id_key")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("params", sa.JSON(), nullable=False),
        sa.Column("result", sa.JSON(), nullable=False),
        sa.Column("result_url", sa.String(length=200), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("errors", sa.JSON(), nullable=False),
        sa.Column("is_cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_jobs_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_jobs_user_id"), ["user_id"], unique=False)

    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_login_sessions_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_sessions_user_id"), ["user_id"], unique=False)

    op.create_table(
        "stock_daily_prices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("price_date", sa.Date(), nullable=False),
        sa.Column("adj_close", sa.Float(precision=53), nullable=True),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("open_price", sa.Float(precision=53), nullable=True),
        sa.Column("high_price", sa.Float(precision=53), nullable=True),
        sa.Column("low_price", sa.Float(precision=53), nullable=True),
        sa.Column("close_price", sa.Float(precision=53), nullable=True),
        sa.Column("volume", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stocks.id"], name=op.f("fk_stock_daily_prices_stock_id_stocks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_daily_prices")),
        sa.UniqueConstraint("stock_id", "price_date", name=op.f("uq_stock_daily_prices_stock_id_price_date")),
    )
    op.create_table(
        "stock_intraday_prices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("open_price", sa.Float(precision=53), nullable=True),
        sa.Column("high_price", sa.Float(precision=53), nullable=True),
        sa.Column("low_price", sa.Float(precision=53), nullable=True),
        sa.Column("close_price", sa.Float(precision=53), nullable=True),
        sa.Column("volume", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["stock_id"], ["stocks.id"], name=op.f("fk_stock_intraday_prices_stock_id_stocks"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_intraday_prices")),
        sa.UniqueConstraint(
            "stock_id", "timestamp", "interval", name=op.f("uq_stock_intraday_prices_stock_id_timestamp_interval")
        ),
    )
    op.create_table(
        "trading_services",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("stock_symbol", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("mode", sa.String(20), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("initial_balance", sa.Numeric(18, 2), nullable=False),
        sa.Column("current_balance", sa.Numeric(18, 2), nullable=False),
        sa.Column("minimum_balance", sa.Numeric(18, 2), nullable=False),
        sa.Column("allocation_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("buy_threshold", sa.Numeric(18, 2), nullable=False),
        sa.Column("sell_threshold", sa.Numeric(18, 2), nullable=False),
        sa.Column("stop_loss_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("take_profit_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("current_shares", sa.Integer(), nullable=False),
        sa.Column("buy_count", sa.Integer(), nullable=False),
        sa.Column("sell_count", sa.Integer(), nullable=False),
        sa.Column("total_gain_loss", sa.Numeric(18, 2), nullable=False),
        sa.Column("strategy", sa.String(length=50), nullable=False),
        sa.Column("strategy_params", sa.JSON(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("fixed_shares", sa.Integer(), nullable=True),
        sa.Column("commission_per_order", sa.Numeric(18, 2), nullable=False),
        sa.Column("commission_per_share", sa.Numeric(18, 6), nullable=False),
        sa.Column("commission_percent", sa.Numeric(18, 4), nullable=False),
        sa.Column("commission_minimum", sa.Numeric(18, 2), nullable=False),
        sa.Column("slippage_bps", sa.Numeric(18, 2), nullable=False),
        sa.Column("gap_reserve_percent", sa.Numeric(18, 2), nullable=False),
        sa.Column("keep_protection", sa.Boolean(), nullable=False),
        sa.Column("broker", sa.String(length=20), nullable=False),
        sa.Column("error_reason", sa.Text(), nullable=True),
        sa.Column("reserved_cash", sa.Numeric(18, 2), nullable=False),
        sa.Column("stop_price", sa.Numeric(18, 6), nullable=True),
        sa.Column("target_price", sa.Numeric(18, 6), nullable=True),
        sa.Column("is_armed", sa.Boolean(), nullable=False),
        sa.Column("last_bar_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("current_balance >= 0", name=op.f("ck_trading_services_current_balance_not_negative")),
        sa.CheckConstraint("current_shares >= 0", name=op.f("ck_trading_services_current_shares_not_negative")),
        sa.CheckConstraint("reserved_cash >= 0", name=op.f("ck_trading_services_reserved_cash_not_negative")),
        sa.ForeignKeyConstraint(["stock_id"], ["stocks.id"], name=op.f("fk_trading_services_stock_id_stocks")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_trading_services_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_services")),
    )
    with op.batch_alter_table("trading_services", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trading_services_stock_id"), ["stock_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_trading_services_user_id"), ["user_id"], unique=False)

    op.create_table(
        "decisions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("interval", sa.Integer(), nullable=False),
        sa.Column("bar_time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(20), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_decisions_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
        sa.UniqueConstraint(
            "service_id", "interval", "bar_time", name=op.f("uq_decisions_service_id_interval_bar_time")
        ),
    )
    op.create_table(
        "refresh_tokens",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["login_sessions.id"],
            name=op.f("fk_refresh_tokens_session_id_login_sessions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refresh_tokens_session_id"), ["session_id"], unique=False)

    op.create_table(
        "trading_transactions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("stock_id", sa.Integer(), nullable=True),
        sa.Column("stock_symbol", sa.String(length=10), nullable=False),
        sa.Column("shares", sa.Numeric(18, 2), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("purchase_price", sa.Numeric(18, 6), nullable=False),
        sa.Column("sale_price", sa.Numeric(18, 6), nullable=True),
        sa.Column("gain_loss", sa.Numeric(18, 2), nullable=True),
        sa.Column("purchase_date", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sale_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("open_shares", sa.Integer(), nullable=False),
        sa.Column("cost", sa.Numeric(18, 2), nullable=False),
        sa.Column("buy_fee", sa.Numeric(18, 2), nullable=False),
        sa.Column("proceeds", sa.Numeric(18, 2), nullable=False),
        sa.Column("sell_fee", sa.Numeric(18, 2), nullable=False),
        sa.Column("adjustments", sa.Numeric(18, 2), nullable=False),
        sa.Column("entry_reason", sa.String(length=200), nullable=True),
        sa.Column("exit_reason", sa.String(length=200), nullable=True),
        sa.Column("is_manual", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_trading_transactions_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["stock_id"], ["stocks.id"], name=op.f("fk_trading_transactions_stock_id_stocks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trading_transactions")),
    )
    with op.batch_alter_table("trading_transactions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_trading_transactions_service_id"), ["service_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_trading_transactions_stock_id"), ["stock_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_trading_transactions_stock_symbol"), ["stock_symbol"], unique=False)
        batch_op.create_index(
            "uq_trading_transactions_open",
            ["service_id"],
            unique=True,
            sqlite_where=sa.text("state = 'OPEN'"),
            postgresql_where=sa.text("state = 'OPEN'"),
        )

    op.create_table(
        "orders",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("decision_id", sa.Integer(), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("transaction_id", sa.Integer(), nullable=True),
        sa.Column("broker", sa.String(length=20), nullable=False),
        sa.Column("client_order_id", sa.String(length=80), nullable=False),
        sa.Column("side", sa.String(20), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("filled_shares", sa.Integer(), nullable=False),
        sa.Column("limit_price", sa.Numeric(18, 6), nullable=True),
        sa.Column("reserved_cash", sa.Numeric(18, 2), nullable=False),
        sa.Column("bar_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("history", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["decisions.id"], name=op.f("fk_orders_decision_id_decisions"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["orders.id"], name=op.f("fk_orders_parent_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_orders_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["trading_transactions.id"],
            name=op.f("fk_orders_transaction_id_trading_transactions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("client_order_id", name=op.f("uq_orders_client_order_id")),
        sa.UniqueConstraint("decision_id", "attempt", name=op.f("uq_orders_decision_id_attempt")),
    )
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_orders_service_id"), ["service_id"], unique=False)
        batch_op.create_index(
            "uq_orders_live",
            ["service_id", "side"],
            unique=True,
            sqlite_where=sa.text("state IN ('PENDING', 'SUBMITTING', 'ACCEPTED', 'PARTIALLY_FILLED')"),
            postgresql_where=sa.text("state IN ('PENDING', 'SUBMITTING', 'ACCEPTED', 'PARTIALLY_FILLED')"),
        )

    op.create_table(
        "executions",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=False),
        sa.Column("broker", sa.String(length=20), nullable=False),
        sa.Column("execution_ref", sa.String(length=100), nullable=False),
        sa.Column("side", sa.String(20), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(18, 6), nullable=False),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("fee", sa.Numeric(18, 2), nullable=False),
        sa.Column("bar_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_ambiguous", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_executions_order_id_orders"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_executions_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["trading_transactions.id"],
            name=op.f("fk_executions_transaction_id_trading_transactions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_executions")),
        sa.UniqueConstraint("broker", "execution_ref", name=op.f("uq_executions_broker_execution_ref")),
    )
    with op.batch_alter_table("executions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_executions_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_executions_service_id"), ["service_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_executions_transaction_id"), ["transaction_id"], unique=False)

    op.create_table(
        "journal_entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("service_id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("amount", sa.Numeric(18, 2), nullable=False),
        sa.Column("balance_after", sa.Numeric(18, 2), nullable=False),
        sa.Column("shares_change", sa.Integer(), nullable=False),
        sa.Column("shares_after", sa.Integer(), nullable=False),
        sa.Column("transaction_id", sa.Integer(), nullable=True),
        sa.Column("execution_id", sa.Integer(), nullable=True),
        sa.Column("corporate_action_id", sa.Integer(), nullable=True),
        sa.Column("bar_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["corporate_action_id"],
            ["corporate_actions.id"],
            name=op.f("fk_journal_entries_corporate_action_id_corporate_actions"),
        ),
        sa.ForeignKeyConstraint(
            ["execution_id"],
            ["executions.id"],
            name=op.f("fk_journal_entries_execution_id_executions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["service_id"],
            ["trading_services.id"],
            name=op.f("fk_journal_entries_service_id_trading_services"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["trading_transactions.id"],
            name=op.f("fk_journal_entries_transaction_id_trading_transactions"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_entries")),
        sa.UniqueConstraint(
            "service_id",
            "corporate_action_id",
            "kind",
            name=op.f("uq_journal_entries_service_id_corporate_action_id_kind"),
        ),
        sa.UniqueConstraint("service_id", "sequence", name=op.f("uq_journal_entries_service_id_sequence")),
    )
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_journal_entries_transaction_id"), ["transaction_id"], unique=False)


def downgrade() -> None:
    """Go back."""
    with op.batch_alter_table("journal_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_journal_entries_transaction_id"))

    op.drop_table("journal_entries")
    with op.batch_alter_table("executions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_executions_transaction_id"))
        batch_op.drop_index(batch_op.f("ix_executions_service_id"))
        batch_op.drop_index(batch_op.f("ix_executions_order_id"))

    op.drop_table("executions")
    with op.batch_alter_table("orders", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_orders_live",
            sqlite_where=sa.text("state IN ('PENDING', 'SUBMITTING', 'ACCEPTED', 'PARTIALLY_FILLED')"),
            postgresql_where=sa.text("state IN ('PENDING', 'SUBMITTING', 'ACCEPTED', 'PARTIALLY_FILLED')"),
        )
        batch_op.drop_index(batch_op.f("ix_orders_service_id"))

    op.drop_table("orders")
    with op.batch_alter_table("trading_transactions", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_trading_transactions_open",
            sqlite_where=sa.text("state = 'OPEN'"),
            postgresql_where=sa.text("state = 'OPEN'"),
        )
        batch_op.drop_index(batch_op.f("ix_trading_transactions_stock_symbol"))
        batch_op.drop_index(batch_op.f("ix_trading_transactions_stock_id"))
        batch_op.drop_index(batch_op.f("ix_trading_transactions_service_id"))

    op.drop_table("trading_transactions")
    with op.batch_alter_table("refresh_tokens", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refresh_tokens_session_id"))

    op.drop_table("refresh_tokens")
    op.drop_table("decisions")
    with op.batch_alter_table("trading_services", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_trading_services_user_id"))
        batch_op.drop_index(batch_op.f("ix_trading_services_stock_id"))

    op.drop_table("trading_services")
    op.drop_table("stock_intraday_prices")
    op.drop_table("stock_daily_prices")
    with op.batch_alter_table("login_sessions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_sessions_user_id"))

    op.drop_table("login_sessions")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_jobs_user_id"))

    op.drop_table("jobs")
    op.drop_table("idempotency_keys")
    op.drop_table("event_outbox")
    op.drop_table("corporate_actions")
    op.drop_table("users")
    with op.batch_alter_table("stocks", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stocks_symbol"))

    op.drop_table("stocks")
    op.drop_table("feed_cursors")
