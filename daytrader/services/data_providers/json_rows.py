"""Price files in JSON, an array of objects with one for each bar, read as the lines of a table under its header."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TextIO

from daytrader.services.data_providers.csv_text import SAMPLE_CHARACTERS, TextFile, UnreadableFileError

_CHUNK: Final = 1 << 16
_LONGEST_OBJECT: Final = 1 << 16
_BLOCK_CHARACTERS: Final = 1 << 20
_TELL_EVERY: Final = 5_000
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NO_VALUE: Final = "\ufffd"  # no number, date or symbol holds it: the row is reported

_Pairs = list[tuple[str, Any]]


def open_rows(path: Path) -> TextFile:
    """
    Return the file at *path*, whose lines are those of a table, whether it is one or JSON.

    Raises:
        UnreadableFileError: If it is no text.
    """
    text = TextFile(path)
    return JsonRows(path) if text.begins_with("[") else text


class JsonRows(TextFile):
    """
    An array of objects as the lines of a table: the names of the first object, then the values of each.

    Numbers are passed on as they are written; rows are counted from 1.
    """

    headings = 1

    def sample(self) -> list[str]:
        """
        Return the first lines, some 64 KB of them.

        Raises:
            UnreadableFileError: If they are no array of objects.
        """
        lines, size = [], 0
        for line in self._lines(None):
            lines.append(line.rstrip("\n"))
            size += len(line)
            if size >= SAMPLE_CHARACTERS:
                break
        return lines

    def blocks(self, progress: Callable[[int], None] | None = None) -> Iterator[list[str]]:
        """
        Yield the lines, about a megabyte at a time; *progress* hears how many bytes of the file have been read.

        Raises:
            UnreadableFileError: If the rest of the file cannot be read.
        """
        lines, size = [], 0
        for line in self._lines(progress):
            lines.append(line)
            size += len(line)
            if size >= _BLOCK_CHARACTERS:
                yield lines
                lines, size = [], 0
        if lines:
            yield lines

    def _lines(self, progress: Callable[[int], None] | None) -> Iterator[str]:
        names: dict[str, None] = {}
        with self._guarded(), self._bytes() as raw:
            for number, pairs in enumerate(_objects(self._text(raw)), 1):
                values = dict(pairs)
                if len(values) < len(pairs):
                    raise UnreadableFileError("names a field twice in one object")
                if not names:
                    names = dict.fromkeys(values)
                    yield _line([*map(_cell, names)])
                # What the first object does not have makes the row too wide, and so is reported.
                more = [value for name, value in values.items() if name not in names]
                yield _line([*map(_cell, map(values.get, names)), *map(_cell, more)])
                if progress is not None and number % _TELL_EVERY == 0:
                    progress(self._done(raw))


def _objects(text: TextIO) -> Iterator[_Pairs]:
    """Yield the objects of the array that *text* holds, each as its names and values; keeps none of them."""
    decoder = json.JSONDecoder(object_pairs_hook=list, parse_float=str, parse_int=str, parse_constant=_refuse)
    buffer = text.read(_CHUNK)
    place = _after_space(buffer, 0) + 1  # behind the bracket
    is_first = True
    while True:
        if len(buffer) - place < _LONGEST_OBJECT:
            buffer, place = buffer[place:] + text.read(_CHUNK), 0
        place = _after_space(buffer, place)
        mark = buffer[place : place + 1]
        if mark == "]":
            break
        if not is_first:
            place = _after_space(buffer, place + 1) if mark == "," else len(buffer)
        if buffer[place : place + 1] != "{":
            raise UnreadableFileError("is no JSON array of objects, or is cut off")
        try:
            pairs, place = decoder.raw_decode(buffer, place)
        except (ValueError, RecursionError):
            raise UnreadableFileError("is not well-formed JSON, or is cut off") from None
        is_first = False
        yield pairs
    if (buffer[place + 1 :] + text.read(_CHUNK)).strip():
        raise UnreadableFileError("goes on after its JSON array")


def _after_space(buffer: str, place: int) -> int:
    found = _SPACE.match(buffer, place)
    assert found is not None  # nothing is space, too
    return found.end()


def _refuse(_constant: str) -> None:
    raise ValueError("JSON has no such number")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) and value.isprintable() else _NO_VALUE


def _line(cells: list[str]) -> str:
    line = ",".join(cells)
    if '"' in line or line.count(",") >= len(cells):
        line = ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
    return line + "\n"
