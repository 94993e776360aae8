"""The page for developers names what is there: every file and folder on it, and the names in its recipes."""

from __future__ import annotations

import re
import subprocess
from pathlib import PurePosixPath

import pytest

from course.checking.tables.ps1 import CHECKS
from mlp_ref.cases import ARGUMENTS
from mlp_ref.functions import FUNCTIONS
from mlp_ref.mistakes import MISTAKES
from tests.helpers import ROOT
from tests.project.test_imports import ROWS

PAGE = (ROOT / "docs" / "developing.md").read_text(encoding="utf-8")
KINDS = "css|html|ipynb|js|md|py|toml"
PATH = re.compile(rf"(?<![\w./])[\w.]*\w/[\w*./]*|(?<![\w/])[\w*]+\.(?:{KINDS})\b")
MADE = re.compile(r"(?<![\w/])(?:submitted/ann/ps1/|autograded/|feedback/|\.venv/bin/\w+)")
"""what is not in the repository: a course and an installation make it"""


def there() -> set[PurePosixPath]:
    """Files of the repository, and the folders they are in."""
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [PurePosixPath(name) for name in listing.stdout.split()]
    return {*files, *(folder for file in files for folder in file.parents)}


def missing(paragraph: str) -> list[str]:
    """Return what a paragraph names and is not there: a bare name is a file in a folder named beside it."""
    known = there()
    names = [name.rstrip(".") for name in PATH.findall(MADE.sub("", paragraph))]
    places = {name: [path for path in known if path.match(name.rstrip("/"))] for name in names if "/" in name}
    folders = {PurePosixPath("."), PurePosixPath("docs")}
    for paths in places.values():
        folders |= {folder for path in paths for folder in (path, path.parent)}
    for name in names:
        if "/" not in name:
            places[name] = [path for path in known if path.parent in folders and path.match(name)]
    return [name for name, paths in places.items() if not paths]


@pytest.mark.parametrize("paragraph", PAGE.split("\n\n"), ids=lambda text: " ".join(text.split()[:6]))
def test_every_file_and_folder_is_there(paragraph: str) -> None:
    assert missing(paragraph) == []


def test_what_is_not_there_is_found_out() -> None:
    assert missing("in `course/grading/nowhere/` and `course/grading/cli.py`, beside `elsewhere.py`") == [
        "course/grading/nowhere/",
        "elsewhere.py",
    ]


def test_the_rooms_are_all_there_from_top_to_bottom() -> None:
    table = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `")]
    rows = [[room.removeprefix("grading.") for room in row.split()] for row in ROWS]
    rows = [[room for room in row if "." not in room and room != "__main__"] for row in rows]
    last = 0
    for row in filter(None, rows):
        places = {
            room: [k for k, cell in enumerate(table) if re.search(rf"[`/]{room}[./]", cell)] for room in row
        }
        assert all(places.values()), places
        assert min(min(k) for k in places.values()) >= last, row
        last = max(min(k) for k in places.values())


def test_the_recipe_of_a_function_names_every_table_that_has_them() -> None:
    tables = {"FUNCTIONS": FUNCTIONS, "ARGUMENTS": ARGUMENTS, "MISTAKES": MISTAKES, "CHECKS": CHECKS}
    for name, table in tables.items():
        assert "ps1.dC_dW1" in table
        assert f"`{name}`" in PAGE


# What one wants to change, a file that the recipe names, and words of it that are to be changed.
CHANGES = [
    ("A limit", "course/grading/sandbox/limits.py", "class Limits"),
    ("A limit", "course/grading/nbgrader_steps/autograde.py", "def limits"),
    ("A limit", "course/grading/judging/remedies.py", "c.SandboxedExecute.memory"),
    ("A message", "course/checking/compare.py", "expected"),
    ("The wording of feedback", "course/grading/judging/runner.py", "✓ passed"),
    ("The wording of feedback", "course/grading/judging/test_cells.py", "assertion does not hold."),
    ("The wording of feedback", "course/grading/feedback/problems.py", "then {RUN_AGAIN}"),
    ("The wording of feedback", "course/grading/nbgrader_steps/feedback.py", "STYLE = "),
    ("A verdict", "course/grading/sandbox/guest.py", "crashed"),
    ("What may be released", "course/grading/problem_sets/release_rule.py", "LEFTOVERS"),
    ("A named mistake", "mlp_ref/mistakes/ps1.py", "MISTAKES"),
    ("A table of the report", "course/grading/report/overview.py", "def "),
    ("A table of the report", "course/grading/report/students.py", "Return everybody"),
    ("A control of the explorer", "course/explorer/view/js/listen.js", "change:band"),
    ("A control of the explorer", "course/explorer/view/js/state.js", "ACCEPTED"),
]


@pytest.mark.parametrize(("recipe", "path", "words"), CHANGES)
def test_a_recipe_leads_to_the_place(recipe: str, path: str, words: str) -> None:
    [paragraph] = [text for text in PAGE.split("\n\n") if text.startswith(f"**{recipe}")]
    folder, _, name = path.rpartition("/")
    assert f"`{path}`" in paragraph or (f"`{name}`" in paragraph and f"`{folder}/" in paragraph)
    assert words in (ROOT / path).read_text(encoding="utf-8")


def test_the_page_is_short_and_contributing_leads_to_it() -> None:
    assert len(PAGE.splitlines()) <= 140
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) == 3
    assert "(docs/developing.md)" in text
