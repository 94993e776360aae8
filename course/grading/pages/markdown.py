"""Renders Markdown as clean HTML, its formulas as MathML, and tells which Markdown is harmless as it is."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import unquote

from mistune.core import BlockState
from mistune.renderers.markdown import MarkdownRenderer
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course.grading.pages.formulas import mathml, shown
from course.grading.pages.html import LINK, TEXT_TAGS, clean_html, is_embedded_picture, is_link
from course.grading.submissions.pictures import attached_pictures

LONGEST = 100_000
"""characters of a text; a longer one is shown as it was written"""
ATTACHMENT = "attachment:"
_MOST_ROUNDS = 4
_ANCHOR = re.compile(r"<[^>]*>")
_TAG = re.compile(
    r"(?P<comment><!--[\w\s.,:;']*-->)|<(?:(?P<end>/?)(?P<name>[A-Za-z][A-Za-z0-9]*)(?P<rest>(?:\s[^<>]*)?/?)>)?"
)
_ATTRIBUTE = re.compile(r"""([A-Za-z]+)\s*=\s*("[^"]*"|'[^']*')""")
_PLAIN_ATTRIBUTES = {"align", "alt", "border", "colspan", "height", "rowspan", "scope", "start", "width"}
_PLAIN_VALUE = re.compile(r"[\w %.,-]*")
_SPELLING = re.compile(r"""[\s/"']""")
_one_at_a_time = threading.Lock()


class _PageRenderer(IPythonRenderer):
    """Renders a text for a page. What it returns is cleaned afterwards."""

    def block_code(self, code: str, info: str | None = None) -> str:
        """Render code; nothing draws diagrams."""
        return super().block_code(code, "text" if _is_diagram(info) else info)

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Render a heading with a link to itself, as nbconvert does."""
        name = html.escape(re.sub(r"\s+", "-", html.unescape(_ANCHOR.sub("", text)).strip()))
        link = f'<a class="anchor-link" href="#{name}">¶</a>'
        return f'<h{level} id="{name}">{text}{link}</h{level}>\n'

    def block_math(self, body: str) -> str:
        """Render a formula on a line of its own."""
        return shown(body, is_block=True, delimited=f"$${body}$$")

    def inline_math(self, body: str) -> str:
        """Render a formula in a line."""
        return shown(body, is_block=False, delimited=f"${body}$")

    def latex_environment(self, name: str, body: str) -> str:
        """Render a formula in an environment of LaTeX."""
        formula = _environment(name, body)
        return shown(formula, is_block=True, delimited=formula)

    def task_list_item(self, text: str, checked: bool = False) -> str:
        """Render a task, with a letter for its box."""
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Render a picture that is pasted in; of another the page tells the name, and loads nothing."""
        source = _source(url, self.attachments)
        if source is not None:
            return super().image(text, source, title)
        name = f"{text or 'picture'} ({html.escape(unquote(url))})"
        return f'<a href="{html.escape(url)}">{name}</a>' if LINK.fullmatch(url) else name

    def _embed_image_or_attachment(self, src: str) -> str:
        return src  # it is done above, and a missing one is no error


class _HarmlessRenderer(MarkdownRenderer):
    """Writes Markdown again, with what is not allowed as text; `is_changed` says whether anything was not."""

    def __init__(self, attachments: Mapping[str, Any]) -> None:
        super().__init__()
        self.attachments, self.is_changed = attachments, False

    def block_code(self, token: dict[str, Any], state: BlockState) -> str:
        """Write code; a diagram's, which nbconvert does not quote, as text."""
        attrs = token.get("attrs", {})
        if _is_diagram(attrs.get("info")):
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
        if _source(url, self.attachments) is not None:
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
        formula = _environment(**token["attrs"])
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
                value = _source(str(value), self.attachments)
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


def markdown_html(source: str, attachments: object = None) -> str:
    """Return clean HTML for Markdown, with its attached pictures."""
    if len(source) <= LONGEST:
        try:
            with _one_at_a_time:
                renderer = _PageRenderer(escape=False, attachments=attached_pictures(attachments))
                return clean_html(MarkdownWithMath(renderer=renderer).render(source))
        except Exception:  # the parser raises many kinds, and reaches the recursion limit
            pass
    return f"<pre>{html.escape(source)}</pre>"


def harmless_markdown(source: str, attachments: object = None) -> str:
    """Return Markdown as it is where all in it is allowed; otherwise the rest as text, and in need all.

    Allowed are links to the web and within the page, pictures that are pasted in, formulas that can be
    converted, and HTML that formats.
    """
    pictures = attached_pictures(attachments)
    written = source
    for _ in range(_MOST_ROUNDS if len(source) <= LONGEST else 0):
        renderer = _HarmlessRenderer(pictures)
        try:
            with _one_at_a_time:
                # it is typed for renderers of HTML
                again = MarkdownWithMath(renderer=cast(Any, renderer)).render(written)
        except Exception:  # as above
            break
        if not renderer.is_changed:
            return written
        written = again
    fence = "`" * (3 + max(map(len, re.findall("`+", source)), default=0))
    return f"{fence}\n{source}\n{fence}"


def _source(url: str, attachments: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the URL from which a page shows a picture, None where it shows none."""
    if is_embedded_picture(url):
        return url
    bundle = attachments.get(unquote(url.removeprefix(ATTACHMENT))) if url.startswith(ATTACHMENT) else None
    return next((f"data:{kind};base64,{data}" for kind, data in bundle.items()), None) if bundle else None


def _is_diagram(info: str | None) -> bool:
    return html.unescape(info or "").strip().startswith("mermaid")


def _environment(name: str, body: str) -> str:
    return f"\\begin{{{name}}}{body}\\end{{{name}}}"


def _as_text(text: str) -> str:
    """Return text as Markdown that shows it: without a letter that could begin something."""
    return "".join(f"&#{ord(letter)};" if letter in "\\`*_{}[]()<>#!|&:$~\n" else letter for letter in text)
