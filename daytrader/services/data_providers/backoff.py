"""When a provider that failed is asked again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from daytrader.services.data_providers.errors import ProviderError, RateLimitError

T = TypeVar("T")

_ATTEMPTS: Final = 4
LONGEST: Final = 300.0
_MOST_LEFT_ALONE: Final = 3600.0
"""Whatever a vendor says: a wrong header must not end a feed."""
_WAIT: Final = wait_exponential_jitter(initial=1, max=LONGEST, jitter=1)


def delay(attempt: int, error: BaseException) -> float:
    """Return how many seconds to leave a provider alone that failed *attempt* times in a row, the last with *error*."""
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    waited = float(_WAIT(state))
    if isinstance(error, RateLimitError) and error.retry_after is not None:
        return max(waited, min(error.retry_after, _MOST_LEFT_ALONE))
    return waited


def patiently(ask: Callable[[], T], sleep: Callable[[float], None] | None = None) -> T:
    """
    Return what *ask* returns, asking at most four times, longer apart each time and never before a vendor allows it.

    For commands and jobs, which may wait; a feed keeps its own time.

    Raises:
        ProviderError: The last one, or at once one that asking again cannot help, or that wants too long a wait.
    """
    waiting = {} if sleep is None else {"sleep": sleep}
    retrying = Retrying(
        retry=retry_if_exception(_is_worth_a_try),
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_wait,
        reraise=True,
        **waiting,  # type: ignore[arg-type]  # one of its keywords
    )
    return retrying(ask)


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    return delay(state.attempt_number, error or ProviderError())


def _is_worth_a_try(error: BaseException) -> bool:
    if isinstance(error, RateLimitError) and (error.retry_after or 0) > LONGEST:
        return False
    return isinstance(error, ProviderError) and error.is_transient
