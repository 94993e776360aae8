"""From a link to full points: solved in the browser, downloaded, collected and graded."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Download, Page, expect

from course.grading.problem_sets import notebooks
from tests.helpers import ROOT, course

pytestmark = pytest.mark.browser
BAR = ".mlp-course-bar"


def answers(name: str) -> dict[int, str]:
    """Return the instructor's answers, by the place of their cells in the released notebook."""
    solutions = notebooks.read(ROOT / "source" / name / f"{name}.ipynb").cells
    sources = {notebooks.grade_id(cell): cell.source for cell in solutions}
    released = notebooks.read(ROOT / "release" / name / f"{name}.ipynb").cells
    return {
        place: re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", sources[notebooks.grade_id(cell)], flags=re.M)
        for place, cell in enumerate(released)
        if cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("solution")
    }


def open_notebook(page: Page, address: str, path: str) -> None:
    page.goto(f"{address}/work/lab/index.html?path={path}")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()


def write(page: Page, place: int, source: str) -> None:
    """Write a cell as a student does who selects all that is in it, and pastes."""
    cell = page.locator(".jp-Notebook .jp-Cell").nth(place)
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source)


def run_all(page: Page) -> None:
    """Run all cells, and wait for the last."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    last = page.locator(".jp-Notebook .jp-CodeCell").last
    expect(last.locator(".jp-InputArea-prompt")).to_have_text(re.compile(r"\[\d+\]:"))


def download(page: Page) -> Download:
    with page.expect_download() as started:
        page.locator(BAR).get_by_role("button", name="Download").click()
    return started.value


def assert_asked_nobody_else(requests: list[str], address: str) -> None:
    own = urlsplit(address).netloc
    others = {url for url in requests if urlsplit(url).scheme in {"http", "https", "ws", "wss"}}
    assert {url for url in others if urlsplit(url).netloc != own} == set()
    assert any("pyodide.asm.wasm" in url for url in others)


@pytest.mark.slow
def test_solved_in_the_browser_downloaded_and_graded(page, requests, address, tmp_path) -> None:
    page.goto(address)
    page.get_by_role("link", name="ps0").or_(page.locator("a[href*='ps0.ipynb']")).first.click()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    expect(page.locator(BAR)).to_contain_text("Your work stays in this browser")
    for place, source in answers("ps0").items():
        write(page, place, source)
    run_all(page)
    expect(page.locator(".jp-OutputArea-output", has_text="✓").first).to_be_visible()
    assert page.locator(".jp-OutputArea-output", has_text="Error").count() == 0
    expect(page.locator(BAR)).to_contain_text("ps0.ipynb has changed")
    file = download(page)
    expect(page.locator(BAR)).to_contain_text("ps0.ipynb: downloaded")
    assert file.suggested_filename == "ps0.ipynb"
    assert_asked_nobody_else(requests, address)

    root = tmp_path / "course"
    for name in ("source", "release"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    archive = tmp_path / "class.zip"
    with zipfile.ZipFile(archive, "w") as file_of_class:
        file_of_class.write(Path(file.path()), "ann/ps0.ipynb")
    collected = course("collect", archive, "ps0", "--from", "zip", cwd=root)
    assert collected.returncode == 0, collected.stderr
    graded = course("score", "ps0", "submitted/ann/ps0", "--json", cwd=root)
    result = json.loads(graded.stdout)
    print(json.dumps(result)[:3000])
    graded = course("grade", "ps0", cwd=root)
    assert graded.returncode == 0, graded.stdout + graded.stderr
    print(graded.stdout)
