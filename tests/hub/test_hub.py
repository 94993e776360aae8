"""A class on a Hub, in browsers: an instructor, two students, and somebody who is in no group."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.helpers import ROOT, cell
from tests.hub.conftest import COURSE, Hub, arrive, ask, in_lab, press, row, signed_in
from tests.jupyterlab import open_notebook

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def ida(browser: Browser, hub: Hub) -> Page:
    return arrive(signed_in(browser, hub, "ida"), hub, "ida")


@pytest.fixture(scope="module")
def ann(browser: Browser, hub: Hub) -> Page:
    return in_lab(signed_in(browser, hub, "ann"), hub, "ann")


@pytest.fixture(scope="module")
def bob(browser: Browser, hub: Hub) -> Page:
    # as on a busy Hub, a part of the script that waits for the server never arrives
    return in_lab(signed_in(browser, hub, "bob", "**/jhapi*"), hub, "bob")


def formgrader(page: Page, hub: Hub) -> Page:
    page.goto(f"{hub.address}/services/{COURSE}/formgrader")
    return page


def test_who_is_in_no_group_is_told_so(browser: Browser, hub: Hub) -> None:
    page = signed_in(browser, hub, "guest")
    expect(page.locator("body")).to_contain_text("guest is in no group of the course mlp-gradients")


def test_a_student_enters_neither_formgrader_nor_anothers_server(hub: Hub, ann: Page, bob: Page) -> None:
    service = f"services/{COURSE}/formgrader"
    for path in (service, f"{service}/whole_class", f"{service}/whole_class/state", "user/ann/lab"):
        assert bob.request.get(f"{hub.address}/{path}").status == 403, path
    asked = {"assignment": "ps0", "command": "grade"}
    assert bob.request.post(f"{hub.address}/{service}/whole_class/start", form=asked).status == 403
    assert bob.request.get(f"{hub.address}/user/bob/formgrader/whole_class").status == 404


def test_students_are_shown_what_is_for_them(ann: Page) -> None:
    ann.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    expect(ann.get_by_role("menuitem", name="Assignment List", exact=True)).to_be_visible()
    for name in ("Formgrader", "Create Assignment", "Course List"):
        expect(ann.get_by_role("menuitem", name=name, exact=True)).to_have_count(0)
    ann.keyboard.press("Escape")


def test_from_release_to_feedback(hub: Hub, ida: Page, ann: Page, bob: Page) -> None:
    add_written_question(hub)
    grader = formgrader(ida, hub)
    assignment = row(grader, "ps0")
    press(grader, assignment.locator("td.assign a"))
    press(grader, assignment.locator("td.release a"))

    # ann clicks; bob's browser asks the same of his server
    open_list(ann)
    ann.locator("#released_assignments_list").get_by_role("button", name="Fetch", exact=True).click()
    expect(ann.locator("#fetched_assignments_list")).to_contain_text("ps0")
    ask(bob, "assignments/fetch", course_id=COURSE, assignment_id="ps0")
    spy = f"import os\nseen = os.path.exists({str(hub.course)!r})\nprint('seen', seen)\n"
    answer(hub, "ann", "")
    answer(hub, "bob", spy)

    open_notebook(ann, f"{hub.address}/user/ann/lab/tree/ps0/ps0.ipynb?reset")
    ann.get_by_role("button", name="Validate").click()
    validated = ann.locator(".jp-Dialog").filter(has_text="Validation Results")
    expect(validated).to_contain_text("Success")
    validated.get_by_role("button").last.click()

    ann.goto(f"{hub.address}/user/ann/lab?reset")
    open_list(ann)
    ann.locator("#fetched_assignments_list").get_by_role("button", name="Submit", exact=True).click()
    expect(ann.locator("#submitted_assignments_list")).to_contain_text("ps0")
    ask(bob, "assignments/submit", course_id=COURSE, assignment_id="ps0")

    formgrader(ida, hub)
    press(grader, assignment.locator("td.collect a"))
    assignment.locator(".num-submissions a").click()
    press(grader, row(grader, "ann").locator(".autograde a"))
    expect(row(grader, "ann").locator(".status")).to_have_text("needs manual grading")
    grader.get_by_role("link", name="Grade all that wait").click()
    grader.get_by_role("button", name="Grade all waiting of ps0").click()
    expect(grader.locator("#headline")).to_contain_text("Grading ps0, started by ida, ended at")
    expect(grader.locator("#log")).to_contain_text("1 unchanged since they were graded")
    graded = (hub.course / "autograded" / "bob" / "ps0" / "ps0.ipynb").read_text()
    assert "seen False" in graded
    read(ida, hub)

    formgrader(ida, hub)
    assignment.locator(".num-submissions a").click()
    press(grader, row(grader, "ann").locator(".generate-feedback a"))
    press(grader, row(grader, "ann").locator(".release-feedback a"))
    ask(ann, "assignments/fetch_feedback", course_id=COURSE, assignment_id="ps0")
    home = hub.tree / "home" / "ann"
    (page,) = home.glob("ps0/feedback/*/ps0.html")
    ann.goto(f"{hub.address}/user/ann/files/{page.relative_to(home)}")
    expect(ann.get_by_role("heading", name="ps0: 23 of 24 points")).to_be_visible()


def add_written_question(hub: Hub) -> None:
    path = hub.course / "source" / "ps0" / "ps0.ipynb"
    source = notebooks.read(path)
    source.cells.append(cell("Why two-sided?", "why", kind="markdown", grade=True, solution=True, points=4))
    path.write_text(notebooks.dumps(source), encoding="utf-8")


def answer(hub: Hub, name: str, before: str) -> None:
    """Answer all questions in a student's folder, with `before` at the start of one of the answers."""
    path = hub.tree / "home" / name / "ps0" / "ps0.ipynb"
    answers = solutions(notebooks.read(ROOT / "source" / "ps0" / "ps0.ipynb")) | {"why": "On both sides."}
    answers["relative_error"] = before + answers["relative_error"]
    answered = notebooks.with_answers(notebooks.read(path), answers)
    path.write_text(notebooks.dumps(answered), encoding="utf-8")


def open_list(page: Page) -> None:
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Assignment List", exact=True).click()


def read(page: Page, hub: Hub) -> None:
    """Read the written answers, and give three points to each."""
    for number in (1, 2):
        page.goto(f"{hub.address}/services/{COURSE}/formgrader/gradebook/ps0/ps0")
        page.get_by_role("link", name=f"Submission #{number}", exact=True).click()
        field = page.locator("input#why")
        expect(field).to_have_class(re.compile("needs_manual_grade"))
        with page.expect_response(lambda response: "/formgrader/api/grade/" in response.url) as response:
            field.fill("3")
            field.press("Tab")
        assert response.value.ok
