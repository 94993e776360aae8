"""Code on a page: in colours, unless that would take too long."""

from __future__ import annotations

import html

import pytest

from course.grading.pages.filters import highlight_code


def test_code_is_in_colours() -> None:
    shown = highlight_code("%matplotlib inline\nimport numpy as np  # <b>")
    assert '<span class="kn">import</span>' in shown
    assert "&lt;b&gt;" in shown


@pytest.mark.parametrize("source", ["a." * 100_000, "@" * 100_000, "x = 1\n" * 100_000, "<script>" * 1_000])
def test_code_that_takes_too_long_is_shown_as_it_is(source: str) -> None:
    assert highlight_code(source) == f'<div class="highlight"><pre>{html.escape(source)}</pre></div>'
