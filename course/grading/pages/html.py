"""Cleans HTML: what is not on the list goes, whoever wrote it."""

from __future__ import annotations

import html
import re

import nh3
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]  # Pygments has no types

from course.grading.submissions.pictures import is_picture

_TEXT_TAGS = """
    abbr b blockquote br caption center cite code col colgroup dd del details dfn div dl dt em figcaption
    figure h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span strike strong sub summary sup
    table tbody td tfoot th thead tr tt u ul var
"""
_MATH_TAGS = """
    math menclose mfrac mi mn mo mover mpadded mphantom mroot mrow mspace msqrt mstyle msub msubsup msup
    mtable mtd mtext mtr munder munderover
"""
TEXT_TAGS, MATH_TAGS = frozenset(_TEXT_TAGS.split()), frozenset(_MATH_TAGS.split())
# The forms of attributes. A value of another form is dropped with its attribute.
_WORD = re.compile(r"[A-Za-z]{1,20}(-[a-z]{1,20})?")
_WORDS = re.compile(r"[a-z0-9. ]{1,200}")
_NUMBER = re.compile(r"\d{1,4}")
_SHARE = re.compile(r"\d{1,4}%?")
_LENGTH = re.compile(r"[+-]?\d{0,2}(\.\d{1,4})?(em|ex|pt|px|cm|mm|mu)?")
_COLOUR = re.compile(r"[A-Za-z]{1,30}|#[0-9A-Fa-f]{3,8}")
_NAME = re.compile(r"[\w.,:;()§=+-]{1,200}")
_TEXT = re.compile(r"[^\x00-\x08\x0b-\x1f]{0,2000}")
_STYLE = re.compile(r"""[^\\()@/"'<>&]{0,500}""")
FORMS = {
    "align": _WORD, "alt": _TEXT, "bgcolor": _COLOUR, "border": _NUMBER, "cellpadding": _NUMBER,
    "cellspacing": _NUMBER, "colspan": _NUMBER, "height": _SHARE, "id": _NAME,
    "open": re.compile(""), "rowspan": _NUMBER, "scope": _WORD, "start": _NUMBER, "style": _STYLE,
    "title": _TEXT, "valign": _WORD, "width": _SHARE,
}  # fmt: skip
MATH_FORMS = {
    "accent": _WORD, "columnalign": _WORDS, "columnlines": _WORDS, "columnspacing": _WORDS,
    "depth": _LENGTH, "display": _WORD, "displaystyle": _WORD, "fence": _WORD, "form": _WORD,
    "height": _LENGTH, "largeop": _WORD, "linethickness": _LENGTH, "lspace": _LENGTH,
    "mathbackground": _COLOUR, "mathcolor": _COLOUR, "mathvariant": _WORD, "maxsize": _LENGTH,
    "minsize": _LENGTH, "movablelimits": _WORD, "notation": _WORD, "rowlines": _WORDS,
    "rspace": _LENGTH, "scriptlevel": _NUMBER, "stretchy": _WORD, "voffset": _LENGTH, "width": _LENGTH,
}  # fmt: skip
_ANYWHERE = {"align", "class", "style", "title"}
_OF_TAG = {
    "a": {"href"}, "col": {"width"}, "details": {"open"}, "img": {"alt", "height", "src", "width"},
    "ol": {"start"}, "table": {"border", "cellpadding", "cellspacing", "width"},
    "td": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "th": {"bgcolor", "colspan", "height", "rowspan", "scope", "valign", "width"},
    "tr": {"bgcolor", "valign"},
} | {f"h{level}": {"id"} for level in range(1, 7)}  # fmt: skip
# Formgrader's script listens to elements by their classes: those that a cell may have do nothing there.
_HIGHLIGHTING = {name for name in STANDARD_TYPES.values() if name}
_CLASSES = {"a": {"anchor-link"}, "div": {"highlight"}, "span": _HIGHLIGHTING, "table": {"dataframe"}}
_STYLES = {
    "background-color", "border", "border-collapse", "color", "font-style", "font-weight", "min-width",
    "padding", "text-align", "text-decoration", "vertical-align", "white-space",
}  # fmt: skip
# A host with a dot, not a number, nor a name that means the reader's own machine, where a link can log out.
LINK = re.compile(
    r"""https?://(?=[\w-]+\.)[\w.-]{0,250}\.(?!local(?:host|domain)\b)[a-z][a-z0-9-]*(:\d{1,5})?([/?#][^\s<>"'`\\\x00-\x20]{0,2000})?""",
    re.IGNORECASE,
)
FRAGMENT = re.compile(r"#[^\s<>\"'`\\]{1,200}")
_DATA = re.compile(r"data:(image/[a-z]+);base64,([A-Za-z0-9+/=\s]+)")
# What a text may have at most. Some need work, or memory, that grows with the square of their length: deep
# elements, attributes, and elements such as <b>, of which each paragraph gets a copy until they end.
MOST_TAGS, MOST_COPIES, MOST_ATTRIBUTES, MOST_REFERENCES = 30_000, 1_000_000, 40_000, 200_000
_COPIED = re.compile(r"<(?:b|big|code|em|font|i|s|small|strike|strong|tt|u)(?=[\s/>])(>)?", re.IGNORECASE)
_MOST_PLAIN_COPIED = 40
"""of elements without attributes three of a kind are copied"""
_ATTRIBUTE_ENDS = re.compile(r"""[\s/"']""")
# Formgrader finds its fields by their names: a heading may not be called like one.
ID_PREFIX = "text-"


def is_link(url: str) -> bool:
    """Say whether a page may have a link there: to the web, or to another place on the page."""
    return bool(LINK.fullmatch(url) or FRAGMENT.fullmatch(url))


def is_embedded_picture(url: str) -> bool:
    """Say whether a URL is a picture itself."""
    match = _DATA.fullmatch(url)
    return bool(match and is_picture(match[1], match[2]))


def clean_html(source: str) -> str:
    """Return HTML without all that is not known to be harmless. Cleaning twice changes nothing more.

    HTML that takes too much work is shown as it was written.
    """
    if is_laborious(source):
        return f"<pre>{html.escape(source)}</pre>"
    # half of a pair of surrogates is no text
    cleaned = _CLEANER.clean(source.encode(errors="replace").decode())
    # a link out of Formgrader must not take its place
    return _LINK_TAG.sub(_in_a_new_page, cleaned)


def is_laborious(source: str) -> bool:
    """Say whether cleaning HTML would take too much time or memory."""
    tags = source.count("<")
    has_attributes = [match[1] is None for match in _COPIED.finditer(source)]
    copied = sum(has_attributes) + min(_MOST_PLAIN_COPIED, has_attributes.count(False))
    return (
        tags > MOST_TAGS
        or tags * copied > MOST_COPIES
        or source.count("&") > MOST_REFERENCES
        or any(len(_ATTRIBUTE_ENDS.findall(part)) > MOST_ATTRIBUTES for part in source.split("<"))
    )


def _in_a_new_page(match: re.Match[str]) -> str:
    return match[0].replace("<a ", '<a target="_blank" ', 1) if _TO_THE_WEB.search(match[0]) else match[0]


def _attribute(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute keeps, None where it goes."""
    if name == "href":
        if FRAGMENT.fullmatch(value):
            return "#" + _prefixed(value[1:])
        return value if LINK.fullmatch(value) else None
    if name == "src":
        return value if is_embedded_picture(value) else None
    if name == "rel":  # the cleaner's own
        return value
    if name == "class":
        return " ".join(sorted(_CLASSES.get(tag, set()).intersection(value.split()))) or None
    form = (MATH_FORMS if tag in MATH_TAGS else FORMS).get(name)
    if form is None or not form.fullmatch(value):
        return None
    return _prefixed(value) if name == "id" else value


def _prefixed(name: str) -> str:
    return name if name.startswith(ID_PREFIX) else ID_PREFIX + name


# Of a tag that the cleaner has written: all values are quoted, and in one a quotation mark is `&quot;`.
_LINK_TAG = re.compile(r'<a(?: [a-z]+="[^"]*")*>')
_TO_THE_WEB = re.compile(r'^<a(?: [a-z]+="[^"]*")*? href="https?:', re.IGNORECASE)
_CLEANER = nh3.Cleaner(
    tags={*TEXT_TAGS, *MATH_TAGS, "a", "img"},
    clean_content_tags={"script", "style", "title", "template", "iframe", "object", "noscript", "textarea"},
    attributes={tag: _ANYWHERE | _OF_TAG.get(tag, set()) for tag in TEXT_TAGS | {"a", "img"}}
    | {tag: set(MATH_FORMS) for tag in MATH_TAGS},
    attribute_filter=_attribute,
    url_schemes={"http", "https", "data"},
    filter_style_properties=_STYLES,
    link_rel="noopener noreferrer",
)
