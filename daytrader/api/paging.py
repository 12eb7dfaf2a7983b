"""Where a page stands in its list, as an address asks for it and as an answer tells it."""

from __future__ import annotations

from typing import Final

from flask import request

from daytrader.api.swagger import query_parameter
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Page

PAGING: Final = {
    "page": query_parameter(int, "From 1", default=1),
    "page_size": query_parameter(int, f"1 to {MAX_PAGE_SIZE}", default=DEFAULT_PAGE_SIZE),
    "cursor": query_parameter(
        str, "Instead of `page`: empty, then the `next_cursor` of the page before", "WyJpZCIsICJhc2MiLCAiNyIsIDdd"
    ),
}


def pagination(page: Page) -> dict[str, object]:
    """Return what an answer tells of *page*; by cursor nothing was counted."""
    if page.page is None or page.total_items is None:
        numbers = dict.fromkeys(("page", "total_items", "total_pages"))
        has_next, has_prev = page.next_cursor is not None, bool(request.args.get("cursor"))
        flags = {"has_next": has_next, "has_prev": has_prev, "next_cursor": page.next_cursor}
        return numbers | {"page_size": page.page_size} | flags
    total_pages = -(-page.total_items // page.page_size)
    return {
        "page": page.page,
        "page_size": page.page_size,
        "total_items": page.total_items,
        "total_pages": total_pages,
        "has_next": page.page < total_pages,
        "has_prev": page.page > 1,
    }
