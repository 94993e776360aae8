"""A class on a Hub, in browsers: an instructor, two students, and somebody who is in no group."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.helpers import ROOT
from tests.hub.conftest import COURSE, Hub, ask, in_lab, press, row, signed_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def ida(browser: Browser, hub: Hub) -> Page:
    page = signed_in(browser, hub, "ida")
    page.wait_for_url(f"{hub.address}/user/ida/**")
    return page


@pytest.fixture(scope="module")
def ann(browser: Browser, hub: Hub) -> Page:
    return in_lab(signed_in(browser, hub, "ann"), hub, "ann")


@pytest.fixture(scope="module")
def bob(browser: Browser, hub: Hub) -> Page:
    return in_lab(signed_in(browser, hub, "bob"), hub, "bob")


def formgrader(page: Page, hub: Hub) -> Page:
    page.goto(f"{hub.address}/services/{COURSE}/formgrader")
    return page


def test_who_is_in_no_group_is_told_so(browser: Browser, hub: Hub) -> None:
    page = signed_in(browser, hub, "guest")
    expect(page.locator("body")).to_contain_text("guest is in no group of the course mlp-gradients")


def test_a_student_enters_neither_formgrader_nor_anothers_server(hub: Hub, ann: Page, bob: Page) -> None:
    for path in (f"services/{COURSE}/formgrader", "user/ann/lab"):
        answer = bob.request.get(f"{hub.address}/{path}")
        assert answer.status == 403, (path, answer.status, answer.text()[-800:])


def test_from_release_to_feedback(hub: Hub, ida: Page, ann: Page, bob: Page) -> None:
    grader = formgrader(ida, hub)
    assignment = row(grader, "ps0")
    press(grader, assignment.locator("td.assign a"))
    press(grader, assignment.locator("td.release a"))

    for page in (ann, bob):
        answer = ask(page, "assignments/fetch", course_id=COURSE, assignment_id="ps0")
        assert answer["status"] == 200, answer
        assert '"success": true' in answer["text"], answer
    source = notebooks.read(ROOT / "source" / "ps0" / "ps0.ipynb")
    spy = f"import os\nseen = os.path.exists({str(hub.course)!r}), os.getuid()\nprint('seen', seen)\n"
    for name, before in (("ann", ""), ("bob", spy)):
        path = hub.tree / "home" / name / "ps0" / "ps0.ipynb"
        answers = solutions(source)
        answers["relative_error"] = before + answers["relative_error"]
        path.write_text(notebooks.dumps(notebooks.with_answers(notebooks.read(path), answers)))
    for page in (ann, bob):
        answer = ask(page, "assignments/submit", course_id=COURSE, assignment_id="ps0")
        assert '"success": true' in answer["text"], answer

    formgrader(ida, hub)
    press(grader, assignment.locator("td.collect a"))
    assignment.locator(".num-submissions a").click()
    for name in ("ann", "bob"):
        press(grader, row(grader, name).locator(".autograde a"))
        press(grader, row(grader, name).locator(".generate-feedback a"))
        press(grader, row(grader, name).locator(".release-feedback a"))
    expect(row(grader, "ann").locator(".score")).to_have_text("20 / 20")
    graded = (hub.course / "autograded" / "bob" / "ps0" / "ps0.ipynb").read_text()
    assert "seen (False, " in graded

    answer = ask(ann, "assignments/fetch_feedback", course_id=COURSE, assignment_id="ps0")
    assert '"success": true' in answer["text"], answer
    (feedback,) = (hub.tree / "home" / "ann" / "ps0" / "feedback").glob("*/ps0.html")
    ann.goto(f"{hub.address}/user/ann/files/{feedback.relative_to(hub.tree / 'home' / 'ann')}")
    expect(ann.get_by_role("heading", name="ps0: 20 of 20 points")).to_be_visible()
