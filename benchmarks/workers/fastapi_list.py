"""
FastAPI, pydantic and SQLAlchemy's ORM: the list of services of whoever a JWT names; prints its port, then serves.

It does what ours does: the token's issuer, audience and claims, its login and its user as the database has them now,
the same fields, gzip and an access log. Limits, request ids, metrics and security headers it leaves out.
"""

import copy
import socket
import sys
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import MetaData, Table, create_engine, exists, func, select
from sqlalchemy.orm import DeclarativeBase, Session, column_property

DATABASE, SECRET = sys.argv[1:]
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


app = FastAPI()
app.add_middleware(GZipMiddleware, minimum_size=2048, compresslevel=1)


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


@app.get("/services", response_model=Page)
def services(user: Annotated[User, Depends(caller)], page: int = 1, page_size: int = 20) -> dict:
    """List the caller's services."""
    own = select(Service).where(Service.user_id == user.id)
    with Session(engine) as session:
        total = session.scalar(select(func.count()).select_from(own.subquery()))
        rows = session.scalars(own.order_by(Service.id).limit(page_size).offset((page - 1) * page_size)).all()
        return {"items": rows, "total_items": total}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    log = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    log["handlers"]["access"]["stream"] = "ext://sys.stderr"  # standard output is nobody's to read
    uvicorn.Server(uvicorn.Config(app, log_config=log)).run(sockets=[listener])
