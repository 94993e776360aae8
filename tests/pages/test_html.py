"""What is left of HTML is on the list, and cleaning twice changes nothing more."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.pages.html import clean_html, is_laborious
from tests.hostile_pages import HTML, MARKDOWN, dangers, png

FRAGMENTS = [
    "<b>",
    "</b>",
    "<a href=",
    "<img src=",
    "<math>",
    "<mtext>",
    "<svg>",
    "<style>",
    "<script>",
    "</script>",
    "<table>",
    "<td>",
    "<p title=",
    "<noscript>",
    "<annotation-xml encoding=text/html>",
    "<foreignObject>",
    "<select>",
    "<template>",
    "javascript:alert(1)",
    "https://example.invalid",
    "/logout",
    "#x",
    "data:image/png;base64,",
    png(),
    " onerror=alert(1)",
    '"',
    "'",
    ">",
    "<",
    "&quot;",
    "&#106;",
    "&lt;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    " style='color:red;background:url(x)'",
    " class='full-credit dataframe k'",
    " id='why'",
    "\0",
    "\n",
    " ",
    "x",
]
PIECES = st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=12).map("".join)


@given(PIECES)
def test_nothing_that_acts_is_left(source: str) -> None:
    cleaned = clean_html(source)
    assert dangers(cleaned) == []
    assert clean_html(cleaned) == cleaned


@pytest.mark.parametrize("name", MARKDOWN)
def test_hostile_html(name: str) -> None:
    assert dangers(MARKDOWN[name]) or name in ("links", "pictures", "formulas", "heading")
    assert dangers(clean_html(MARKDOWN[name])) == []


def test_no_class_and_no_name_that_formgrader_listens_to() -> None:
    cleaned = clean_html(HTML + '<h2 id="why" class="score">why</h2><td class="full-credit k">')
    for word in ("full-credit", "mark-graded", "tabbable", 'id="why', "data-toggle", "score"):
        assert word not in cleaned
    assert '<h2 id="text-why">why</h2>' in cleaned


def test_a_data_frames_table_stays() -> None:
    table = (
        '<table border="1" class="dataframe"><thead><tr style="text-align: right;"><th></th></tr></thead>'
        '<tbody><tr><th>0</th><td style="color:red;background-color:#eee">0.25</td></tr></tbody></table>'
    )
    styled = "<div>\n<style scoped>\n .dataframe td { color: red; }\n</style>\n" + table + "</div>"
    kept = table.replace("text-align: right;", "text-align:right")
    assert clean_html(styled) == "<div>\n\n" + kept + "</div>"


def test_links_to_the_web_open_elsewhere_and_tell_nothing() -> None:
    cleaned = clean_html('<a href="https://example.invalid/?a=1">x</a> <a href="#y">y</a> <a href="z">z</a>')
    assert cleaned == (
        '<a target="_blank" href="https://example.invalid/?a=1" rel="noopener noreferrer">x</a> '
        '<a href="#text-y" rel="noopener noreferrer">y</a> <a rel="noopener noreferrer">z</a>'
    )


def test_a_picture_is_in_the_page_or_not_there() -> None:
    kept = f'<img src="data:image/png;base64,{png()}" alt="a" width="30">'
    assert clean_html(kept) == kept
    for source in (
        "/logout",
        "https://example.invalid/x.png",
        "data:image/png;base64,aGVsbG8=",
        "data:text/html,x",
    ):
        assert clean_html(f'<img src="{source}" alt="a">') == '<img alt="a">'


@pytest.mark.parametrize("tag", ["<b>", "<table><tr><td>", "<math>", "<svg>", "<ul><li>", "<a href=#>"])
def test_depth_stops_nobody(tag: str) -> None:
    clean_html(tag * 20_000)


@pytest.mark.parametrize(
    "attributes",
    ['title="x" href="https://example.invalid"', "style='color:red' href=http://a.example.invalid"],
)
def test_a_link_opens_elsewhere_whatever_comes_first(attributes: str) -> None:
    assert '<a target="_blank" ' in clean_html(f"<a {attributes}>x</a>")
    assert "_blank" not in clean_html(f"<a title='<a href=\"https://x' {attributes.split('href')[0]}>x</a>")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8888/logout", "http://127.0.0.1:8888/logout", "http://127.1/logout", "https:///logout",
        "http://2130706433/logout", "http://0x7f.1/logout", "http://[::1]:8888/logout", "http://localhost./logout",
        "http://a.example.invalid@localhost/logout", "http://local%68ost/logout", "http://hub/logout",
        "http://a.localhost:8888/logout", "http://a.LocalHo\u017ft/logout", "http://localhost.localdomain/logout",
    ],
)  # fmt: skip
def test_no_link_leads_to_the_readers_own_machine(url: str) -> None:
    assert "href" not in clean_html(f'<a href="{url}">x</a>')


PLACES = "".join(f"<b id={number}>" for number in range(5_000))


@pytest.mark.parametrize(
    "source",
    [
        f"<p>{PLACES}</p>" + "<p>x</p>" * 5_000,
        f"<div>{PLACES.replace('<b ', '<FONT/')}</div>" + "<li>x" * 5_000,
        "<div>" * 200_000,
        "<b " + " ".join(f"a{number}" for number in range(300_000)) + ">",
        "<b" + "".join(f"/a{number}" for number in range(300_000)) + ">",
        "&" * 1_000_000,
    ],
    ids=["copies", "copies of fonts", "depth", "attributes", "attributes with slashes", "references"],
)
def test_what_takes_too_much_work_is_shown_as_it_was_written(source: str) -> None:
    assert clean_html(source) == f"<pre>{html.escape(source)}</pre>"


def test_ordinary_html_is_not_too_much() -> None:
    table = "<table>" + "<tr>" + "<td>1</td>" * 10 + "</tr>\n" * 1_000 + "</table>"
    text = "<p><b>a</b> <code>b</code> <em>c</em> <a href='#a'>d</a></p>\n" * 1_000
    picture = f'<img src="data:image/png;base64,{png(900, 900)}">'
    for source in (table, text, picture):
        assert not is_laborious(source)


def test_half_a_pair_of_surrogates() -> None:
    assert clean_html("<b>\ud800</b>") == "<b>?</b>"
