"""
FastAPI, pydantic and SQLAlchemy's ORM: the list of services of whoever a JWT names; prints its port, then serves.

It does what ours does: the token's issuer, audience and claims, its login and its user as the database has them now,
the same fields, gzip and an access log. With a third argument also what else ours does for each page, by the libraries
that are usual with it: a request id that answer and log carry, Prometheus figures by route, security headers, and a
query of which every part is judged and nothing unknown is passed over. No limit counts reads, with ours neither.
"""

import copy
import socket
import sys
from typing import Annotated, Literal

import jwt
import uvicorn
from asgi_correlation_id import CorrelationIdFilter, CorrelationIdMiddleware
from fastapi import Depends, FastAPI, HTTPException, Query
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_fastapi_instrumentator import Instrumentator
from pydantic import BaseModel, ConfigDict, Field, create_model
from secure import Secure
from secure.middleware import SecureASGIMiddleware
from sqlalchemy import MetaData, Table, create_engine, exists, func, select
from sqlalchemy.orm import DeclarativeBase, Session, column_property

DATABASE, SECRET, *CHECKS = sys.argv[1:]
engine = create_engine(f"sqlite:///{DATABASE}")


class Base(DeclarativeBase):
    """The tables as they are."""

    metadata = MetaData()


transactions = Table("trading_transactions", Base.metadata, autoload_with=engine, resolve_fks=False)


class Service(Base):
    """A trading service, its columns read from the database."""

    __table__ = Table("trading_services", Base.metadata, autoload_with=engine, resolve_fks=False)
    has_dependencies = column_property(exists().where(transactions.c.service_id == __table__.c.id))

    @property
    def can_buy(self) -> bool:
        """Whether it may open a position."""
        is_ready = self.is_active and self.state == "ACTIVE" and self.mode == "BUY"
        return is_ready and self.current_balance > self.minimum_balance

    @property
    def can_sell(self) -> bool:
        """Whether it may close its position."""
        return self.is_active and self.state == "ACTIVE" and self.mode == "SELL" and self.current_shares > 0

    @property
    def is_profitable(self) -> bool:
        """Whether it has gained more than it lost."""
        return self.total_gain_loss > 0


class Login(Base):
    """A login, revoked or not."""

    __table__ = Table("login_sessions", Base.metadata, autoload_with=engine, resolve_fks=False)


class User(Base):
    """An account."""

    __table__ = Table("users", Base.metadata, autoload_with=engine, resolve_fks=False)


Shown = create_model(
    "Shown",
    __config__=ConfigDict(from_attributes=True),
    **{column.name: (column.type.python_type | None, None) for column in Service.__table__.columns},
    **dict.fromkeys(("can_buy", "can_sell", "is_profitable", "has_dependencies"), (bool, ...)),
)


class Page(BaseModel):
    """Some of a list."""

    items: list[Shown]
    total_items: int


class Asked(BaseModel):
    """What an address may ask of the list: a page, an order, some filters, and nothing else."""

    model_config = ConfigDict(extra="forbid")

    page: int = Field(1, ge=1)
    page_size: int = Field(20, ge=1, le=100)
    sort: Literal["id", "name", "created_at", "state", "stock_symbol", "current_balance"] = "id"
    order: Literal["asc", "desc"] = "asc"
    state: Literal["ACTIVE", "INACTIVE", "PAUSED", "ERROR"] | None = None
    stock_symbol: str | None = None
    name_like: str | None = None


app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=1)
if CHECKS:
    app.add_middleware(SecureASGIMiddleware, secure=Secure.with_default_headers())
    app.add_middleware(CorrelationIdMiddleware)
    Instrumentator().instrument(app)


def caller(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> User:
    """Return who asks, as the database knows them."""
    claims = jwt.decode(
        sent.credentials,
        SECRET,
        algorithms=["HS256"],
        issuer="daytrader",
        audience="daytrader-api",
        options={"require": ["sub", "sid", "jti", "typ", "iss", "aud", "iat", "exp"]},
    )
    with Session(engine) as session:
        user = session.get(User, int(claims["sub"]))
        login = session.get(Login, int(claims["sid"]))
    if user is None or not user.is_active or login is None or login.revoked_at is not None:
        raise HTTPException(401)
    return user


def _page(user: User, asked: Asked) -> dict:
    own = select(Service).where(Service.user_id == user.id)
    if asked.state is not None:
        own = own.where(Service.state == asked.state)
    if asked.stock_symbol is not None:
        own = own.where(Service.stock_symbol == asked.stock_symbol)
    if asked.name_like is not None:
        own = own.where(Service.name.icontains(asked.name_like, autoescape=True))
    column = getattr(Service, asked.sort)
    with Session(engine) as session:
        total = session.scalar(select(func.count()).select_from(own.subquery()))
        ordered = own.order_by(column.desc() if asked.order == "desc" else column, Service.id)
        rows = session.scalars(ordered.limit(asked.page_size).offset((asked.page - 1) * asked.page_size)).all()
        return {"items": rows, "total_items": total}


if CHECKS:

    @app.get("/services", response_model=Page)
    def services(user: Annotated[User, Depends(caller)], asked: Annotated[Asked, Query()]) -> dict:
        """List the caller's services."""
        return _page(user, asked)

else:

    @app.get("/services", response_model=Page)
    def services(user: Annotated[User, Depends(caller)], page: int = 1, page_size: int = 20) -> dict:
        """List the caller's services."""
        return _page(user, Asked.model_construct(page=page, page_size=page_size))


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    log = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    log["handlers"]["access"]["stream"] = "ext://sys.stderr"  # standard output is nobody's to read
    if CHECKS:
        log["filters"] = {"request_id": {"()": CorrelationIdFilter}}
        log["handlers"]["access"]["filters"] = ["request_id"]
        log["formatters"]["access"]["fmt"] += " %(correlation_id)s"
    uvicorn.Server(uvicorn.Config(app, log_config=log)).run(sockets=[listener])
