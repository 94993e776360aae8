"""NumPy's numbers as Python's own, which traits and JSON take."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """Return a number of NumPy's as Python's, and all else as it is."""
    return value.item() if isinstance(value, np.generic) else value
