"""J. What a student wrote or displayed, on the pages that others read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter

from course.grading.problem_sets import notebooks
from tests.helpers import course, nbgrader
from tests.hostile_pages import FILES, KEPT, dangers, hostile_course, png


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_course(tmp_path_factory.mktemp("hostile") / "course")


@pytest.fixture(scope="module", params=["course", "stock"])
def graded(root: Path, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The course, graded and with feedback by one of the ways."""
    folder = shutil.copytree(root, tmp_path_factory.mktemp("graded") / "course")
    if request.param == "course":
        results = [course(command, "small", "--jobs", "1", cwd=folder) for command in ("grade", "feedback")]
    else:
        results = [nbgrader(command, "small", cwd=folder) for command in ("autograde", "generate_feedback")]
    for result in results:
        assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_the_graded_notebook_is_harmless_whoever_renders_it(graded: Path) -> None:
    for student in ("eve", "ann"):
        path = graded / "autograded" / student / "small" / "small.ipynb"
        page, _ = HTMLExporter(template_name="basic").from_filename(str(path))
        assert dangers(page) == []
    text = (graded / "autograded" / "eve" / "small" / "small.ipynb").read_text()
    assert "all is shown" in text


def test_the_feedback_page_is_harmless(graded: Path) -> None:
    for student in ("eve", "ann"):
        page = (graded / "feedback" / student / "small" / "small.html").read_text()
        assert dangers(page) == []
        policy = '<head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        assert policy in page
        assert "script-src" not in page.partition("/>")[0]


def test_a_pasted_picture_stays_and_a_missing_one_is_text(graded: Path) -> None:
    (path,) = graded.glob("autograded/ann/small/small.ipynb")
    pasted = [one for one in notebooks.read(path).cells if "attachments" in one]
    assert [one.attachments for one in pasted] == 2 * [{"mine.png": {"image/png": png()}}]
    page = (graded / "feedback" / "ann" / "small" / "small.html").read_text()
    assert page.count(f'<img src="data:image/png;base64,{png()}" alt="mine.png">') == 2
    assert page.count("gone (attachment:gone.png)") == 2


def test_no_file_of_a_students_is_a_page(graded: Path) -> None:
    for top in ("autograded", "feedback"):
        folder = graded / top / "eve" / "small"
        names = {path.name for path in folder.iterdir()} - {"small.ipynb", "small.html"}
        assert names == KEPT | {f"handed-in-{name}" for name in KEPT}
        assert (folder / "index.html.txt").read_text() == FILES["index.html"]
