"""Takes the pictures of the documentation: `python docs/screenshots.py`, with Chromium installed.

Those of the Hub only root can take, after `make .hub/installed`.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Page

from course.grading.course_folder import CourseFolder
from course.grading.problem_sets import notebooks
from course.grading.site import building
from demo.__main__ import grade_class
from demo.students import STUDENTS, hand_in, solutions
from tests.hub.conftest import COURSE, ask, in_lab, press, row, running_hub, signed_in
from tests.hub.test_hub import open_list
from tests.jupyterlab import Lab, chromium, needed_chromium, run_all, running_lab
from tests.site import pages
from tests.site.conftest import serving
from tests.site.pyodide import distribution

ROOT = Path(__file__).parents[1]
IMAGES = Path(__file__).parent / "images"
# The answers in the picture of ps1: two that are right, and (3) with a typical mistake.
RIGHT = ("mse_cost", "forward")
WRONG = {"dC_dyhat": "def dC_dyhat(y, y_hat):\n    return y_hat - y"}
WRONG_SIGMOID = "def sigmoid(t):\n    return 1 / (1 + np.exp(t))"
EXPLORER = "from course import LossExplorer\n\nLossExplorer(step=60, pins=[0.02], panel='curvature')"


def prepare(folder: Path) -> None:
    """Copy the release into `folder`, with these answers in ps1."""
    shutil.copytree(ROOT / "release", folder, dirs_exist_ok=True)
    path = folder / "ps1" / "ps1.ipynb"
    answers = solutions(notebooks.read(ROOT / "source" / "ps1" / "ps1.ipynb"))
    done = {name: answers[name] for name in RIGHT} | WRONG
    notebook = notebooks.with_answers(notebooks.read(path), done)
    notebooks.write(notebook, path)


def open_notebook(browser: Browser, lab: Lab) -> Page:
    """Open ps1 and run its cells up to the one with the mistake."""
    page = browser.new_page(viewport={"width": 1200, "height": 900}, device_scale_factor=1.5)
    page.set_default_timeout(60_000)
    run_all(page, lab.url("ps1/ps1.ipynb"))
    page.locator(".jp-Notebook mjx-container").first.wait_for()
    page.locator(".jp-OutputArea-output").filter(has_text="not yet").first.wait_for()
    return page


def explorer(browser: Browser, lab: Lab) -> Page:
    """Open the explorer on a page and wait until all of it is computed."""
    page = browser.new_page(viewport={"width": 1400, "height": 940}, device_scale_factor=1.5)
    page.set_default_timeout(60_000)
    run_all(page, lab.url("explorer.ipynb"))
    page.locator(".loss-chart .regime").first.wait_for()
    page.locator(".loss-chart progress").wait_for(state="hidden")
    return page


def graded(browser: Browser, root: Path) -> None:
    """Grade the demonstration's class; take the report, and a mistake on one student's feedback page."""
    _, _, pages = grade_class(root)
    report, feedback = pages[0], next(page for page in pages if "three_mistakes" in page.parts)
    page = browser.new_page(viewport={"width": 1100, "height": 820}, device_scale_factor=1.5)
    page.goto(report.as_uri())
    page.screenshot(path=IMAGES / "report.png")
    page.goto(feedback.as_uri())
    verdict = page.get_by_text("✗ wrong: ps1.dC_dW2:").first.bounding_box()
    assert verdict
    clip = {"x": 70.0, "y": verdict["y"] - 135, "width": 960.0, "height": 305.0}
    page.screenshot(path=IMAGES / "feedback.png", clip=clip, full_page=True)


def whole_class(browser: Browser, root: Path, home: Path) -> None:
    """Take the page of the whole class while it grades ps1, where one student's function never returns."""
    course_folder = CourseFolder.copy_of(ROOT, root)
    for assignment in ("ps0", "ps1", "ps2", "ps3"):
        course_folder.generate(assignment)
    source = notebooks.read(root / "source" / "ps1" / "ps1.ipynb")
    for student in STUDENTS:
        hand_in(student, source, root / "release" / "ps1", root / "submitted" / student.name / "ps1")
    with running_lab(root, home) as lab:
        page = browser.new_page(viewport={"width": 1280, "height": 720}, device_scale_factor=1.5)
        address = "/formgrader/whole_class"
        page.goto(f"{lab.address}/login?token={lab.token}&next={address}")
        page.get_by_role("button", name="Grade all waiting of ps1").click()
        page.locator("#counts", has_text=f"{len(STUDENTS) - 1} of {len(STUDENTS)}").wait_for(timeout=240_000)
        page.screenshot(path=IMAGES / "whole-class.png")
        page.get_by_role("button", name="Stop").click()
        page.locator("#headline", has_text="stopped").wait_for(timeout=240_000)


def site(browser: Browser, folder: Path) -> None:
    """Answer ps0's first question wrongly on a site, and take the page with the check and the line above."""
    built = building.build(ROOT, folder / "site", str(distribution()))
    with serving(built.folder) as address:
        page = browser.new_page(viewport={"width": 1200, "height": 760}, device_scale_factor=1.5)
        page.set_default_timeout(240_000)
        pages.open_notebook(page, address, "ps0/ps0.ipynb")
        pages.write(page, next(iter(pages.answers("ps0"))), WRONG_SIGMOID)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        check = page.locator(".jp-OutputArea-output", has_text="suspicion").last
        check.wait_for()
        for _ in range(8):  # cells grow when they become visible
            page.wait_for_timeout(1000)
            check.evaluate("output => output.scrollIntoView({block: 'end'})")
        page.screenshot(path=IMAGES / "site.png")


def hub(browser: Browser, folder: Path) -> None:
    """Let ann and bob hand ps0 in; take what ann is shown, and what her instructor is shown."""
    folder.mkdir()
    with running_hub(ROOT / ".hub", folder) as hub:
        ida = signed_in(browser, hub, "ida")
        ida.wait_for_url(f"{hub.address}/user/ida/**")
        ida.goto(f"{hub.address}/services/{COURSE}/formgrader")
        assignment = row(ida, "ps0")
        press(ida, assignment.locator("td.assign a"))
        press(ida, assignment.locator("td.release a"))
        ann, bob = (in_lab(signed_in(browser, hub, name), hub, name) for name in ("ann", "bob"))
        answers = solutions(notebooks.read(ROOT / "source" / "ps0" / "ps0.ipynb"))
        for name, page in (("ann", ann), ("bob", bob)):
            ask(page, "assignments/fetch", course_id=COURSE, assignment_id="ps0")
            path = hub.tree / "home" / name / "ps0" / "ps0.ipynb"
            answered = notebooks.with_answers(notebooks.read(path), answers)
            path.write_text(notebooks.dumps(answered), encoding="utf-8")
            ask(page, "assignments/submit", course_id=COURSE, assignment_id="ps0")
        ann.set_viewport_size({"width": 1100, "height": 620})
        open_list(ann)
        ann.locator("#submitted_assignments_list").get_by_text("ps0").wait_for()
        ann.screenshot(path=IMAGES / "hub-assignments.png")
        ida.reload()
        press(ida, assignment.locator("td.collect a"))
        ida.set_viewport_size({"width": 1100, "height": 520})
        assignment.locator(".num-submissions a").click()
        press(ida, row(ida, "ann").locator(".autograde a"))
        ida.locator(".modal-backdrop").wait_for(state="detached")
        ida.screenshot(path=IMAGES / "hub-formgrader.png")


def main() -> int:
    """Take all pictures; return 0 when they are written."""
    executable = needed_chromium()
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as home:
        prepare(Path(root))
        with running_lab(Path(root), Path(home)) as lab, chromium(executable) as browser:
            page = open_notebook(browser, lab)
            statement = page.locator(".jp-MarkdownCell").filter(has_text="First factor, equation (3)").last
            # Cells grow when they become visible, and Lab scrolls to the cell that failed: scrolling to the
            # statement takes several attempts.
            for _ in range(20):
                statement.evaluate("cell => cell.scrollIntoView({block: 'start'})")
                page.wait_for_timeout(1500)
                box = statement.bounding_box()
                if box and 0 < box["y"] < 200:
                    break
            IMAGES.mkdir(exist_ok=True)
            page.screenshot(path=IMAGES / "ps1-in-lab.png")
            cell = nbformat.v4.new_code_cell(EXPLORER)
            book = notebooks.canonical(nbformat.v4.new_notebook(cells=[cell]))
            notebooks.write(book, Path(root) / "explorer.ipynb")
            explorer(browser, lab).screenshot(path=IMAGES / "explorer-in-lab.png")
            graded(browser, Path(root) / "graded")
            whole_class(browser, Path(root) / "class", Path(home) / "instructor")
            site(browser, Path(root))
            if os.geteuid() == 0:
                hub(browser, Path(root) / "hub")
    return 0


if __name__ == "__main__":
    sys.exit(main())
