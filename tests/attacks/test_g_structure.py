"""G. Notebooks that are not what was handed out, or no notebooks at all."""

from __future__ import annotations

import copy
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from course.grading.problem_sets import notebooks
from tests.attacks.arena import FAST, HONEST, ROOT, content, filled, grade, named, paper, problem_set

PAPER = paper(["first", "wrong", "last"])
ANSWERS = {
    "first": named(HONEST, "first"),
    "wrong": "def wrong(y, y_hat): return y",
    "last": named(HONEST, "last"),
}
HTML = '<img src=x onerror="alert(1)"><script>alert(1)</script>=HYPERLINK("http://x")'
Book = dict[str, Any]


def handed_in() -> Book:
    return json.loads(content(filled(PAPER, ANSWERS)))


def cells(book: Book) -> dict[str, Any]:
    return {one["metadata"].get("nbgrader", {}).get("grade_id", ""): one for one in book["cells"]}


def verdicts(result) -> dict[str, str]:
    assert result.status == "graded", result.problem
    json.loads(result.to_json())
    nbformat.validate(result.notebook)
    notebooks.dumps(result.notebook).encode()
    assert all(cell.points == (cell.verdict == "pass") for cell in result.cells.values())
    return {name.removeprefix("test_"): cell.verdict for name, cell in result.cells.items()}


def code(source: Any = "pass", **fields: Any) -> Book:
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    } | fields


def without_tests(book):
    book["cells"] = [one for one in book["cells"] if "test_" not in str(one["metadata"])]


def without_the_imports(book):
    del book["cells"][0]


def backwards(book):
    book["cells"].reverse()


def all_twice(book):
    book["cells"] += copy.deepcopy(book["cells"])


def with_empty_tests(book):
    for one in book["cells"]:
        if "test_" in str(one["metadata"]):
            one["source"] = "pass"


def with_own_tests(book):
    for name, one in cells(book).items():
        if name.startswith("test_"):
            one["source"] = "1000"


def retyped(book):
    for one in book["cells"]:
        one["cell_type"] = "markdown"


def raw(book):
    for one in book["cells"]:
        one["cell_type"] = "raw"


def retagged(book):
    for one in book["cells"]:
        one["metadata"]["tags"] = [
            "skip-execution",
            "raises-exception",
            "in-kernel",
            "remove_cell",
            "remove_input",
        ]
        one["metadata"]["editable"] = one["metadata"]["deletable"] = True


def points(book):
    for one in book["cells"]:
        one["metadata"].get("nbgrader", {}).update(points=1000, score=1000)


def no_longer_graded(book):
    for one in book["cells"]:
        one["metadata"].get("nbgrader", {}).update(grade=False, locked=False, solution=True)


def all_graded_by_hand(book):
    for one in book["cells"]:
        one["metadata"].get("nbgrader", {}).update(grade=True, solution=True, points=5)


def strange_settings(book):
    for number, one in enumerate(book["cells"]):
        one["metadata"]["nbgrader"] |= {
            "schema_version": [1, 99, None, "x"][number % 4],
            "checksum": number,
            "task": "yes",
        }


def odd_own_cells(book):
    for grade_id in ("nothing", "../../x", "test_first2", HTML, 1, None, [], {}, True, "x" * 10**5, "\ud800"):
        book["cells"].append(
            code("1/0", metadata={"nbgrader": {"grade_id": grade_id, "grade": True, "points": 99}})
        )
    for metadata in (None, [], "x", 1, {"nbgrader": None}, {"nbgrader": []}, {"nbgrader": "x"}):
        book["cells"].append(code(metadata=metadata))


def odd_ids(book):
    for identity in ("", "first", "own-1", "own-2", "own-2", "a b", "x" * 65, 5, None, "é", "<b>", "-", "\n"):
        book["cells"].insert(1, code(id=identity))
    book["cells"].append(code())


def odd_sources(book):
    for source in (
        1,
        None,
        1.5,
        True,
        {},
        {"a": 1},
        [1, None, "x = 1"],
        ["a", ["b"]],
        [],
        "",
        "\0",
        "\ud800",
        "x" * 10**5,
    ):
        book["cells"].append(code(source))


def not_cells(book):
    book["cells"] += [
        None,
        1,
        "cell",
        [],
        {},
        {"cell_type": "code"},
        {"cell_type": ["code"]},
        {"cell_type": "heading", "source": ""},
    ]


def forged_outputs(book):
    for one in book["cells"]:
        one["outputs"] = [
            {
                "output_type": "execute_result",
                "data": {"text/plain": "5"},
                "metadata": {},
                "execution_count": 1,
            }
        ]
        one["execution_count"] = 10**9


def broken_outputs(book):
    for one in book["cells"]:
        one["outputs"] = {"a": [None, {"output_type": "pickle"}]}
        one["execution_count"] = "x"
        one["attachments"] = 5


def another_kernel(book):
    book["metadata"] = {
        "kernelspec": {"name": "bash", "argv": ["/bin/sh", "-c", "id"], "language": "R"},
        "language_info": {"name": "R"},
    }


def odd_format(book):
    book["nbformat"], book["nbformat_minor"] = -1, "five"
    book["metadata"] = [1]


def source_in_lines(book):
    for one in book["cells"]:
        one["source"] = one["source"].splitlines(keepends=True)


def html(book):
    cells(book)["wrong"]["source"] = f"def wrong(y, y_hat): raise ValueError({HTML!r})"
    book["cells"].append({"cell_type": "markdown", "source": HTML, "metadata": {}})


REBUILT = {
    change: {"first": "pass", "wrong": "wrong", "last": "pass"}
    for change in (
        without_tests, without_the_imports, backwards, all_twice, with_empty_tests, with_own_tests, retyped,
        raw, retagged, points, no_longer_graded, all_graded_by_hand, strange_settings, odd_own_cells, odd_ids,
        odd_sources, not_cells, forged_outputs, broken_outputs, another_kernel, odd_format, source_in_lines,
    )
} | {html: {"first": "pass", "wrong": "error", "last": "pass"}}  # fmt: skip


@pytest.mark.parametrize("change", REBUILT)
def test_rebuilt(change):
    book = handed_in()
    change(book)
    result = grade(PAPER, content(book), limits=FAST)
    assert verdicts(result) == REBUILT[change]
    assert result.max_score == 3


def test_the_last_of_several_answers_counts():
    book = handed_in()
    book["cells"].append(copy.deepcopy(cells(book)["wrong"]) | {"source": named(HONEST, "wrong")})
    book["cells"].append(copy.deepcopy(cells(book)["last"]) | {"source": "def last(y, y_hat): pass"})
    result = grade(PAPER, content(book), limits=FAST)
    assert verdicts(result) == {"first": "pass", "wrong": "pass", "last": "wrong"}
    assert len(result.repairs) >= 2


UNREADABLE = {
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b"\xff\xfe{}",
    "null": b"null",
    "a number": b"1e400",
    "a list": b"[]",
    "no cells": b"{}",
    "no cell": b'{"cells": []}',
    "cells that are an object": b'{"cells": {"0": {}}}',
    "format 3": b'{"nbformat": 3, "worksheets": [{"cells": []}]}',
    "deep": b'{"cells": ' + b"[" * 10**6 + b"]" * 10**6 + b"}",
    "a huge int": b'{"cells": [' + b"9" * 10**6 + b"]}",
    "100,000 cells": b'{"cells": [' + b"{}," * 10**5 + b"{}]}",
    "a pickle": b"\x80\x04\x95.",
    "zeros": bytes(10**6),
    "a program": Path("/bin/sh").read_bytes()[: 10**5],
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_unreadable(name):
    result = grade(PAPER, UNREADABLE[name], limits=FAST)
    assert verdicts(result) == dict.fromkeys(("first", "wrong", "last"), "not-run")
    assert result.unreadable
    assert {cell.message for cell in result.cells.values()} == {result.unreadable}


def test_no_regular_files(tmp_path, canary):
    right = tmp_path / "right.ipynb"
    right.write_bytes(content(filled(PAPER, ANSWERS)))
    made = {
        name: tmp_path / f"{name}.ipynb"
        for name in ("link", "dangling", "folder", "pipe", "socket", "device", "large")
    }
    made["link"].symlink_to(right)
    made["dangling"].symlink_to("/nowhere")
    made["folder"].mkdir()
    os.mkfifo(made["pipe"])
    with made["large"].open("wb") as file:
        file.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(made["socket"]))
    made["device"] = Path("/dev/zero")
    made["missing"] = tmp_path / "missing.ipynb"
    try:
        for name, path in made.items():
            result = grade(PAPER, path, limits=FAST)
            assert verdicts(result) == dict.fromkeys(("first", "wrong", "last"), "not-run"), name
            assert canary not in result.to_json()
    finally:
        for path in (right, *(p for p in made.values() if tmp_path in p.parents and p != made["folder"])):
            path.unlink(missing_ok=True)
        made["folder"].rmdir()


def test_the_command_gives_a_line_for_each(tmp_path_factory):
    folder = tmp_path_factory.mktemp("handed in")
    _, notebook = problem_set("ps3")
    right = folder / "[" / "b] =1+1.ipynb"  # a closing tag of nothing, for who reads it as markup
    right.parent.mkdir()
    right.write_bytes(content(notebook))
    (folder / "alice").mkdir()
    (folder / "alice" / "ps3.ipynb").write_bytes(content(notebook))
    (folder / "eve").symlink_to(folder / "alice")
    (folder / "mallory").mkdir()
    (folder / "mallory" / "ps3.ipynb").symlink_to(right)
    (folder / "alice" / "ps3").mkdir()
    (folder / "alice" / "ps3" / "ps3.ipynb").write_bytes(content(notebook))
    (folder / "oscar").mkdir()
    (folder / "oscar" / "ps3").symlink_to(folder / "alice" / "ps3")
    (folder / "folder" / "ps3.ipynb").mkdir(parents=True)
    os.mkfifo(folder / "pipe.ipynb")
    (folder / "broken.ipynb").write_bytes(b"{")
    odd = folder / os.fsdecode(b"\xff\n\x1b[31m.ipynb")
    odd.write_bytes(b"[]")
    paths = [folder / "pipe.ipynb", folder / "eve", folder / "broken.ipynb", right, folder / "mallory", odd,
             folder / "eve" / "ps3", folder / "oscar" / "ps3" / "ps3.ipynb", folder / "folder",
             folder / "nowhere.ipynb"]  # fmt: skip
    command = [sys.executable, "-c", "from course.grading.cli import main; main()", "score", "ps3"]
    how = {
        "cwd": ROOT,
        "capture_output": True,
        "env": {**os.environ, "PYTHONPATH": str(ROOT)},
        "timeout": 120,
    }
    result = subprocess.run([*command, *paths, "--json"], **how, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [line["submission"] for line in lines] == [str(path) for path in paths]
    full = sum(cell["max_points"] for cell in lines[3]["cells"].values() if cell["verdict"] != "manual")
    assert [line["score"] for line in lines] == [full if path == right else 0 for path in paths]
    assert all(set(line["cells"]) == set(lines[3]["cells"]) for line in lines)
    shown = subprocess.run([*command, *paths[4:]], **how, check=False)
    assert shown.returncode == 0, shown.stderr
    assert b"\x1b" not in shown.stdout
