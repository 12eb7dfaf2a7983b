"""Every table, imported here so that the metadata is complete."""

from daytrader.models.api_key import ApiKey
from daytrader.models.audit_entry import AuditEntry
from daytrader.models.backtest import Backtest
from daytrader.models.base import Base
from daytrader.models.broker_credential import BrokerCredential
from daytrader.models.corporate_action import CorporateAction
from daytrader.models.decision import TradeDecision
from daytrader.models.engine_control import EngineControl
from daytrader.models.engine_lease import EngineLease
from daytrader.models.event_outbox import EventOutbox
from daytrader.models.execution import Execution
from daytrader.models.exposure_limit import ExposureLimit
from daytrader.models.feed_cursor import FeedCursor
from daytrader.models.idempotency_key import IdempotencyKey
from daytrader.models.job import Job
from daytrader.models.journal_entry import JournalEntry
from daytrader.models.login_session import LoginSession, RefreshToken
from daytrader.models.notification_target import NotificationTarget
from daytrader.models.one_time_token import OneTimeToken
from daytrader.models.order import Order
from daytrader.models.price_revision import PRICE_REVISIONS
from daytrader.models.promotion import Promotion, PromotionThresholds
from daytrader.models.replaced_settings import ReplacedSettings
from daytrader.models.stock import Stock
from daytrader.models.stock_daily_price import StockDailyPrice
from daytrader.models.stock_intraday_price import StockIntradayPrice
from daytrader.models.sweep import Sweep
from daytrader.models.trading_service import TradingService
from daytrader.models.trading_transaction import TradingTransaction
from daytrader.models.user import User

__all__ = [
    "PRICE_REVISIONS",
    "ApiKey",
    "AuditEntry",
    "Backtest",
    "Base",
    "BrokerCredential",
    "CorporateAction",
    "EngineControl",
    "EngineLease",
    "EventOutbox",
    "Execution",
    "ExposureLimit",
    "FeedCursor",
    "IdempotencyKey",
    "Job",
    "JournalEntry",
    "LoginSession",
    "NotificationTarget",
    "OneTimeToken",
    "Order",
    "Promotion",
    "PromotionThresholds",
    "RefreshToken",
    "ReplacedSettings",
    "Stock",
    "StockDailyPrice",
    "StockIntradayPrice",
    "Sweep",
    "TradeDecision",
    "TradingService",
    "TradingTransaction",
    "User",
]
