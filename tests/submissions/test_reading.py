"""What a file handed in as a notebook says, however it was saved or damaged, and why it says nothing."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from contextlib import suppress

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.grading.problem_sets import notebooks
from course.grading.problem_sets.assignment import load, with_tests
from course.grading.submissions import needed_json as module
from course.grading.submissions.needed_json import NEEDED, NotJSON, TooMuch, needed_json
from course.grading.submissions.rebuild import rebuild
from tests.helpers import ROOT, graded, notebook, solution
from tests.submissions.odd_files import readable, unreadable

PS0 = load(ROOT, "ps0")
SOLVED = notebooks.with_answers(PS0.skeleton, PS0.solutions or {})
BOOK = json.loads(notebooks.dumps(SOLVED))
READABLE = {file.name: file for file in readable(BOOK)}
UNREADABLE = {file.name: file for file in unreadable(BOOK)}


def named(result: nbformat.NotebookNode) -> dict[str, str]:
    return {name: each.source for each in result.cells if (name := notebooks.grade_id(each))}


@pytest.mark.sampled
@pytest.mark.parametrize("name", READABLE)
def test_all_answers_are_read(name, tmp_path) -> None:
    file, path = READABLE[name], tmp_path / "ps0.ipynb"
    content = file.content
    path.write_bytes(content)
    for submission in (path, content):
        rebuilt = rebuild(PS0, submission)
        assert rebuilt.unreadable == ""
        assert named(rebuilt.notebook) == named(SOLVED)
        assert bool(rebuilt.repairs) == bool(file.repair), rebuilt.repairs
        assert all(file.repair in repair for repair in rebuilt.repairs)


def test_bytes_of_windows_are_read_as_there() -> None:
    rebuilt = rebuild(PS0, READABLE["windows-1252"].content)
    assert rebuilt.notebook.cells[-1].source == "Für dich – 5 €"


@pytest.mark.sampled
@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_told_with_the_reason(name, tmp_path) -> None:
    file, path = UNREADABLE[name], tmp_path / "ps0.ipynb"
    content = file.content
    path.write_bytes(content)
    for submission in (path, content):
        rebuilt = rebuild(PS0, submission)
        assert file.reason in rebuilt.unreadable
        assert named(rebuilt.notebook) == named(PS0.skeleton)
        assert rebuilt.repairs == ()
        what, _, what_to_do = rebuilt.unreadable.rpartition(": ")
        assert what
        assert what_to_do.endswith(".")


def test_links_and_what_is_missing_are_told_apart(tmp_path) -> None:
    (tmp_path / "right.ipynb").write_text(json.dumps(BOOK))
    (tmp_path / "link.ipynb").symlink_to("right.ipynb")
    (tmp_path / "ann").mkdir()
    (tmp_path / "bob").symlink_to("ann")
    assert "The notebook is a link" in rebuild(PS0, tmp_path / "link.ipynb").unreadable
    assert "The folder is a link" in rebuild(PS0, tmp_path / "bob").unreadable
    assert "The notebook is missing" in rebuild(PS0, tmp_path / "none.ipynb").unreadable
    assert "not a regular file" in rebuild(PS0, tmp_path / "ann").unreadable


def test_a_cell_is_known_by_the_id_that_the_release_gave_it() -> None:
    book = notebook(solution("double", "2 * x"), graded("test_double", "assert double(2) == 4"))
    for number, each in enumerate(book.cells):
        each.id = f"random-{number}"
    assignment = with_tests("small", book, book)
    submission = nbformat.from_dict(book)
    submission.cells[0].source = "def double(x): return x + x"
    for each in submission.cells:
        each.metadata = {}
    rebuilt = rebuild(assignment, json.dumps(submission).encode())
    assert rebuilt.notebook.cells[0].source == "def double(x): return x + x"
    assert rebuilt.repairs == ("cells had lost nbgrader's metadata, and were known by their ids (2 of 2)",)
    # beside the cell itself, what only has its id is the student's own
    submission.cells.append(nbformat.from_dict(book.cells[0]))
    rebuilt = rebuild(assignment, json.dumps(submission).encode())
    assert named(rebuilt.notebook)["double"] == book.cells[0].source
    assert [each.source for each in rebuilt.notebook.cells if not notebooks.grade_id(each)]


MEMORY = """
import resource, sys
from pathlib import Path
from course.grading.submissions.notebook import read, submitted_notebook
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cells = submitted_notebook(read(Path(sys.argv[1]))).cells
print(len(cells), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "output", ['"' + "0123456789" * 10**5 + '",', "[[1,[2]],{}]," * 10**5], ids=["text", "lists"]
)
def test_two_hundred_megabytes_of_outputs_are_read_in_little_memory(tmp_path, output) -> None:
    path = tmp_path / "large.ipynb"
    with path.open("w") as file:
        file.write('{"cells": [{"cell_type": "code", "source": "pass", "outputs": [')
        while file.tell() < 200 << 20:
            file.write(output)
        file.write('0], "metadata": {}}], "metadata": {}, "nbformat": 4}')
    command = [sys.executable, "-c", MEMORY, path]
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    cells, kilobytes = map(int, result.stdout.split())
    assert cells == 1
    assert kilobytes < 80 << 10


def test_many_brackets_one_by_one_are_too_much(monkeypatch) -> None:
    monkeypatch.setattr(module, "MOST_BRACKETS", 100)
    with pytest.raises(TooMuch):
        needed_json(io.BytesIO(b'{"cells": [' + b"[]," * 200 + b"0]}"), 10_000)


def pruned(value, needed):
    """What is needed of a value, made from the value itself."""
    if isinstance(needed, dict) and isinstance(value, dict):
        return {k: pruned(v, needed[k]) if k in needed else None for k, v in value.items()}
    if isinstance(needed, list) and isinstance(value, list):
        return [pruned(item, needed[0]) for item in value]
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text('[]{}",:\\ aé\n'),
    lambda values: st.lists(values) | st.dictionaries(st.text('[]{}"\\ a'), values),
)
CELLS = st.dictionaries(st.sampled_from(("source", "outputs", "id", "metadata", "x")), JSON)
BOOKS = st.dictionaries(st.sampled_from(("cells", "metadata", "worksheets")), JSON | st.lists(CELLS | JSON))


@pytest.mark.slow
@given(BOOKS | JSON, st.integers(1, 40), st.sampled_from((None, 1)), st.booleans())
def test_what_is_needed_is_what_the_json_says(book, chunk, indent, ascii_only) -> None:
    text = json.dumps(book, indent=indent, ensure_ascii=ascii_only)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        assert json.loads(needed_json(io.BytesIO(text.encode()), 10**6)) == pruned(book, NEEDED)


@pytest.mark.slow
@given(BOOKS, st.integers(1, 40), st.integers(0, 10**4), st.sampled_from((*'[]{},:"x\\', "")))
def test_damage_is_damage_or_in_what_is_passed_over(book, chunk, place, mark) -> None:
    text = json.dumps(book)
    place %= len(text)
    text = text[:place] + mark + text[place + (not mark) :]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "CHUNK", chunk)
        try:
            expected = pruned(json.loads(text), NEEDED)
        except ValueError:
            with suppress(NotJSON):
                json.loads(needed_json(io.BytesIO(text.encode()), 10**6))
        else:
            assert json.loads(needed_json(io.BytesIO(text.encode()), 10**6)) == expected
