"""The page of the whole class beside Formgrader: grade all that waits, take the results, run no risk."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, Page, expect

from course.grading import locks
from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from tests.helpers import RIGHT, cell, hand_in, notebook, small_course
from tests.jupyterlab import Lab, running_lab
from tests.report.small_class import ATTACK
from tests.whole_class.classes import COURSE_ID, WRONG, url

pytestmark = pytest.mark.browser
BASE = "/jupyter"
HOSTILE = '"><img src=x onerror=alert(2)>'
"""an assignment's name"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A course in which three have handed in `small`, one of them under a hostile name."""
    root = small_course(tmp_path_factory.mktemp("class") / "course")
    path = root / "source" / "small" / "small.ipynb"
    source = notebooks.read(path)
    source.cells.append(cell("Why?", "why", kind="markdown", grade=True, solution=True, points=4))
    notebooks.write(source, path)
    CourseFolder(root).generate("small")
    notebooks.write(notebook(cell("1")), root / "source" / HOSTILE / "small.ipynb")
    hand_in(root, "ann", **RIGHT, why="Since two halves are one.")
    hand_in(root, "bob", **(RIGHT | {"half": WRONG}))
    hand_in(root, ATTACK, **RIGHT)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("bob", last_name="<script>alert(3)</script>")
    return root


@pytest.fixture(scope="module")
def lab(browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(root, tmp_path_factory.mktemp("home"), BASE) as lab:
        yield lab


@pytest.fixture
def events(page: Page, lab: Lab) -> Iterator[list[str]]:
    """What the page shows of its own or asks others for; there is nothing of it at the end."""
    events: list[str] = []
    page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: events.append(str(error)))
    page.on("console", lambda message: events.append(message.text) if "Policy" in message.text else None)
    page.context.on(
        "request", lambda request: None if lab.address in request.url else events.append(request.url)
    )
    yield events
    assert [event for event in events if not event.startswith("data:")] == []


def signed_in(page: Page, lab: Lab) -> Page:
    page.goto(f"{lab.address}/login?token={lab.token}&next={BASE}/formgrader/manage_assignments")
    return page


def opened(page: Page, lab: Lab) -> Page:
    """Go to the page as an instructor does, by Formgrader's page of what was handed in."""
    signed_in(page, lab)
    row = page.locator("#main-table tr").filter(has_text="small")
    row.locator(".num-submissions a").click()
    page.get_by_role("link", name="Grade all that wait").click()
    expect(page.get_by_role("heading", name="Whole Class")).to_be_visible()
    return page


def cells(page: Page) -> list[str]:
    texts = page.locator("tr#small td.n").all_inner_texts()
    return [text.split()[0] for text in texts]


def press(page: Page, name: str) -> None:
    """Press a button for `small`, and wait until what it starts has ended."""
    panel, row = page.locator("#run"), page.locator("tr#small")
    before = panel.get_attribute("data-run") or "no run"
    row.get_by_role("button", name=name).click()
    expect(panel).to_have_attribute("data-run", re.compile(f"^(?!{re.escape(before)}).* has ended$"))
    assert "ended at" in page.locator("#headline").inner_text()
    assert "not all of it" not in page.locator("#headline").inner_text(), page.locator("#log").inner_text()


def without_objections(page: Page) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        violations = Axe().run(page).response["violations"]
        assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violations] == []
    page.emulate_media(color_scheme="light")


def state(page: Page, lab: Lab) -> dict[str, object]:
    return page.request.get(f"{lab.address}/formgrader/whole_class/state").json()


def start(page: Page, lab: Lab, **form: str) -> int:
    """Ask for a run as another page's form would, with what is in the form alone; return the status."""
    return page.request.post(f"{lab.address}/formgrader/whole_class/start", form=form).status


def token(page: Page) -> str:
    return str(page.locator("input[name=_xsrf]").first.get_attribute("value"))


def test_who_is_not_signed_in_or_sent_by_another_page_starts_nothing(
    browser: Browser, lab: Lab, page: Page
) -> None:
    stranger = browser.new_context()
    address = f"{lab.address}/formgrader/whole_class"
    for path in ("", "/state", "/page.js", "/files/report/small"):
        assert "/login" in stranger.request.get(f"{address}{path}").url, path
    asked = {"assignment": "small", "command": "grade"}
    for path in ("/start", "/stop"):
        assert stranger.request.post(f"{address}{path}", form=asked).status == 403
    stranger.close()
    opened(page, lab)
    assert start(page, lab, **asked) == 403
    assert start(page, lab, **asked, _xsrf="another") == 403
    assert page.request.post(f"{address}/stop").status == 403
    query = f"assignment=small&command=grade&_xsrf={quote(token(page))}"
    assert page.request.get(f"{address}/start?{query}").status == 405
    assert page.request.get(f"{address}/stop?{query}").status == 405
    assert state(page, lab)["headline"] == "", "nothing was started"


def test_names_lead_nowhere_else(lab: Lab, root: Path, page: Page) -> None:
    xsrf = token(opened(page, lab))
    for name in ("../small", "small/", "none", "*", "--help"):
        assert start(page, lab, assignment=name, command="grade", _xsrf=xsrf) in (400, 404), name
    for wrong in ({"command": "archive"}, {"command": "export", "system": "../x"}):
        assert start(page, lab, assignment="small", _xsrf=xsrf, **wrong) == 400
    files = f"{lab.address}/formgrader/whole_class/files"
    (root / "small-csv.csv").symlink_to("gradebook.db")
    for path in (
        "report/..%2Fgradebook",
        "gradebook/small",
        "csv/small",
        "csv/..%2F..%2Fsmall",
        "report/none",
    ):
        assert page.request.get(f"{files}/{path}").status == 404, path
    (root / "small-csv.csv").unlink()
    assert state(page, lab)["headline"] == ""


def test_settings_with_a_fault_are_told_on_the_page(lab: Lab, root: Path, page: Page) -> None:
    """The server runs with those it has read; what the page counts and starts reads them anew."""
    settings = root / "nbgrader_config.py"
    kept = settings.read_bytes()
    xsrf = token(opened(page, lab))
    settings.write_text("c = get_config()\nc.Exchange.root = nowhere\n")
    try:
        told = "nbgrader_config.py cannot be used: line 2, NameError: name 'nowhere' is not defined; correct"
        assert page.reload().status == 200
        expect(page.get_by_role("alert")).to_contain_text(told)
        assert start(page, lab, assignment="small", command="grade", _xsrf=xsrf) == 409
        file = page.request.get(f"{lab.address}/formgrader/whole_class/files/report/small")
        assert file.status == 409
    finally:
        settings.write_bytes(kept)
    page.reload()
    expect(page.get_by_role("alert")).to_have_count(0)
    assert cells(page) == ["3", "0", "3", "0", "0"]


def test_two_instructors_and_a_server_that_answers(
    browser: Browser, lab: Lab, root: Path, page: Page, events: list[str]
) -> None:
    opened(page, lab)
    with locks.releasing(root):  # what is started waits for its end
        page.locator("tr#small").get_by_role("button", name="Grade all waiting").click()
        expect(page.locator("#headline")).to_have_text(
            re.compile(r"^\S+ grades small, in Formgrader, since ")
        )
        without_objections(page)
        assert page.request.get(f"{lab.address}/api/status").ok
        other = opened(browser.new_context().new_page(), lab)
        expect(other.locator("#headline")).to_have_text(re.compile("grades small"))
        expect(other.get_by_role("button", name="Feedback of small")).to_be_disabled()
        # whose page was opened before
        other.locator("tr#small button").evaluate_all("all => all.forEach(one => one.disabled = false)")
        other.get_by_role("button", name="Feedback of small").click()
        alert = other.get_by_role("alert")
        expect(alert).to_have_text(
            re.compile(r"^nothing was started: \S+ grades small, in Formgrader, since")
        )
        page.reload()
        expect(page.locator("progress")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(page.locator("#headline")).to_have_text(re.compile("cut off|stopped"))
    expect(other.locator("#headline")).to_have_text(re.compile("cut off|stopped"))
    other.context.close()
    assert cells(page) == ["3", "0", "3", "0", "0"]


def test_from_what_waits_to_grades(
    lab: Lab, root: Path, page: Page, events: list[str], tmp_path: Path
) -> None:
    opened(page, lab)
    page.locator("tr#small").get_by_role("button", name="Grade all waiting").focus()
    press(page, "Grade all waiting")
    graded = state(page, lab)
    assert (graded["done"], graded["total"]) == (3, 3)
    assert "3 of 3 submissions graded" in page.locator("#log").inner_text()
    assert ATTACK in page.locator("#log").inner_text()
    assert cells(page) == ["3", "3", "0", "1", "0"]
    press(page, "Feedback")
    assert cells(page) == ["3", "3", "0", "1", "3"]
    press(page, "Report")
    press(page, "Export")
    without_objections(page)
    page.screenshot(path=tmp_path / "class.png", full_page=True)

    with page.expect_download() as download:
        page.get_by_role("link", name="Export for a spreadsheet of small").click()
    assert download.value.suggested_filename == "small-csv.csv"
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: (row["test_double"], row["test_half"]) for name, row in rows.items()} == {
        "ann": ("1", "2"),
        "bob": ("1", "0"),
        ATTACK: ("1", "2"),
    }

    with page.context.expect_page() as pages:
        page.get_by_role("link", name="Report of small").click()
    report = pages.value
    expect(report.get_by_role("heading", name="small: the class at a glance")).to_be_visible()
    row = report.locator("tr", has=report.get_by_role("rowheader", name=re.compile("^bob")))
    row.get_by_role("link", name="Formgrader").click()
    expect(report).to_have_url(f"{lab.address}/formgrader/manage_students/bob/small")
    report.go_back()
    row.get_by_role("link", name="feedback").click()
    expect(report.get_by_text("test_half").first).to_be_visible()

    page.get_by_role("link", name="1 answers to read").click()
    expect(page).to_have_url(f"{lab.address}/formgrader/gradebook/small")
