"""
Cells that a spreadsheet opens as text, never as a formula.

A cell that starts with ``=``, ``+``, ``-``, ``@``, a tab or a carriage return gets an apostrophe in front, as does one
that starts with an apostrophe itself, so that reading takes away exactly what writing has put there. Source: OWASP, CSV
Injection.
"""

from __future__ import annotations

from typing import Final

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r")
_MARK: Final = "'"


def safe(text: str) -> str:
    """Return *text* as a cell that is no formula."""
    return _MARK + text if text.startswith((*_DANGEROUS, _MARK)) else text


def restored(cell: str) -> str:
    """Return what `safe` was given; a cell that it did not touch is returned as it is."""
    return cell[1:] if cell.startswith(_MARK) and cell[1:].startswith((*_DANGEROUS, _MARK)) else cell
