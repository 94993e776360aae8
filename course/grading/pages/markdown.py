"""Renders Markdown as clean HTML, its formulas as MathML."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course.grading.pages.formulas import shown
from course.grading.pages.html import LINK, clean_html, is_embedded_picture
from course.grading.submissions.pictures import attached_pictures

LONGEST = 100_000
"""characters of a text; a longer one is shown as it was written"""
MOST_ENVIRONMENTS = 200
"""environments of LaTeX in a text: the parser looks for the end of each, through all of it"""
ATTACHMENT = "attachment:"
_ANCHOR = re.compile(r"<[^>]*>")
one_at_a_time = threading.Lock()
"""the parser may be another thread's"""


class _PageRenderer(IPythonRenderer):
    """Renders a text for a page. What it returns is cleaned afterwards."""

    def block_code(self, code: str, info: str | None = None) -> str:
        """Render code; nothing draws diagrams."""
        return super().block_code(code, "text" if is_diagram(info) else info)

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
        formula = environment(name, body)
        return shown(formula, is_block=True, delimited=formula)

    def task_list_item(self, text: str, checked: bool = False) -> str:
        """Render a task, with a letter for its box."""
        return f"<li>{'☑' if checked else '☐'} {text}</li>\n"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Render a picture that is pasted in; of another the page tells the name, and loads nothing."""
        source = source_of(url, self.attachments)
        if source is not None:
            return super().image(text, source, title)
        name = f"{text or 'picture'} ({html.escape(unquote(url))})"
        return f'<a href="{html.escape(url)}">{name}</a>' if LINK.fullmatch(url) else name

    def _embed_image_or_attachment(self, src: str) -> str:
        return src  # it is done above, and a missing one is no error


def markdown_html(source: str, attachments: object = None) -> str:
    """Return clean HTML for Markdown, with its attached pictures."""
    if is_parsable(source):
        try:
            with one_at_a_time:
                renderer = _PageRenderer(escape=False, attachments=attached_pictures(attachments))
                return clean_html(MarkdownWithMath(renderer=renderer).render(source))
        except Exception:  # the parser raises many kinds, and reaches the recursion limit
            pass
    return f"<pre>{html.escape(source)}</pre>"


def is_parsable(source: str) -> bool:
    """Say whether a text is short enough for the parser, whatever is in it."""
    return len(source) <= LONGEST and source.count("\\begin{") <= MOST_ENVIRONMENTS


def source_of(url: str, attachments: Mapping[str, Mapping[str, str]]) -> str | None:
    """Return the URL from which a page shows a picture, None where it shows none."""
    if is_embedded_picture(url):
        return url
    # released pictures are attached too, and named without the prefix
    bundle = attachments.get(unquote(url.removeprefix(ATTACHMENT)), {})
    return next((f"data:{kind};base64,{data}" for kind, data in bundle.items()), None)


def is_diagram(info: str | None) -> bool:
    """Say whether code is a diagram's, by what stands behind its fence."""
    return html.unescape(info or "").strip().startswith("mermaid")


def environment(name: str, body: str) -> str:
    """Return a formula in an environment of LaTeX."""
    return f"\\begin{{{name}}}{body}\\end{{{name}}}"
