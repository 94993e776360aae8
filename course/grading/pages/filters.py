"""Filters of nbconvert's templates, in place of its own, for all that a page shows as HTML."""

from __future__ import annotations

import html
import re
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters import Highlight2HTML

from course.grading.pages.formulas import latex_html
from course.grading.pages.html import clean_html
from course.grading.pages.markdown import markdown_html
from course.grading.pages.policy import head_of_feedback, head_of_formgrader
from course.grading.pages.summary import rows

_LONGEST_CODE = 200_000
# Its rules look for the end of a dotted name from each of its parts.
_LABORIOUS = re.compile(r"\S{2000}")
_highlight = Highlight2HTML(pygments_lexer="ipython3")


def highlight_code(source: str, language: str | None = None, metadata: Any = None) -> str:
    """Render code in colours; without, where finding them would take too long."""
    if len(source) > _LONGEST_CODE or _LABORIOUS.search(source):
        return f'<div class="highlight"><pre>{html.escape(source)}</pre></div>'
    return str(_highlight(source, language=language, metadata=metadata))


@pass_context
def markdown2html(context: Context, source: str) -> str:
    """Render the Markdown of a cell, of an output or of a comment."""
    cell: Any = context.get("cell") or {}
    return markdown_html(source, cell.get("attachments"))


def latex2html(source: str) -> str:
    """Render an output in LaTeX."""
    return clean_html(latex_html(source))


FILTERS = {
    "clean_html": clean_html,
    "head_of_feedback": head_of_feedback,
    "head_of_formgrader": head_of_formgrader,
    "highlight_code": highlight_code,
    "latex2html": latex2html,
    "markdown2html": markdown2html,
    "rows_of_feedback": rows,
}
