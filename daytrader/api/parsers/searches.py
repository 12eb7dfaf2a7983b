"""What every search takes: words and how many answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from daytrader.api.swagger import query_parameter
from daytrader.utils import query_values, validators
from daytrader.utils.query_utils import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE

SEARCH_PARAMETERS: Final = {
    "q": query_parameter(str, "What to look for", "app", required=True),
    "limit": query_parameter(int, "1 to 100", default=DEFAULT_PAGE_SIZE),
}


def search_words(arguments: Mapping[str, str]) -> str:
    """
    Return what to look for.

    Raises:
        InvalidInputError: If there is nothing, or too much.
    """
    return validators.checked(
        "q", lambda value: validators.text(value, shortest=1, longest=100), arguments.get("q", "")
    )


def search_limit(arguments: Mapping[str, str]) -> int:
    """
    Return how many answers are wanted.

    Raises:
        InvalidInputError: If it is no number from 1 to 100.
    """
    given = arguments.get("limit", str(DEFAULT_PAGE_SIZE))
    return validators.checked("limit", lambda text: query_values.whole(text, 1, MAX_PAGE_SIZE), given)
