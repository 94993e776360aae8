"""Converts formulas from TeX to MathML, which a page shows without a script and without the network."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element

from course.grading.pages.html import MATH_FORMS, MATH_TAGS

LONGEST = 4_000
"""characters of a formula"""
LONGEST_TEXT = 20_000
"""characters of LaTeX text: finding the formulas takes time that grows with the square of it"""
_COMMAND = re.compile(r"\\([A-Za-z]+)")
# They make links, style, letters by number, or commands of their own.
_DANGEROUS = """
    DeclareMathOperator class cssId data def edef gdef href include input let newcommand newenvironment
    providecommand renewcommand renewenvironment require rule style unicode url xdef
"""
_REFUSED = frozenset(_DANGEROUS.split())
_FORMULA = re.compile(
    r"(?P<display>(?<!\\)\$\$.+?(?<!\\)\$\$|\\\[.+?\\\])|(?P<inline>(?<![\\$])\$[^$]+?(?<!\\)\$|\\\(.+?\\\))"
    r"|(?P<environment>\\begin\{(?P<name>[a-z]*\*?)\}.*?\\end\{(?P=name)\})",
    re.DOTALL,
)


@lru_cache(maxsize=4096)
def mathml(formula: str, *, is_block: bool) -> str | None:
    """Return MathML for a formula without its delimiters, None where it cannot be converted."""
    if len(formula) > LONGEST or not _REFUSED.isdisjoint(_COMMAND.findall(formula)):
        return None
    try:
        element = convert_to_element(formula, display="block" if is_block else "inline")
        return None if any(map(_is_unknown, element.iter())) else _serialized(element)
    except Exception:  # the library raises many kinds, and reaches the recursion limit
        return None


def shown(formula: str, *, is_block: bool, delimited: str) -> str:
    """Return HTML for a formula: MathML, or what was written, `delimited`, where it cannot be converted."""
    return mathml(formula, is_block=is_block) or f"<code>{html.escape(delimited)}</code>"


def latex_html(text: str) -> str:
    """Return HTML for LaTeX text: its formulas as MathML, the rest as it is."""
    if len(text) > LONGEST_TEXT:
        return f"<pre>{html.escape(text)}</pre>"
    return "".join(
        html.escape(whole) if formula is None else shown(formula, is_block=is_block, delimited=whole)
        for whole, formula, is_block in _pieces(text)
    )


def is_convertible(text: str) -> bool:
    """Say whether all formulas of LaTeX text can be converted, and no command stands outside of one."""
    return len(text) <= LONGEST_TEXT and all(
        not _COMMAND.search(whole) if formula is None else mathml(formula, is_block=is_block)
        for whole, formula, is_block in _pieces(text)
    )


def _pieces(text: str) -> Iterator[tuple[str, str | None, bool]]:
    """Yield the pieces of LaTeX text: each with its formula, if it is one, and whether that is a block."""
    end = 0
    for match in _FORMULA.finditer(text):
        yield text[end : match.start()], None, False
        whole, is_block = match[0], match["inline"] is None
        if match["environment"]:
            yield whole, whole, is_block
        else:
            edge = 2 if whole.startswith(("$$", "\\")) else 1
            yield whole, whole[edge:-edge], is_block
        end = match.end()
    yield text[end:], None, False


def _is_unknown(element: ElementTree.Element) -> bool:
    """Say whether an element stands for a command that the library does not know."""
    return element.tag == "mi" and bool(element.text) and str(element.text).startswith("\\")


def _serialized(element: ElementTree.Element) -> str:
    # The library's text has references for characters, and its own writer quotes nothing: what `\text` holds
    # would be HTML.
    for node in element.iter():
        if node.tag not in MATH_TAGS:
            raise ValueError(f"<{node.tag}> is not shown")
        node.text = html.unescape(node.text) if node.text else None
        node.attrib = {
            name: value
            for name, value in node.attrib.items()
            if name in MATH_FORMS and MATH_FORMS[name].fullmatch(value)
        }
    return ElementTree.tostring(element, encoding="unicode")
