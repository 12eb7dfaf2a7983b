"""JSON shapes of what the system says of itself."""

from __future__ import annotations

from daytrader.api.schemas.fields import BaseSchema, Flag, Moment, Number, Object, Series, Shown, Text, Whole


class StatusSchema(BaseSchema):
    """A status word; an admin sees each part."""

    status = Text(dump_only=True, example="ready")
    parts = Object(dump_only=True, is_always_shown=False, doc="For admins only")


class InfoSchema(BaseSchema):
    """What runs here."""

    name = Text(dump_only=True, example="DayTrader")
    version = Text(dump_only=True)
    uptime_seconds = Number(dump_only=True)
    market_time = Moment(dump_only=True, allow_none=True, doc="How far the replay has come, where there is one")
    strategies = Series(Text)
    features = Object(dump_only=True)


class DatabaseStatusSchema(BaseSchema):
    """Where the database is."""

    dialect = Text(dump_only=True, example="sqlite")
    revision = Text(dump_only=True, allow_none=True, example="0001", doc="The migration that it is at")
    head = Text(dump_only=True, example="0001", doc="The migration that this version needs")
    is_current = Flag(dump_only=True)
    pending = Series(Text)
    tables = Whole(dump_only=True)
    size_bytes = Whole(dump_only=True)


class SchemaComparisonSchema(BaseSchema):
    """How the database differs from the models."""

    agrees = Flag(dump_only=True)
    differences = Series(Text)


class DdlSchema(BaseSchema):
    """The schema as SQL."""

    dialect = Text(dump_only=True, example="sqlite")
    sql = Text(dump_only=True, example="CREATE TABLE stocks (...);")


class MigrationsSchema(BaseSchema):
    """What was done to the schema, and what waits; oldest first."""

    revision = Text(dump_only=True, allow_none=True, example="0001")
    head = Text(dump_only=True, example="0001")
    applied = Series(Text)
    pending = Series(Text)


class BackupSchema(BaseSchema):
    """A copy of the database in the instance's folder of backups."""

    name = Text(dump_only=True, example="daytrader-20240102T210000000000Z.db")
    size_bytes = Whole(dump_only=True)
    created_at = Moment(dump_only=True)


class ConfigSchema(BaseSchema):
    """The settings in force; of secrets only whether they are set."""

    settings = Object(dump_only=True, example={"log_level": "INFO", "secret_key": "set"})


class EngineAccountSchema(BaseSchema):
    """One account at a broker, as the engine finds it."""

    user_id = Whole(dump_only=True)
    broker = Text(dump_only=True, example="alpaca")
    account = Text(dump_only=True, example="PA3K7W2M9Q4T", doc="The broker's number of it")
    is_live = Flag(dump_only=True, doc="Real money, or the broker's own paper market", example=False)
    is_reconciled = Flag(
        dump_only=True, example=True, doc="Nothing is sent there before its books were compared with it"
    )
    last_turn_at = Moment(
        dump_only=True,
        allow_none=True,
        example="2024-01-03T15:00:02Z",
        doc="When it last answered everything it was asked",
    )
    paused_until = Moment(
        dump_only=True,
        allow_none=True,
        example="2024-01-03T15:00:12Z",
        doc="Left alone until then: it failed, or is busy",
    )
    error = Text(
        dump_only=True,
        allow_none=True,
        example="alpaca cannot be reached: ConnectTimeout",
        doc="Why nothing, or no entry, is sent there now",
    )


class EngineSchema(BaseSchema):
    """What the engine does and where it is."""

    state = Text(dump_only=True, example="running", doc="stopped, standby, starting, running, idle, paused or failed")
    is_ready = Flag(dump_only=True)
    feed = Text(dump_only=True, allow_none=True, example="poll")
    provider = Text(dump_only=True, allow_none=True, example="alpaca", doc="Whose bars a live feed asks for")
    position = Moment(dump_only=True, allow_none=True)
    stale = Whole(dump_only=True, example=0, doc="Stocks, at each interval, whose prices should have come and have not")
    speed = Number(dump_only=True, allow_none=True)
    services = Whole(dump_only=True)
    last_bar_at = Moment(dump_only=True, allow_none=True)
    error = Text(dump_only=True, allow_none=True)
    holder = Text(
        dump_only=True,
        allow_none=True,
        example="trader1:4711:9f2c01aa",
        doc="Which process trades (host:process:name) where several may; null on SQLite",
    )
    accounts = Shown(EngineAccountSchema, many=True, doc="The accounts at brokers where something is under way")


class FlattenedSchema(BaseSchema):
    """What selling everything came to."""

    paused = Whole(dump_only=True, doc="Services that were at work")
    cancelled = Whole(dump_only=True, doc="Entries that had not filled")
    selling = Whole(dump_only=True, doc="Positions that are sold at the next open")


class NotificationSchema(BaseSchema):
    """A notification as sockets are sent it."""

    severity = Text(dump_only=True, example="info")
    source = Text(dump_only=True, example="websocket-test")
    message = Text(dump_only=True)


class NothingSchema(BaseSchema):
    """An empty object."""


class RoomSchema(BaseSchema):
    """A room, who may join it and what it carries."""

    name = Text(dump_only=True, example="service_{id}")
    who = Text(dump_only=True)
    about = Text(dump_only=True)
    events = Series(Text)


class ClientEventSchema(BaseSchema):
    """An event that clients send, with an example and its acknowledgement."""

    name = Text(dump_only=True, example="join")
    about = Text(dump_only=True)
    payload = Object(dump_only=True)
    acknowledgement = Object(dump_only=True)


class DataEventSchema(BaseSchema):
    """An event that clients are sent, with an example."""

    name = Text(dump_only=True, example="service:update")
    about = Text(dump_only=True)
    actions = Series(Text)
    rooms = Series(Text)
    payload = Object(dump_only=True)


class SocketDocsSchema(BaseSchema):
    """The sockets: how to connect, rooms, events."""

    connect = Object(dump_only=True)
    rooms = Shown(RoomSchema, many=True)
    client_events = Shown(ClientEventSchema, many=True)
    data_events = Shown(DataEventSchema, many=True)
