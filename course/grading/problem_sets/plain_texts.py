"""The ways to read a text: as it is, without the marks of quotes and comments, and without markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

_QUOTE = re.compile(r"^[ \t]*(?:(?:>|#|%|//|\|)[ \t]?)+", re.MULTILINE)
_MARKUP = re.compile(r"<!--|-->|<!\[CDATA\[|]]>|</?[A-Za-z?!](?:\"[^\"]*+\"|'[^']*+'|[^'\"<>])*+>")


def plain_texts(text: str) -> Iterator[str]:
    """Yield a text in the ways in which it may be read.

    That of a page, or of any other text with markup, has no spaces: a tag may stand between any two
    characters, as between highlighted words, and a line may be an element.
    """
    yield text
    without_marks = _QUOTE.sub("", text)
    if without_marks != text:
        yield without_marks
    without_markup, count = _MARKUP.subn("", text)
    if count:
        yield squeezed(html.unescape(without_markup))


def squeezed(text: str) -> str:
    """Return a text without spaces and line breaks."""
    return "".join(text.split())
