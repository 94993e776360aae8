"""Where the explorer's JavaScript, styles and templates are."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent
