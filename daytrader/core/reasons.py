"""Why a rule ends or changes a position: the words, which models, ledger and reports share."""

from __future__ import annotations

from typing import Final

STOP_REASON: Final = "stop loss"
TARGET_REASON: Final = "take profit"
SPLIT_REASON: Final = "split"
