"""An instructor in JupyterLab: the Formgrader, from the first look at a submission to exported grades."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

from course.grading.course_folder import CourseFolder
from course.grading.gradebook import history
from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.helpers import ROOT, cell, course
from tests.jupyterlab import Lab, running_lab
from tests.whole_class.classes import COURSE_ID, url

WRONG = "def sigmoid(t):\n    return 1 / 1 + np.exp(-t)"
ANSWER = "So that $f$ is asked on both sides of $W$."
COMMENT = "Yes. And **what** does that gain?"
# ps0 and one written answer
POINTS, WRITTEN, LOST = 20, 4, 4

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which ann and bob have handed in ps0, which has one written question more."""
    root = tmp_path_factory.mktemp("formgrader") / "course"
    course_folder = CourseFolder.copy_of(ROOT, root)
    path = root / "source" / "ps0" / "ps0.ipynb"
    source = notebooks.read(path)
    source.cells.append(
        cell("Why two-sided?", "why", kind="markdown", grade=True, solution=True, points=WRITTEN)
    )
    notebooks.write(source, path)
    released = notebooks.read(course_folder.generate("ps0") / "ps0.ipynb")
    answers = solutions(source) | {"why": ANSWER}
    for student, own in (("ann", {"sigmoid": WRONG}), ("bob", {})):
        handed_in = notebooks.with_answers(released, answers | own)
        notebooks.write(handed_in, root / "submitted" / student / "ps0" / "ps0.ipynb")
    return root


@pytest.fixture
def instructors_lab(browser: Browser, root: Path, tmp_path: Path) -> Iterator[Lab]:
    with running_lab(root, tmp_path) as lab:
        yield lab


def offline(page: Page, lab: Lab) -> None:
    """Let the page ask nobody but the lab: it needs nobody else."""
    page.route(lambda asked: not asked.startswith((lab.address, "file:")), lambda route: route.abort())


def opened(page: Page, lab: Lab) -> FrameLocator:
    """Open the Formgrader by Lab's menu."""
    page.goto(lab.url("source"))
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    return page.frame_locator("iframe")


def row(formgrader: FrameLocator, text: str) -> Locator:
    return formgrader.locator("#main-table tr").filter(has_text=text)


def submissions(formgrader: FrameLocator) -> None:
    """Go to the page with what was handed in of ps0."""
    formgrader.get_by_role("link", name="Manage Assignments").click()
    row(formgrader, "ps0").locator(".num-submissions a").click()


def to_grade(formgrader: FrameLocator) -> Locator:
    """Go to the page where the submissions of ps0 wait for reading, and return its rows."""
    formgrader.get_by_role("link", name="Manual Grading", exact=True).first.click()
    for depth in (2, 3):
        formgrader.locator("td.name").get_by_role("link", name="ps0", exact=True).click()
        expect(formgrader.locator(".breadcrumb li")).to_have_count(depth)
    return formgrader.locator("#main-table tr").filter(has_text="Submission #")


def succeeded(formgrader: FrameLocator) -> None:
    """Wait for the message that what was asked for is done, and close it."""
    message = formgrader.locator(".modal-dialog")
    message.wait_for()
    text = message.inner_text()
    assert "Successfully" in text, text
    message.get_by_role("button", name="OK").click()
    message.wait_for(state="hidden")


def saved(page: Page, kind: str, field: Locator, value: str) -> None:
    """Type `value` into a field of the kind "grade" or "comment", and wait until it is in the gradebook."""
    # the page sets these once it listens to the field
    if kind == "comment":
        expect(field).to_have_attribute("placeholder", re.compile("."))
    else:
        expect(field).to_have_class(re.compile("needs_manual_grade"))
    with page.expect_response(lambda r: f"/formgrader/api/{kind}/" in r.url) as response:
        field.fill(value)
        field.press("Tab")
    assert response.value.ok


def test_from_submission_to_grades(instructors_lab: Lab, root: Path, page: Page, tmp_path: Path) -> None:
    offline(page, instructors_lab)
    formgrader = opened(page, instructors_lab)
    expect(row(formgrader, "ps0").locator(".num-submissions")).to_have_text("2")

    # Autograde one of them: through our pipeline, which alone names a mistake
    submissions(formgrader)
    ann, bob = row(formgrader, "ann"), row(formgrader, "bob")
    ann.locator(".autograde a").click()
    succeeded(formgrader)
    tested = POINTS - LOST
    expect(ann.locator(".status")).to_have_text("needs manual grading")
    expect(ann.locator(".score")).to_have_text(f"{tested} / {POINTS + WRITTEN}")
    expect(bob.locator(".status")).to_have_text("needs autograding")
    with Gradebook(url(root), COURSE_ID) as gradebook:
        ((who, graded),) = history.latest(gradebook.db, "ps0").items()
    assert who == ("ann", "ps0")
    assert {name for name, one in graded.cells.items() if one["verdict"] == "wrong"} == {"test_sigmoid"}
    assert graded.cells["test_sigmoid"]["mistake"]

    # Read the written answer, and give points and a comment
    waiting = to_grade(formgrader)
    expect(waiting).to_have_count(1)
    expect(waiting.locator(".score").first).to_have_text(f"{tested} / {POINTS + WRITTEN}")
    expect(waiting.locator(".needs-manual-grade .glyphicon-ok")).to_have_count(1)
    waiting.get_by_role("link", name="Submission #1").click()
    expect(formgrader.locator("p", has_text="So that f is asked")).to_be_visible()
    expect(formgrader.locator("math").filter(has_text="W").last).to_be_visible()
    expect(formgrader.get_by_text("✗ wrong: ps0.sigmoid")).to_be_visible()
    saved(page, "comment", formgrader.locator("#why-comment"), COMMENT)
    saved(page, "grade", formgrader.locator("input#why"), "3")
    page.screenshot(path=tmp_path / "read.png")
    read = to_grade(formgrader)
    expect(read.locator(".score").first).to_have_text(f"{tested + 3} / {POINTS + WRITTEN}")
    expect(read.locator(".needs-manual-grade .glyphicon-ok")).to_have_count(0)

    # Make her feedback
    submissions(formgrader)
    expect(ann.locator(".status")).to_have_text("graded")
    ann.locator(".generate-feedback a").click()
    succeeded(formgrader)

    # The others are graded on the command line; what was given by hand stays, and the open pages know
    result = course("grade", "ps0", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stderr
    submissions(formgrader)
    expect(ann.locator(".score")).to_have_text(f"{tested + 3} / {POINTS + WRITTEN}")
    expect(bob.locator(".score")).to_have_text(f"{POINTS} / {POINTS + WRITTEN}")
    page.screenshot(path=tmp_path / "submissions.png")

    result = course("export", "ps0", "--to", "csv", cwd=root)
    assert result.returncode == 0, result.stderr
    with (root / "ps0-csv.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = {line["student_id"]: line for line in csv.DictReader(file)}
    assert float(exported["ann"]["score"]) == tested + 3
    assert float(exported["ann"]["why"]) == 3

    # What ann receives
    page.goto((root / "feedback" / "ann" / "ps0" / "ps0.html").as_uri())
    page.screenshot(path=tmp_path / "feedback.png")
    heading = page.get_by_role("heading", name=f"ps0: {tested + 3} of {POINTS + WRITTEN} points")
    expect(heading).to_be_visible()
    expect(page.locator(".panel-footer")).to_contain_text("Comments: Yes. And what does that gain?")
    expect(page.locator(".panel-footer strong")).to_have_text("what")
    expect(page.get_by_text("✗ wrong: ps0.sigmoid")).to_be_visible()
    pictures = page.locator(".output_png img")
    assert pictures.evaluate_all("all => all.map(one => one.naturalWidth > 0 && one.alt > '')") == [True]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    # nothing is cut off
    lines = page.locator(".output_area pre")
    assert lines.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")
