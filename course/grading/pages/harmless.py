"""Tells which Markdown is harmless as it is, whoever renders it, and writes other Markdown again."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast
from urllib.parse import unquote

from mistune.core import BlockState
from mistune.renderers.markdown import MarkdownRenderer
from nbconvert.filters.markdown_mistune import MarkdownWithMath

from course.grading.pages.formulas import mathml
from course.grading.pages.html import LINK, TEXT_TAGS, is_link
from course.grading.pages.markdown import environment, is_diagram, is_parsable, one_at_a_time, source_of
from course.grading.submissions.pictures import attached_pictures

_MOST_ROUNDS = 4
_LONGEST_KEPT = 10_000
_TAG = re.compile(
    r"(?P<comment><!--[\w\s.,:;']*-->)|<(?:(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:\s[^<>]*)?/?)>)?"
)
_ATTRIBUTE = re.compile(r"""([A-Za-z]+)\s*=\s*("[^"]*"|'[^']*')""")
_PLAIN_ATTRIBUTES = {"align", "alt", "border", "colspan", "height", "rowspan", "scope", "start", "width"}
_PLAIN_VALUE = re.compile(r"[\w %.,-]*")
_SPELLING = re.compile(r"""[\s/"']""")


def harmless_markdown(source: str, attachments: object = None) -> str:
    """Return Markdown as it is where all in it is allowed; otherwise the rest as text, and in need all.

    Allowed are links to the web and within the page, pictures that are pasted in, formulas that can be
    converted, and HTML that formats.
    """
    pictures = attached_pictures(attachments)
    if pictures or len(source) > _LONGEST_KEPT:
        return _harmless(source, pictures)
    return _kept(source)


@lru_cache(maxsize=256)
def _kept(source: str) -> str:
    """Return it for the texts of an assignment, which are in all submissions."""
    return _harmless(source, {})


def _harmless(source: str, pictures: Mapping[str, Any]) -> str:
    written = source
    for _ in range(_MOST_ROUNDS if is_parsable(source) else 0):
        renderer = _HarmlessRenderer(pictures)
        try:
            with one_at_a_time:
                # it is typed for renderers of HTML
                again = MarkdownWithMath(renderer=cast(Any, renderer)).render(written)
        except Exception:  # the parser raises many kinds, and reaches the recursion limit
            break
        if not renderer.is_changed:
            return written
        written = again
    fence = "`" * (3 + max(map(len, re.findall("`+", source)), default=0))
    return f"{fence}\n{source}\n{fence}"


class _HarmlessRenderer(MarkdownRenderer):
    """Writes Markdown again, with what is not allowed as text; `is_changed` says whether anything was not."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__()
        self.attachments, self.is_changed = attachments, False

    def block_code(self, token: dict[str, Any], state: BlockState) -> str:
        """Write code; a diagram's, which nbconvert does not quote, as text."""
        attrs = token.get("attrs", {})
        if is_diagram(attrs.get("info")):
            self.is_changed = True
            token = token | {"attrs": attrs | {"info": "text"}}
        return super().block_code(token, state)

    def link(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a link, or its text and where it leads."""
        url, text = token["attrs"]["url"], self.render_children(token, state)
        if is_link(html.unescape(url)):
            return f"[{text}](<{url}>)"
        self.is_changed = True
        return f"{text} ({_as_text(unquote(url))})"

    def image(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a picture that is pasted in, or its text and where it should come from."""
        url, text = token["attrs"]["url"], self.render_children(token, state)
        if source_of(url, self.attachments) is not None:
            return f"![{text}](<{url}>)"
        self.is_changed = True
        if LINK.fullmatch(url):
            return f"[{text or 'picture'}](<{url}>)"
        return f"{text} ({_as_text(unquote(url))})"

    def inline_html(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a tag, or the text of one that is not allowed."""
        return self._html(token["raw"])

    def block_html(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a block of HTML, with the tags as text that are not allowed."""
        return self._html(token["raw"]) + "\n\n"

    def block_math(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a formula on a line of its own."""
        return self._formula(token["raw"], f"$${token['raw']}$$", is_block=True)

    def inline_math(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a formula in a line."""
        return self._formula(token["raw"], f"${token['raw']}$", is_block=False)

    def latex_environment(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a formula in an environment of LaTeX."""
        formula = environment(**token["attrs"])
        return self._formula(formula, formula, is_block=True)

    def def_list(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a list of definitions."""
        return self.render_children(token, state) + "\n"

    def def_list_head(self, token: dict[str, Any], state: BlockState) -> str:
        """Write what is defined."""
        return str(token.get("text") or self.render_children(token, state)) + "\n"

    def def_list_item(self, token: dict[str, Any], state: BlockState) -> str:
        """Write a definition."""
        return ": " + str(token.get("text") or self.render_children(token, state)).strip() + "\n"

    def render_referrences(self, state: BlockState) -> list[str]:
        """Write no definitions of links, since links are written out."""
        urls = [definition["url"] for definition in state.env["ref_links"].values()]
        self.is_changed |= not all(is_link(html.unescape(url)) for url in urls)
        return []

    def _html(self, source: str) -> str:
        return _TAG.sub(self._tag, source)

    def _tag(self, match: re.Match[str]) -> str:
        """Return a tag with the attributes that may stay, or as text."""
        if match["comment"]:
            return match[0]
        name = (match["name"] or "").lower()
        if name not in {*TEXT_TAGS, "a", "img"}:
            self.is_changed = True
            return f"&lt;{match[0][1:]}"
        attributes = {}
        for attribute, quoted in _ATTRIBUTE.findall(match["rest"]):
            value: str | None = html.unescape(quoted[1:-1])
            if (name, attribute) == ("img", "src"):
                value = source_of(str(value), self.attachments)
            elif (name, attribute) == ("a", "href"):
                value = value if is_link(str(value)) else None
            elif attribute not in _PLAIN_ATTRIBUTES or not _PLAIN_VALUE.fullmatch(str(value)):
                value = None
            if value is not None:
                attributes[attribute] = value
        if name == "img" and "src" not in attributes:
            self.is_changed = True
            return attributes.get("alt", "picture")
        written = "".join(f' {attribute}="{html.escape(value)}"' for attribute, value in attributes.items())
        written = f"<{match['end']}{name}{written}>"
        if _SPELLING.sub("", written) == _SPELLING.sub("", match[0].lower() if not attributes else match[0]):
            return match[0]
        self.is_changed = True
        return written

    def _formula(self, formula: str, delimited: str, *, is_block: bool) -> str:
        if mathml(formula, is_block=is_block) is not None:
            return delimited
        self.is_changed = True
        fence = "`" * (1 + max(map(len, re.findall("`+", delimited)), default=0))
        return f"{fence} {' '.join(delimited.split())} {fence}"


def _as_text(text: str) -> str:
    """Return text as Markdown that shows it: without a letter that could begin something."""
    return "".join(f"&#{ord(letter)};" if letter in "\\`*_{}[]()<>#!|&:$~\n" else letter for letter in text)
