"""What of outputs and cells may stand on a page: the kinds on the list, each with its metadata's form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.grading.pages.formulas import is_convertible
from course.grading.pages.harmless import harmless_markdown
from course.grading.pages.html import clean_html, is_laborious
from course.grading.submissions.pictures import attached_pictures, pictures

PICTURES = ("image/png", "image/jpeg")
"""those that nbconvert's pages show"""
NO_TEXT = "No description has been provided for this image"
_LONGEST_TEXT = 2_000
"""characters of the text in place of a picture"""
_LARGEST_SIZE = 10_000
"""of a picture on the page, in pixels"""


def clean_outputs(outputs: object) -> list[NotebookNode]:
    """Return the outputs of a cell, made anew of what is on the list."""
    cleaned = [_clean(output) for output in outputs] if isinstance(outputs, list) else []
    return [nbformat.from_dict(output) for output in cleaned if output is not None]


def clean_written(cell: NotebookNode) -> None:
    """Make the text of a cell that a student wrote harmless, and keep what is attached if it is a picture."""
    attachments = attached_pictures(cell.pop("attachments", None))
    cell.source = harmless_markdown(cell.source, attachments)
    if attachments:
        cell.attachments = nbformat.from_dict(attachments)


def _clean(output: Mapping[str, Any]) -> dict[str, Any] | None:
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": kind, "name": name, "text": _text(output.get("text"))}
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": kind,
            "ename": _text(output.get("ename")),
            "evalue": _text(output.get("evalue")),
            "traceback": [_text(line) for line in lines] if isinstance(lines, list) else [],
        }
    if kind not in ("display_data", "execute_result"):
        return None
    data = _data(output.get("data"))
    if not data:
        return None
    metadata = output.get("metadata")
    of_kinds = {name: _metadata(metadata, name) for name in PICTURES if name in data}
    cleaned: dict[str, Any] = {"output_type": kind, "data": data, "metadata": of_kinds}
    if kind == "execute_result":
        count = output.get("execution_count")
        cleaned["execution_count"] = count if type(count) is int else None
    return cleaned


def _data(bundle: object) -> dict[str, str]:
    if not isinstance(bundle, dict):
        return {}
    texts = {name: data for name, data in bundle.items() if isinstance(data, str)}
    data = pictures({name: texts[name] for name in PICTURES if name in texts})
    if "text/plain" in texts:
        data["text/plain"] = texts["text/plain"]
    if "text/latex" in texts:
        if is_convertible(texts["text/latex"]):
            data["text/latex"] = texts["text/latex"]
        else:
            data.setdefault("text/plain", texts["text/latex"])
    # a page would show it in place of the picture
    if "text/html" in texts and data.keys().isdisjoint(PICTURES):
        if is_laborious(texts["text/html"]):
            data.setdefault("text/plain", texts["text/html"])
        else:
            data["text/html"] = clean_html(texts["text/html"])
    if "text/markdown" in texts:
        data["text/markdown"] = harmless_markdown(texts["text/markdown"])
    return data


def _metadata(metadata: object, kind: str) -> dict[str, Any]:
    """Return the size and the text of a picture."""
    given = metadata.get(kind) if isinstance(metadata, dict) else None
    given = given if isinstance(given, dict) else {}
    kept: dict[str, Any] = {}
    for name in ("width", "height"):
        size = given.get(name)
        if isinstance(size, (int, float)) and 1 <= size <= _LARGEST_SIZE:
            kept[name] = round(size)
    alt = given.get("alt")
    kept["alt"] = alt[:_LONGEST_TEXT] if isinstance(alt, str) and alt else NO_TEXT
    return kept


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
