"""Markdown of a student's is harmless wherever it is rendered, and what is honest in it stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from course.grading.pages.harmless import harmless_markdown
from course.grading.pages.markdown import markdown_html
from tests.hostile_pages import MARKDOWN, dangers, png

ATTACHED = {"mine.png": {"image/png": png()}}
HONEST = r"""# A heading

Some *text*, **bold**, `code < 1`, a < b & c, x<sub>1</sub><br>
[a link](https://example.invalid/a_(b)?c=1&d=2 "title"), [another][r], [here](#A-heading)
<https://example.invalid/>

![mine.png](attachment:mine.png)

| name | $W_1$ |
|:-----|------:|
| a    | `1`   |

1. one $\delta^\ell = \frac{\partial C}{\partial z^\ell}$
2. two $$\sum_{n=1}^N x_n$$
   - [ ] open
   - [x] done

\begin{align}
a &= b \\
  &= c
\end{align}

> a quote

```python
print("<script>")
```

[r]: https://example.invalid/r
"""
FRAGMENTS = [
    "[a](",
    "![a](",
    "[a][r]",
    ")",
    "\n[r]: ",
    "<",
    ">",
    "javascript:alert(1)",
    "https://example.invalid",
    "/logout",
    "&#106;avascript:alert(1)",
    "attachment:mine.png",
    "attachment:x",
    "`",
    "```",
    "```mermaid\n",
    "\n",
    "\n\n",
    "# ",
    "> ",
    "- ",
    "- [ ] ",
    "    ",
    "$",
    "$$",
    "\\href{x}{y}",
    "\\text{<b>}",
    "\\begin{align}",
    "\\end{align}",
    "<script>",
    "<b ",
    "<b>",
    "<img src=x onerror=alert(1)>",
    "<!--",
    "-->",
    "<a href=javascript:alert(1)>",
    "*",
    "_",
    "\\",
    "|",
    "|-|-|\n",
    ": ",
    '"',
    "'",
]
PIECES = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12).map("".join)


def stock_html(source: str, attachments: object = None) -> str:
    """Render Markdown as nbconvert alone does."""
    return MarkdownWithMath(renderer=IPythonRenderer(escape=False, attachments=attachments)).render(source)


@pytest.mark.slow
@given(PIECES)
def test_nothing_acts_whoever_renders_it(source: str) -> None:
    assert dangers(markdown_html(source, ATTACHED)) == []
    harmless = harmless_markdown(source, ATTACHED)
    assert dangers(stock_html(harmless, ATTACHED)) == []
    assert dangers(markdown_html(harmless, ATTACHED)) == []
    assert harmless_markdown(harmless, ATTACHED) == harmless


@pytest.mark.parametrize("name", MARKDOWN)
def test_hostile_markdown(name: str) -> None:
    source = MARKDOWN[name]
    assert dangers(markdown_html(source)) == []
    harmless = harmless_markdown(source)
    assert harmless != source or name == "code"
    assert dangers(stock_html(harmless)) == []


def test_what_is_honest_stays_as_it_is() -> None:
    assert harmless_markdown(HONEST, ATTACHED) == HONEST
    page = markdown_html(HONEST, ATTACHED)
    assert page.count("<math") == 4
    assert page.count("<code>") == 2
    assert '<img src="data:image/png;base64,' in page
    assert '<a target="_blank" href="https://example.invalid/r" rel="noopener noreferrer">another</a>' in page
    assert '<h1 id="text-A-heading">' in page
    assert '<a href="#text-A-heading"' in page
    assert "☐ open" in page
    assert '<div class="highlight"><pre><span></span><span class="nb">print</span>' in page


def test_beside_what_goes_the_rest_stays() -> None:
    source = "**bold** $x^2$ [a](javascript:alert(1)) [web](https://example.invalid) ![b](https://example.invalid/b.png)"
    assert harmless_markdown(source) == (
        "**bold** $x^2$ a (javascript&#58;alert&#40;1&#41;) [web](<https://example.invalid>) "
        "[b](<https://example.invalid/b.png>)\n"
    )


def test_a_missing_attachment_is_shown_as_text() -> None:
    assert "mine.png (attachment:mine.png)" in markdown_html("![mine.png](attachment:mine.png)")
    assert markdown_html(harmless_markdown("![a](attachment:b.png)")) == "<p>a (attachment:b.png)</p>\n"


def test_an_attachment_that_is_no_picture_is_not_shown() -> None:
    for bundle in ({"image/png": "aGVsbG8="}, {"text/html": png()}, {"image/svg+xml": png()}, {}):
        assert "<img" not in markdown_html("![a](attachment:a)", {"a": bundle})


@pytest.mark.slow
@pytest.mark.parametrize(
    "source",
    [
        "x" * 200_000,
        "[" * 90_000,
        "> " * 3_000 + "x",
        "$" * 5_000,
        "- x" + "\n  - x" * 2_000,
        "\\begin{a}" * 10_000,
        "x" + "".join(f"<b title={number}>" for number in range(3_000)) + "\n\nx" * 8_000,
        "".join("  " * depth + "- x\n" for depth in range(90)),
    ],
)
def test_size_and_depth_stop_nobody(source: str) -> None:
    assert source[:1] in markdown_html(source).replace("&gt;", ">").replace("<li>", "-")
    assert harmless_markdown(source)
