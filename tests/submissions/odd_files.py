"""Odd files that students hand in as a notebook: the same right submission, saved in some way or damaged."""

from __future__ import annotations

import copy
import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Book = dict[str, Any]


@dataclass(frozen=True)
class OddFile:
    """A file that was handed in as a notebook."""

    name: str
    saved: bytes | Callable[[], bytes]
    """what is in it, or what makes it where it is so large that it is not kept"""
    reason: str = ""
    """words that say why nothing of it can be read; empty where it is as good as the right one"""
    repair: str = ""
    """words that say what was repaired"""

    @property
    def content(self) -> bytes:
        """What is in it."""
        return self.saved() if callable(self.saved) else self.saved


def saved(book: Book, **options: Any) -> bytes:
    return json.dumps(book, **options).encode()


def changed(book: Book, change: Callable[[Book], Any]) -> bytes:
    book = copy.deepcopy(book)
    change(book)
    return saved(book)


def of_cells(change: Callable[[Book], Any]) -> Callable[[Book], None]:
    """Return a change of all cells."""

    def of_book(book: Book) -> None:
        for cell in book["cells"]:
            change(cell)

    return of_book


def printed(cell: Book, value: Any) -> Book:
    """Return a cell of the student's own with an output."""
    return cell | {"outputs": [{"output_type": "stream", "name": "stdout", "text": value}]}


def readable(book: Book) -> Iterator[OddFile]:
    """Yield files that are as good as the right one."""
    own = {"cell_type": "code", "id": "mine", "metadata": {}, "execution_count": 1, "source": "pass"}
    text = json.dumps(book, ensure_ascii=False)
    indented = saved(book, indent=1)
    yield OddFile("byte-order-mark", b"\xef\xbb\xbf" + saved(book))
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"):
        yield OddFile(encoding, text.encode(encoding))
    yield OddFile("crlf", indented.replace(b"\n", b"\r\n"))
    yield OddFile("cr-only", indented.replace(b"\n", b"\r"))

    def old_macintosh(cell: Book) -> None:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r")

    yield OddFile("cr-in-sources", changed(book, of_cells(old_macintosh)))

    def in_lines(cell: Book) -> None:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)

    yield OddFile("source-as-list", changed(book, of_cells(in_lines)))

    def old_minor(book: Book) -> None:
        book["nbformat_minor"] = 2
        book["metadata"]["kernelspec"] = {"name": "python3812jvsc74a57bd0", "display_name": "(conda)"}
        of_cells(lambda cell: cell.pop("id", None))(book)

    yield OddFile("vs-code", changed(book, old_minor))
    yield OddFile("format-5", saved(book | {"nbformat": 5, "nbformat_minor": 0}))
    yield OddFile("nan", saved(book | {"metadata": {"a": float("nan"), "b": float("-inf")}}))
    yield OddFile("duplicate-keys", text.replace('"cells":', '"cells": [], "cells":', 1).encode())
    yield OddFile("strange-cells", saved(book | {"cells": [None, 1, [], {}, *book["cells"], {"source": 5}]}))
    yield OddFile(
        "all-markdown", changed(book, of_cells(lambda c: c.update(cell_type="markdown"))), repair="type"
    )
    yield OddFile(
        "unknown-types", changed(book, of_cells(lambda c: c.update(cell_type="heading"))), repair="type"
    )
    no_metadata = changed(book, of_cells(lambda cell: cell.update(metadata={})))
    yield OddFile("metadata-lost-ids-kept", no_metadata, repair="lost nbgrader's metadata")
    none_at_all = changed(book, of_cells(lambda cell: cell.pop("metadata")))
    yield OddFile("no-metadata-at-all", none_at_all, repair="lost nbgrader's metadata")

    def as_colab(cell: Book) -> None:
        cell["metadata"] = {"id": cell.pop("id")}

    of_colab = changed(book, of_cells(as_colab))
    yield OddFile("ids-in-metadata", of_colab, repair="lost nbgrader's metadata")

    def long() -> bytes:
        return of_colab.replace(b'"outputs": []', b'"outputs": ["' + b"x" * 11_000_000 + b'"]', 1)

    yield OddFile("ids-in-metadata-of-a-large-one", long, repair="lost nbgrader's metadata")
    latin = copy.deepcopy(book)
    latin["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "Für dich – 5 €"})
    latin_bytes = json.dumps(latin, ensure_ascii=False).encode("cp1252", "replace")
    yield OddFile("windows-1252", latin_bytes, repair="not UTF-8")
    outputs = '"outputs": []'
    assert outputs in text
    yield OddFile("deep-outputs", text.replace(outputs, f'"outputs": {"[" * 10**5}{"]" * 10**5}', 1).encode())
    yield OddFile("long-number-in-outputs", text.replace(outputs, f'"outputs": [{"9" * 10**4}]', 1).encode())
    conflict = '"outputs": [\n<<<<<<< HEAD\n"a"\n=======\n"b"\n>>>>>>> theirs\n]'
    yield OddFile("merge-conflict-in-outputs", text.replace(outputs, conflict, 1).encode())

    def printing(value: Any) -> bytes:
        return saved(book | {"cells": [*book["cells"], printed(own, value)]})

    times = 1_200_000
    yield OddFile("twelve-megabytes-of-outputs", lambda: printing("0123456789" * times))
    yield OddFile("many-lines-of-outputs", lambda: printing(['"\\\n'] * 2_000_000))
    yield OddFile("many-outputs-in-utf-16", lambda: printing("0123456789" * times).decode().encode("utf-16"))
    yield OddFile(
        "large-widgets", lambda: saved(book | {"metadata": {"widgets": {"state": "x" * 11_000_000}}})
    )


def unreadable(book: Book) -> Iterator[OddFile]:
    """Yield files of which no answer can be read."""
    text, indented = json.dumps(book), saved(book, indent=1)

    def nothing(cell: Book) -> None:
        cell["metadata"] = {}
        cell.pop("id", None)

    yield OddFile(
        "metadata-and-ids-lost", changed(book, of_cells(nothing)), "lost nbgrader's metadata and the ids"
    )
    strangers = changed(
        book, of_cells(lambda cell: cell.update(metadata={"nbgrader": {"grade_id": "other"}}))
    )
    yield OddFile("of-another-assignment", strangers, "not the one of this assignment")
    conflict = indented.replace(b'"metadata": {', b'<<<<<<< HEAD\n"metadata": {', 1)
    yield OddFile("merge-conflict", conflict, "merge conflict (line 6)")

    def large() -> bytes:
        return conflict.replace(b'"source": ', b'"outputs": "' + b"x" * 11_000_000 + b'",\n"source": ')

    yield OddFile("merge-conflict-in-a-large-one", large, "merge conflict (line 6)")
    commas = indented.replace(b'"metadata": {', b'"x": 1,\n, "metadata": {', 1)
    yield OddFile("commas-after-a-merge", commas, "not valid JSON (line 7")
    yield OddFile(
        "comments", indented.replace(b'"metadata": {', b'// mine\n"metadata": {', 1), "not valid JSON"
    )
    yield OddFile("cut-off", text[: len(text) // 2].encode(), "breaks off")
    yield OddFile(
        "cut-off-in-outputs", lambda: b'{"cells": [{"outputs": [' + b'"x", ' * 3_000_000, "breaks off"
    )
    yield OddFile(
        "git-lfs-pointer", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS"
    )
    yield OddFile("empty", b"", "empty")
    yield OddFile("zeros", bytes(5000), "empty")
    yield OddFile("login-page", b"<!DOCTYPE html><html><body>Sign in</body></html>", "web page")
    yield OddFile("login-page-in-utf-16", "<!DOCTYPE html><html>".encode("utf-16"), "web page")
    yield OddFile("only-a-mark", "".encode("utf-16"), "empty")
    yield OddFile("gzip", gzip.compress(saved(book)), "packed archive")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("small.ipynb", text)
    yield OddFile("zip", packed.getvalue(), "packed archive")
    yield OddFile("jupytext", b"# ---\n# jupyter:\n#   jupytext:\n# ---\n\n# %%\nx = 1\n", "a script")
    yield OddFile(
        "format-3", saved({"nbformat": 3, "worksheets": [{"cells": book["cells"]}]}), "old format 3"
    )
    yield OddFile("no-cells", saved(book | {"cells": []}), "no cells")
    yield OddFile("a-list", saved(book["cells"]), "not a notebook of format 4")
    yield OddFile(
        "deep",
        b'{"cells": ' + b"[" * 10**5 + b"]" * 10**5 + b"}",
        "not valid JSON (line 1, a number is too long, or lists are too deep",
    )
    cell = {"cell_type": "code", "metadata": {}, "source": "", "outputs": []}
    yield OddFile(
        "many-cells",
        lambda: saved(book | {"cells": [*book["cells"], *[cell] * 10**5]}),
        "more than 2000 cells",
    )
    yield OddFile(
        "large-source",
        lambda: saved(book | {"cells": [*book["cells"], cell | {"source": "#" * 11_000_000}]}),
        "even without its outputs",
    )
