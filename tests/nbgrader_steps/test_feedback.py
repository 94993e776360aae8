"""What a feedback page shows: the verdict and why, never a hidden test, and nothing a student wrote runs."""

from __future__ import annotations

import re

import pytest
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from course.grading.judging.results import CellResult
from course.grading.judging.runner import verdict_output
from course.grading.nbgrader_steps.feedback import Grades, HideTests, Inert, PageStyle
from course.grading.problem_sets import notebooks
from tests.helpers import hand_in, nbgrader, notebook, small_course

SCRIPT = "<script>alert('mine')</script>"
WRONG = f"# {SCRIPT}\ndef double(x):\n    return 2 * x if x < 3 else 7"
NOTES = f"my notes {SCRIPT} <b onclick='x()'>bold</b>"
# as `course.figures.show` displays a figure
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
TEXT = "a line that goes up"
LOUD = f"""def half(x):
    from IPython.display import HTML, Javascript, display
    figure = {{"text/html": '<img src="data:image/png;base64,{PICTURE}">', "image/png": "{PICTURE}"}}
    display(figure, metadata={{"image/png": {{"alt": "{TEXT}"}}}}, raw=True)
    display(HTML("{SCRIPT}<img src=x onerror=alert(1)>"), Javascript("alert(2)"))
    return x / 3

half(1)
"""


def test_what_students_are_called_is_text_in_formgrader() -> None:
    names = {"first_name": "<a href=/logout>Eve</a>", "last_name": "O'Hara", "student": 5}
    _, resources = Inert().preprocess(notebook(), names)
    assert resources == {
        "first_name": "&lt;a href=/logout&gt;Eve&lt;/a&gt;", "last_name": "O&#x27;Hara", "student": 5
    }  # fmt: skip
    assert Inert().preprocess(notebook(), {"first_name": None})[1] == {"first_name": None}


def test_the_lines_of_a_verdict_are_no_longer_than_formgrader_shows() -> None:
    shown = verdict_output(CellResult("wrong", 0.0, 1.0, "a long story " * 40)).traceback[0]
    assert shown.startswith("✗ wrong: a long story")
    assert 90 < max(map(len, shown.splitlines())) <= 100


@pytest.mark.parametrize("step", [HideTests, Grades, PageStyle], ids=lambda step: step.__name__)
def test_the_exporters_own_settings_bring_no_warning(step, caplog) -> None:
    HTMLExporter(config=Config({step.__name__: {"no_such": 1}})).register_preprocessor(step, enabled=True)
    # one that nobody knows is still told
    assert [record.message.split("`")[1] for record in caplog.records] == ["no_such"]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> str:
    root = small_course(tmp_path_factory.mktemp("feedback") / "course")
    assert nbgrader("generate_assignment", "small", cwd=root).returncode == 0
    path = hand_in(root, "ann", double=WRONG, half=LOUD)
    notebook = notebooks.read(path)
    notebook.cells.append(notebooks.nbformat.v4.new_markdown_cell(NOTES))
    notebooks.write(notebook, path)
    for command in ("autograde", "generate_feedback"):
        result = nbgrader(command, "small", cwd=root)
        assert result.returncode == 0, result.stderr
    return (root / "feedback" / "ann" / "small" / "small.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_verdicts_are_shown(page: str) -> None:
    assert page.count("assertion does not hold") == 2 * 2  # in the table, and in the cell
    assert "return x / 3" in page or "x</span>" in page
    assert "my notes" in page


@pytest.mark.slow
def test_no_hidden_test_is_shown(page: str) -> None:
    assert "HIDDEN" not in page
    assert "double(3)" not in page.replace("</span>", "").replace('<span class="', "")


@pytest.mark.slow
def test_nothing_a_student_wrote_runs(page: str) -> None:
    assert SCRIPT not in page
    assert "<img src=x" not in page
    assert "<img onerror" not in page
    assert "onclick='x()'" not in page
    assert "alert(2)</script>" not in page


@pytest.mark.slow
def test_figures_are_pictures_with_their_text(page: str) -> None:
    (picture,) = re.findall(rf"<img [^>]*base64,{re.escape(PICTURE)}[^>]*>", page)
    assert f'alt="{TEXT}"' in picture
    assert page.count(PICTURE) == 1 + LOUD.count(PICTURE)  # the code that displays it
