"""FastAPI, pydantic and SQLAlchemy's ORM: the list of services of whoever a JWT names; prints its port, then serves."""

import socket
import sys
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import MetaData, Table, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Session

DATABASE, SECRET, USER_ID = sys.argv[1], sys.argv[2], int(sys.argv[3])
engine = create_engine(f"sqlite:///{DATABASE}")


class Base(DeclarativeBase):
    """The tables as they are."""

    metadata = MetaData()


class Service(Base):
    """A trading service, its columns read from the database."""

    __table__ = Table("trading_services", Base.metadata, autoload_with=engine, resolve_fks=False)


class User(Base):
    """An account."""

    __table__ = Table("users", Base.metadata, autoload_with=engine, resolve_fks=False)


Shown = create_model(
    "Shown",
    __config__=ConfigDict(from_attributes=True),
    **{column.name: (column.type.python_type | None, None) for column in Service.__table__.columns},
)


class Page(BaseModel):
    """Some of a list."""

    items: list[Shown]
    total_items: int


app = FastAPI()


def caller(sent: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> User:
    """Return who asks, as the database knows them."""
    claims = jwt.decode(sent.credentials, SECRET, algorithms=["HS256"])
    with Session(engine) as session:
        user = session.get(User, int(claims["sub"]))
    if user is None or not user.is_active:
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
    token = jwt.encode({"sub": str(USER_ID)}, SECRET, algorithm="HS256")
    sys.stdout.write(f"{listener.getsockname()[1]} {token}\n")
    sys.stdout.flush()
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
