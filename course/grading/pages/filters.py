"""Filters of nbconvert's templates, in place of its own, for all that a page shows as HTML."""

from __future__ import annotations

from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context

from course.grading.pages.formulas import latex_html
from course.grading.pages.html import clean_html
from course.grading.pages.markdown import markdown_html
from course.grading.pages.policy import head_of_feedback, head_of_formgrader
from course.grading.pages.summary import rows


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
    "latex2html": latex2html,
    "markdown2html": markdown2html,
    "rows_of_feedback": rows,
}
