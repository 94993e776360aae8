"""Makes text of unknown origin fit to be shown on one line."""

from __future__ import annotations


def printable(text: str, longest: int) -> str:
    """Return `text` on one line, without control characters, cut at `longest` characters."""
    text = "".join(c if c.isprintable() else " " for c in text[: longest + 1])
    return text if len(text) <= longest else text[: longest - 1] + "…"
