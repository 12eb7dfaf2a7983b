"""Statements that are asked again and again: compiled once, and handed to the driver as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.orm import Session


class KeptStatement:
    """
    A statement, built once and executed often, with its compiled form beside it.

    SQLAlchemy finds that by a key of everything the statement consists of, which is hashed anew each time, and makes
    a context, a cursor of its own and a row that knows its columns by name of each execution: together as much again
    as SQLite takes for a page of fifty columns. Types, transactions and errors are SQLAlchemy's here as well.
    """

    def __init__(self, statement: Select[Any]) -> None:
        self._statement = statement
        self._form: _Form | None = None

    def rows(self, session: Session, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        """Return what the database answers, after what is pending in *session*; rows are tuples, never models."""
        session.flush()
        connection = session.connection()
        form = self._form
        if form is None or form.dialect is not connection.dialect:  # one process has one database: room for one form
            form = self._form = _Form(self._statement, connection.dialect)
        return form.rows(connection, parameters)


class _Form:
    """A statement in the words of one database."""

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)
        if compiled.post_compile_params or compiled.literal_execute_params:
            raise ValueError("a statement whose text depends on its parameters cannot be kept")
        self.dialect = dialect
        self._text = str(compiled)
        self._given: dict[str, Any] = {
            name: bind.value for bind, name in compiled.bind_names.items() if not bind.required
        }
        self._order: Sequence[str] | None = compiled.positiontup if compiled.positional else None
        writers = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in compiled.bind_names.items()
        }
        self._writers = {name: write for name, write in writers.items() if write is not None}
        self._types = [column["type"].dialect_impl(dialect) for column in statement.column_descriptions]
        self._readers: list[tuple[int, Callable[[Any], Any]]] | None = None

    def rows(self, connection: Connection, parameters: Mapping[str, object]) -> list[tuple[Any, ...]]:
        values = {**self._given, **parameters}
        for name, write in self._writers.items():
            values[name] = write(values[name])
        bound = values if self._order is None else tuple([values[name] for name in self._order])
        cursor = connection.connection.cursor()
        try:
            cursor.execute(self._text, bound)
            rows: list[tuple[Any, ...]] = [*cursor.fetchall()]
        except self.dialect.loaded_dbapi.Error as error:
            # Makes it SQLAlchemy's error and lets go of a connection that is dead, which nothing public does.
            connection._handle_dbapi_exception(error, self._text, bound, cursor, None)
        if self._readers is None:  # the driver tells its types with the first answer
            self._readers = self._find_readers(cursor.description)
        cursor.close()
        return _read(rows, self._readers)

    def _find_readers(self, description: Sequence[Sequence[Any]]) -> list[tuple[int, Callable[[Any], Any]]]:
        readers = [
            kind.result_processor(self.dialect, told[1]) for kind, told in zip(self._types, description, strict=True)
        ]
        return [(place, read) for place, read in enumerate(readers) if read is not None]


def _read(rows: list[tuple[Any, ...]], readers: Sequence[tuple[int, Callable[[Any], Any]]]) -> list[tuple[Any, ...]]:
    """Return *rows* as their columns' types have them: column by column, so that each reader is called from C."""
    if not rows or not readers:
        return rows
    columns: list[Any] = list(zip(*rows, strict=True))
    for place, read in readers:
        columns[place] = map(read, columns[place])
    return list(zip(*columns, strict=True))
