"""The outputs of one cell as a notebook stores them, made from messages that may hold anything."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import nbformat
from nbformat import NotebookNode

from course.grading.sandbox.messages import json_object, text

_MIMETYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,60}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,100}")
_JSON = re.compile(r"application/(json|[^/]*\+json)")
"""the types whose data a notebook stores as JSON; of all others it stores text"""
_MOST_FORMATS = 20
_DEEPEST = 50
_MOST_LINES = 2_000
_LARGEST_LINE = 100_000
_MOST_OUTPUTS = 1_000
_MOST_DISPLAYS = 1_000


def output_of(kind: str, **fields: Any) -> NotebookNode:
    """Return an output of a cell. nbformat's own function takes a millisecond, since it validates each."""
    return nbformat.from_dict({"output_type": kind, **fields})


def bundle(value: object, largest: int) -> dict[str, Any]:
    """Return the valid part of a mapping of MIME types to text (to JSON, for JSON types)."""
    result: dict[str, Any] = {}
    for kind, data in list(value.items())[:_MOST_FORMATS] if isinstance(value, dict) else ():
        if not isinstance(kind, str) or not _MIMETYPE.fullmatch(kind):
            continue
        if isinstance(data, list) and all(isinstance(line, str) for line in data):
            data = "".join(data)
        if isinstance(data, str):
            result[kind] = text(data, largest)
        elif _JSON.fullmatch(kind) and _is_shallow(data):
            # Written and read again, which refuses what is no JSON (NaN) and what UTF-8 cannot store.
            try:
                result[kind] = json.loads(json.dumps(data, allow_nan=False, ensure_ascii=False).encode())
            except ValueError:
                continue
    return result


def _is_shallow(data: object) -> bool:
    # Validating and writing a notebook reaches Python's recursion limit sooner than reading JSON does.
    level = [data]
    for _ in range(_DEEPEST):
        level = [
            item
            for container in level
            if isinstance(container, (list, dict))
            for item in (container.values() if isinstance(container, dict) else container)
        ]
        if not level:
            return True
    return False


def _size(output: NotebookNode) -> int:
    try:
        return len(json.dumps(output))
    except (ValueError, RecursionError):
        return 1 << 62


def _display_id(content: Mapping[str, Any]) -> object:
    transient = content.get("transient")
    return transient.get("display_id") if isinstance(transient, dict) else None


class Displays:
    """Where the outputs with a `display_id` are, in all cells of a notebook."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._places: dict[str, list[NotebookNode]] = {}
        self._sizes: dict[str, int] = {}

    def add(self, name: object, output: NotebookNode) -> None:
        """Remember where the display `name` is shown."""
        if isinstance(name, str) and len(name) < 200 and len(self._places) < _MOST_DISPLAYS:
            places = self._places.setdefault(name, [])
            if len(places) < _MOST_DISPLAYS:
                places.append(output)

    def update(self, name: object, data: dict[str, Any]) -> bool:
        """Show `data` in all places of a display. Return False, and show nothing, if that is too large."""
        if not isinstance(name, str) or name not in self._places:
            return True
        size = sum(len(json.dumps(value)) for value in data.values()) * len(self._places[name])
        if sum(self._sizes.values()) - self._sizes.get(name, 0) + size > self._largest:
            return False
        self._sizes[name] = size
        for output in self._places[name]:
            output.data = NotebookNode(data)
        return True


class Outputs:
    """Collects the outputs of one cell, up to `largest` bytes."""

    def __init__(self, largest: int, displays: Displays) -> None:
        self._largest = largest
        self._displays = displays
        self._outputs: list[NotebookNode] = []
        self._sizes: list[int] = []
        self._left_out = False
        self._clear_next = False
        self.raised = False

    def take(self, data: bytes) -> None:
        """Add what a message of the guest adds to the outputs, if anything."""
        content = json_object(data)
        taker = _TAKERS.get(str(content.get("kind")))
        if taker is None:
            self._left_out = True
        else:
            taker(self, content)

    def result(self) -> list[NotebookNode]:
        """Return the outputs; if some were dropped, one more output says so."""
        if not self._left_out:
            return list(self._outputs)
        notice = f"\n[There was more output than the {self._largest >> 10} KiB kept of a cell.]\n"
        return [*self._outputs, output_of("stream", name="stdout", text=notice)]

    def _clear(self, content: Mapping[str, Any]) -> None:
        if content.get("wait") is True:
            self._clear_next = True
        else:
            self._outputs, self._sizes, self._clear_next = [], [], False

    def _add(self, output: NotebookNode) -> bool:
        if self._clear_next:
            self._clear({})
        size = _size(output)
        if sum(self._sizes) + size > self._largest or len(self._outputs) >= _MOST_OUTPUTS:
            self._left_out = True
            return False
        self._outputs.append(output)
        self._sizes.append(size)
        return True

    def _stream(self, content: Mapping[str, Any]) -> None:
        name = content.get("name")
        if name not in ("stdout", "stderr"):
            return
        if self._clear_next:
            self._clear({})
        added = text(content.get("text"), max(0, self._largest - sum(self._sizes)))
        self._left_out |= isinstance(content.get("text"), str) and len(added) < len(content["text"])
        last = self._outputs[-1] if self._outputs else None
        if added and last is not None and last.output_type == "stream" and last.name == name:
            last.text += added
            self._sizes[-1] += len(added)
        elif added and len(self._outputs) < _MOST_OUTPUTS:
            self._outputs.append(output_of("stream", name=name, text=added))
            self._sizes.append(len(added))

    def _display(self, content: Mapping[str, Any], **fields: Any) -> None:
        kind = "execute_result" if fields else "display_data"
        metadata = content.get("metadata")
        shape = bundle({"application/json": metadata if isinstance(metadata, dict) else {}}, 0)
        data = bundle(content.get("data"), self._largest)
        output = output_of(kind, data=data, metadata=shape.get("application/json", {}), **fields)
        if self._add(output):
            self._displays.add(_display_id(content), output)

    def _executed(self, content: Mapping[str, Any]) -> None:
        count = content.get("execution_count")
        self._display(content, execution_count=count if type(count) is int and 0 <= count < 1 << 31 else None)

    def _update(self, content: Mapping[str, Any]) -> None:
        self._left_out |= not self._displays.update(
            _display_id(content), bundle(content.get("data"), self._largest)
        )

    def _error(self, content: Mapping[str, Any]) -> None:
        self.raised |= self._add(
            error_output(content.get("ename"), content.get("evalue"), content.get("traceback"))
        )


def error_output(name: object, message: object, traceback: object = None) -> NotebookNode:
    """Return the output that shows an exception."""
    ename, evalue = text(name, 200), text(message, _LARGEST_LINE)
    lines = traceback[:_MOST_LINES] if isinstance(traceback, list) else [f"{ename}: {evalue}"]
    shown = [text(line, _LARGEST_LINE) for line in lines]
    return output_of("error", ename=ename, evalue=evalue, traceback=shown)


_TAKERS = {
    "stream": Outputs._stream,
    "display_data": Outputs._display,
    "execute_result": Outputs._executed,
    "update_display_data": Outputs._update,
    "clear_output": Outputs._clear,
    "error": Outputs._error,
}
