"""TA-Lib, without the pandas that it would load and wrap its functions for: ours take arrays."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Final

_PANDAS: Final = "pandas"


def _load() -> ModuleType:
    # None says that a module cannot be imported. Where pandas has been loaded already there is nothing to save.
    is_hidden = _PANDAS not in sys.modules
    if is_hidden:
        sys.modules[_PANDAS] = None  # type: ignore[assignment]
    try:
        import talib as loaded
        import talib.abstract
    finally:
        if is_hidden:
            del sys.modules[_PANDAS]
    module: ModuleType = loaded
    return module


talib: Final = _load()
abstract: Final = talib.abstract
