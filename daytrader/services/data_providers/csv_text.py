"""From a file's bytes to its lines: compression, encoding, line ends."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from daytrader.utils.errors import InvalidInputError

SAMPLE_CHARACTERS: Final = 65_536
_FIRST_CHARACTERS: Final = 64
_BLOCK_CHARACTERS: Final = 1 << 20
_GZIP: Final = b"\x1f\x8b"
_OTHER_FORMATS: Final = {
    b"PAR1": "a Parquet file",
    b"PK\x03\x04": "a ZIP archive or a spreadsheet",
    b"%PDF": "a PDF",
    b"SQLi": "a SQLite database",
}
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_NO_TEXT: Final = re.compile("[\x01-\x08\x0e-\x1f\x7f\ufffd]")
_MOST_NO_TEXT: Final = 20  # one in so many characters


class UnreadableFileError(InvalidInputError):
    """The file as a whole is no table of prices; nothing of it is used."""

    def __init__(self, reason: str) -> None:
        super().__init__({"file": [reason]})


class TextFile:
    """A text file that is read more than once: first a sample, then block by block, never as a whole."""

    headings = 0
    """Lines before the one that bears the number 1."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._guarded(), path.open("rb") as raw:
            self.size = path.stat().st_size
            self._is_packed = raw.read(2) == _GZIP
        with self._guarded(), self._bytes() as unpacked:
            start = unpacked.read(SAMPLE_CHARACTERS)
        if not start:
            raise UnreadableFileError("is empty")
        for magic, what in _OTHER_FORMATS.items():
            if start.startswith(magic):
                raise UnreadableFileError(f"is {what}, not a text file of prices")
        self._encoding = _encoding_of(start)

    def begins_with(self, mark: str) -> bool:
        """
        Return whether the first thing in it is *mark*.

        Raises:
            UnreadableFileError: If it cannot be read.
        """
        with self._guarded(), self._bytes() as raw:
            return self._text(raw).read(_FIRST_CHARACTERS).lstrip().startswith(mark)

    def sample(self) -> list[str]:
        """
        Return the first lines, some 64 KB of them.

        Raises:
            UnreadableFileError: If they are not text.
        """
        with self._guarded(), self._bytes() as raw:
            text = self._text(raw).read(SAMPLE_CHARACTERS)
        if "\x00" in text or len(_NO_TEXT.findall(text)) * _MOST_NO_TEXT > len(text):
            raise UnreadableFileError("is not a text file")
        lines = text.splitlines()
        if len(text) == SAMPLE_CHARACTERS:
            if len(lines) == 1:
                raise UnreadableFileError("has no lines")
            lines.pop()  # cut in the middle
        return lines

    def blocks(self, progress: Callable[[int], None] | None = None) -> Iterator[list[str]]:
        """
        Yield the lines, about a megabyte at a time; *progress* hears how many bytes of the file have been read.

        Raises:
            UnreadableFileError: If the rest of the file cannot be read.
        """
        with self._guarded(), self._bytes() as raw:
            text = self._text(raw)
            while lines := text.readlines(_BLOCK_CHARACTERS):
                if progress is not None:
                    progress(self._done(raw))
                yield lines

    def _bytes(self) -> BinaryIO:
        if self._is_packed:
            return cast("BinaryIO", gzip.open(self._path, "rb"))
        return self._path.open("rb")

    def _done(self, raw: BinaryIO) -> int:
        """Return how many bytes of the file have been read."""
        disk = cast("IO[bytes]", raw.fileobj) if isinstance(raw, gzip.GzipFile) else raw
        return min(disk.tell(), self.size)

    def _text(self, raw: BinaryIO) -> io.TextIOWrapper:
        # What is not of the encoding becomes a mark that no number or date holds: the row is reported.
        return io.TextIOWrapper(raw, self._encoding, errors="replace")

    def _guarded(self) -> _Guard:
        return _Guard()


def _encoding_of(start: bytes) -> str:
    """Return how the file that begins with *start* is written: what is no UTF-8 is Western Europe's, of Windows."""
    if start.startswith(_UTF16):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)  # may be cut in the midst of a letter
    except UnicodeDecodeError:
        return "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "cp1252"  # which holds Latin-1
    return "utf-8-sig"


class _Guard:
    """Turn whatever reading a damaged file raises into one clear error."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, FileNotFoundError):
            raise UnreadableFileError("does not exist") from None
        if isinstance(error, IsADirectoryError):
            raise UnreadableFileError("is a folder") from None
        if isinstance(error, PermissionError):
            raise UnreadableFileError("may not be read") from None
        if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile):
            raise UnreadableFileError("is a damaged gzip file") from None
        if isinstance(error, OSError):
            raise UnreadableFileError("cannot be read") from None
