"""The strategy that docs/strategies.md shows."""

from __future__ import annotations

import re
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "strategies.md"


def example() -> str:
    """Return the code of the document's one example."""
    (code,) = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    return str(code)
