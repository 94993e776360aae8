"""Feedback pages and Formgrader's page of a submission: nothing in them acts, on a click neither."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from course.grading.problem_sets import notebooks
from tests.helpers import course
from tests.hostile_pages import MARKDOWN, WRITTEN, hostile_course, png
from tests.jupyterlab import Lab, running_lab
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.browser
# What would be tried if cleaning missed it.
SLIP = """
<img src="/logout" onerror="alert(1)"><a id="slip" href="javascript:alert(2)">x</a><script>alert(3)</script>
<iframe src="/logout"></iframe><form action="/logout"><button id="go">x</button></form>
<svg onload="alert(4)"></svg><img src="https://example.invalid/x.png"><p onclick="alert(5)" id="p">x</p>
<link rel="stylesheet" href="https://example.invalid/x.css"><base href="https://example.invalid/">
"""

ATTACK = "<img src=x onerror=alert(1)>"
LISTS = (
    "manage_assignments",
    "manage_submissions/small",
    "manage_students",
    "manage_students/eve",
    "manage_students/eve/small",
    "gradebook",
    "gradebook/small",
    "gradebook/small/small",
)
"""Formgrader's pages with tables"""


@dataclass
class Watcher:
    """Everything that a page asks for or shows of its own."""

    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    """of these, what the page's policy refused"""
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def outside(self) -> list[str]:
        return [asked for asked in self.requests if not asked.startswith(("data:", "about:blank"))]

    def _failed(self, request: Request) -> None:
        if "csp" in str(request.failure).lower():
            self.refused.append(request.url)

    def watch(self, context: BrowserContext) -> None:
        """Watch all pages of a context, those that a click opens too; nobody outside is asked."""
        context.route(lambda asked: "example.invalid" in asked, lambda route: route.abort())
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("requestfailed", self._failed)
        context.on("dialog", lambda dialog: (self.dialogs.append(dialog.message), dialog.dismiss()))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The hostile course, graded; of old there is what an earlier grader has left in autograded/."""
    root = hostile_course(tmp_path_factory.mktemp("pages") / "course")
    shutil.copytree(root / "submitted" / "ann", root / "submitted" / "old")
    result = course("grade", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    path = root / "autograded" / "old" / "small" / "small.ipynb"
    notebook = notebooks.read(path)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in WRITTEN:
            cell.pop("attachments", None)
            cell.source = [*MARKDOWN.values()][WRITTEN.index(name)]
        elif name == "half":
            kinds = {"image/png": png(), "image/jpeg": png()}
            sizes = {"width": "1 onload=alert(1)", "height": "1 onerror=alert(2)"}
            bundles = [({kind: data}, {kind: sizes}) for kind, data in kinds.items()]
            bundles += [({"text/html": text}, {}) for text in MARKDOWN.values()]
            bundles += [({"text/markdown": text}, {}) for text in MARKDOWN.values()]
            bundles += [({"text/latex": text}, {}) for text in MARKDOWN.values()]
            bundles += [({"text/html": "<script>alert(3)</script>"}, {"text/html": {"isolated": True}})]
            bundles += [
                ({"application/javascript": "alert(4)"}, {}),
                ({"image/svg+xml": "<svg onload='alert(5)'/>"}, {}),
            ]
            cell.outputs = [
                nbformat.v4.new_output("display_data", data, metadata=more) for data, more in bundles
            ]
    path.chmod(0o644)
    path.write_text(nbformat.writes(notebook))
    result = course("feedback", "small", "--jobs", "1", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    return root


@pytest.fixture(scope="module")
def lab(browser: Browser, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with running_lab(root, tmp_path_factory.mktemp("home")) as lab:
        yield lab


@pytest.fixture
def watcher(page: Page) -> Watcher:
    watcher = Watcher()
    watcher.watch(page.context)
    return watcher


def click_everything(page: Page, inside: str) -> None:
    """Click on all links and all other elements of a part of the page."""
    part = page.locator(inside)
    part.locator("*").evaluate_all("all => all.forEach(one => one.click && one.click())")
    # what the clicks have started comes before the answer to this
    part.first.evaluate("() => new Promise(requestAnimationFrame)")


def try_slip(page: Page) -> None:
    """Click on what cleaning would have missed; of the form the browser says that it was refused."""
    for name in ("slip", "p"):
        page.locator(f"#{name}").evaluate("one => one.click()")
    with page.expect_console_message(lambda message: "form-action" in message.text):
        page.locator("#go").evaluate("one => one.click()")


@pytest.mark.parametrize("student", ["eve", "old", "ann"])
def test_a_feedback_page_does_nothing(student: str, root: Path, page: Page, watcher: Watcher) -> None:
    address = (root / "feedback" / student / "small" / "small.html").as_uri()
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert watcher.outside == [address]
    for link in page.locator("#notebook-container a[target=_blank]").all():
        with page.context.expect_page() as opened_page:
            link.click()
        opened_page.value.close()
    click_everything(page, "#notebook-container")
    assert page.url.partition("#")[0] == address
    assert [
        asked for asked in watcher.outside if asked != address and "//example.invalid/" not in asked
    ] == []
    assert watcher.dialogs == watcher.errors == []
    for link in page.locator("#notebook-container .rendered_html a[href^=http]").all():
        assert link.get_attribute("rel") == "noopener noreferrer"
        assert link.get_attribute("target") == "_blank"


def test_formulas_and_pictures_are_shown_without_a_network(root: Path, page: Page, watcher: Watcher) -> None:
    page.goto((root / "feedback" / "ann" / "small" / "small.html").as_uri())
    pasted = page.locator(".rendered_html img[alt='mine.png']")
    assert pasted.evaluate_all("all => all.map(one => one.naturalWidth)") == 2 * [8]
    expect(page.get_by_text("gone (attachment:gone.png)").first).to_be_visible()
    widths = page.locator("math mfrac").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    assert len(widths) == 2
    assert min(widths) > 0
    assert len(watcher.outside) == 1


def test_a_slip_would_be_harmless_in_feedback(root: Path, page: Page, watcher: Watcher) -> None:
    text = (root / "feedback" / "ann" / "small" / "small.html").read_text()
    slip = root / "feedback" / "slip.html"
    slip.write_text(text.replace("<h1>", SLIP + "<h1>", 1))
    page.goto(slip.as_uri())
    try_slip(page)
    assert watcher.dialogs == []
    assert set(watcher.outside) - set(watcher.refused) == {slip.as_uri()}
    assert page.url == slip.as_uri()


def identities(root: Path) -> dict[str, str]:
    """The names that Formgrader gives the submissions."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        return {one.student.id: one.id for one in gradebook.notebook_submissions("small", "small")}


def points(root: Path) -> list[tuple[object, ...]]:
    with Gradebook(url(root), COURSE_ID) as gradebook:
        submissions = gradebook.notebook_submissions("small", "small")
        return [
            (one.student.id, grade.name, grade.manual_score) for one in submissions for grade in one.grades
        ]


def opened(page: Page, lab: Lab, root: Path, student: str) -> str:
    address = f"{lab.address}/formgrader/submissions/{identities(root)[student]}/"
    page.context.set_extra_http_headers({"Authorization": f"token {lab.token}"})
    page.goto(address)
    expect(page.locator("#q0-comment")).to_have_attribute("placeholder", re.compile("."))
    return address


@pytest.mark.parametrize("student", ["eve", "old", "ann"])
def test_formgraders_page_does_nothing(
    student: str, lab: Lab, root: Path, page: Page, watcher: Watcher
) -> None:
    before = points(root)
    address = opened(page, lab, root, student)
    click_everything(page, ".text_cell_render, .output_wrapper")
    page.wait_for_load_state("networkidle")
    assert page.url.partition("?")[0].partition("#")[0] == address
    asked = {one.partition("?")[0].removeprefix(lab.address) for one in watcher.outside}
    own = ("/formgrader/static/", "/formgrader/api/", address.removeprefix(lab.address))
    assert {one for one in asked if not one.startswith(own) and "//example.invalid/" not in one} == set()
    assert watcher.dialogs == watcher.errors == []
    assert points(root) == before


def test_formgraders_own_scripts_work(lab: Lab, root: Path, page: Page, watcher: Watcher) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    opened(page, lab, root, "ann")
    page.locator(".glyphicon-eye-open").click()
    expect(page.locator("a.name-shown")).to_have_text("ann")
    with page.expect_response(lambda response: "/formgrader/api/grade/" in response.url) as response:
        page.locator("input#q0").fill("1")
        page.locator("input#q0").press("Tab")
    assert response.value.ok
    pasted = page.locator(".rendered_html img[alt='mine.png']")
    assert pasted.evaluate_all("all => all.map(one => one.naturalWidth)") == 2 * [8]
    assert [text for text in messages if "Content Security Policy" in text] == []
    assert ("ann", "q0", 1.0) in points(root)


def test_a_slip_would_be_harmless_in_formgrader(lab: Lab, root: Path, page: Page, watcher: Watcher) -> None:
    address = opened(page, lab, root, "ann")
    text = page.request.get(address).text()
    slip = text.replace("<span>small</span>", SLIP + "<span>small</span>")
    assert slip != text
    page.route(
        lambda asked: asked == address, lambda route: route.fulfill(body=slip, content_type="text/html")
    )
    watcher.requests.clear()
    page.goto(address)
    expect(page.locator("#q0-comment")).to_have_attribute("placeholder", re.compile("."))
    try_slip(page)
    assert watcher.dialogs == []
    asked = set(watcher.outside) - set(watcher.refused)
    assert not [one for one in asked if "logout" in one or "invalid" in one]
    assert page.url.partition("?")[0] == address


def test_names_on_formgraders_lists_do_nothing(lab: Lab, root: Path, page: Page, watcher: Watcher) -> None:
    """The pages with lists are nbgrader's own, without a policy: a name on them must be text."""
    (root / "submitted" / ATTACK / "small").mkdir(parents=True)
    with Gradebook(url(root), COURSE_ID) as gradebook:
        gradebook.update_or_create_student("eve", first_name=ATTACK, last_name=ATTACK)
    page.context.set_extra_http_headers({"Authorization": f"token {lab.token}"})
    shown = set()
    for name in LISTS:
        page.goto(f"{lab.address}/formgrader/{name}")
        expect(page.locator("#main-table tr td").nth(1)).to_be_attached()
        page.wait_for_load_state("networkidle")
        shown |= {name} if ATTACK in str(page.locator("#main-table").text_content()) else set()
    assert {"manage_students", "manage_submissions/small"} <= shown
    assert {one for one in watcher.outside if not one.startswith(f"{lab.address}/")} == set()
    assert watcher.dialogs == watcher.errors == []


def test_no_server_shows_a_students_file_as_a_page(lab: Lab, root: Path, page: Page) -> None:
    address = opened(page, lab, root, "eve")
    for name in ("index.html", "handed-in-index.html", "drawing.SVG", "page"):
        assert page.request.get(f"{address}{name}").status == 404
        for shown in (f"{address}{name}.txt", f"{lab.address}/files/autograded/eve/small/{name}.txt"):
            response = page.request.get(shown)
            assert response.status == 200
            assert response.headers["content-type"].partition(";")[0] == "text/plain"
            assert response.headers["x-content-type-options"] == "nosniff"
