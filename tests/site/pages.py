"""What a student does on a page of the site."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import urlsplit

from playwright.sync_api import Download, Locator, Page, expect

from course.grading.problem_sets import notebooks
from tests.helpers import ROOT


def answers(name: str) -> dict[int, str]:
    """Return the instructor's answers in code, by the place of their cells in the released notebook."""
    solutions = notebooks.read(ROOT / "source" / name / f"{name}.ipynb").cells
    sources = {notebooks.grade_id(cell): cell.source for cell in solutions}
    released = notebooks.read(ROOT / "release" / name / f"{name}.ipynb").cells
    return {
        place: sources[notebooks.grade_id(cell)]
        for place, cell in enumerate(released)
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def bar(page: Page) -> Locator:
    """Return the line above the page."""
    return page.locator(".mlp-course-bar")


def open_notebook(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/work/lab/index.html?path={path}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()


def write(page: Page, place: int, source: str) -> None:
    """Write a cell as a student does who selects all that is in it, and pastes."""
    write_cell(page.locator(".jp-Notebook .jp-Cell").nth(place), source)


def write_cell(cell: Locator, source: str) -> None:
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    cell.page.keyboard.press("Control+a")
    cell.page.keyboard.insert_text(source)


def run_all(page: Page) -> None:
    """Run all cells, once there is a kernel for them, and wait for the last."""
    page.get_by_role("button", name="Python (Pyodide) | Idle").wait_for()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    prompt = last.locator(".jp-InputArea-prompt", has_text=re.compile(r"\[\d+\]:"))
    # a cell whose code is hidden has no prompt
    expect(prompt.or_(last.locator(".jp-OutputArea-output")).first).to_be_visible()


def download(page: Page) -> Download:
    with page.expect_download() as started:
        bar(page).get_by_role("button", name="Download").click()
    return started.value


def save_until(page: Page, words: str) -> None:
    """Write on and save until the line says these words: a browser is slow to see a full storage."""
    for _ in range(120):
        page.keyboard.insert_text("#")
        page.keyboard.press("Control+s")
        with suppress(AssertionError):
            expect(bar(page)).to_contain_text(words, timeout=2000)
            return
    raise AssertionError(f"the line never said {words!r}")


def others(requests: list[str], *addresses: str) -> set[str]:
    """Return the requests to anybody but these addresses."""
    own = {urlsplit(address).netloc for address in addresses}
    return {
        asked
        for asked in requests
        if urlsplit(asked).scheme in {"http", "https", "ws", "wss"} and urlsplit(asked).netloc not in own
    }
