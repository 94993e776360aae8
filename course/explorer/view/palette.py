"""Colours, dashes and markers of the explorer, the same in the browser and in figures.

The colours are those of Okabe and Ito, Color universal design (2008). Nothing is shown by colour alone.
"""

from __future__ import annotations

from typing import Any

from course.figures import BLACK, BLUE, GREEN, PURPLE, VERMILION

REGIME_STYLES = {
    "slow": (BLUE, "o"),
    "steady": (GREEN, "s"),
    "oscillating": (PURPLE, "D"),
    "stuck": (BLACK, "X"),
    "diverged": (VERMILION, "v"),
}
"""colour and marker of each regime, the same as in ps3's figures"""
PINS = ((6.0, 3.0), (2.0, 2.0), (9.0, 3.0, 2.0, 3.0), (4.0, 2.0, 1.0, 2.0))
"""dashes of up to four pinned runs; a colour always means a regime"""


def as_data() -> dict[str, Any]:
    """Return the palette as plain data, for the browser."""
    return {"regimes": REGIME_STYLES, "pins": PINS}
