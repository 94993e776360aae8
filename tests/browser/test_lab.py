"""ps1 opens and runs in JupyterLab."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from course.grading.errors import NotebookError
from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.browser.conftest import PATIENCE
from tests.helpers import ROOT
from tests.jupyterlab import run_all

pytestmark = pytest.mark.browser


def saved(page: Page, path) -> list:
    """Save, and return the code cells of the notebook on disk once the last of them has been run."""
    for _ in range(PATIENCE // 500):
        page.keyboard.press("Control+s")
        page.wait_for_timeout(500)
        try:
            found = notebooks.read(path).cells
        except NotebookError:  # Lab is writing it just now
            continue
        cells = [cell for cell in found if cell.cell_type == "code" and cell.source]
        if cells[-1].execution_count == len(cells):
            return cells
    pytest.fail("not every cell was run and saved")


def errors(cells: list) -> dict[str, str]:
    return {
        cell.id: output.ename for cell in cells for output in cell.outputs if output.output_type == "error"
    }


def test_solved_notebook_runs_without_an_error(lab, page: Page, tmp_path) -> None:
    source = notebooks.read(ROOT / "source" / "ps1" / "ps1.ipynb")
    released = notebooks.read(ROOT / "release" / "ps1" / "ps1.ipynb")
    path = lab.root / "ps1" / "solved.ipynb"
    notebooks.write(notebooks.with_answers(released, solutions(source)), path)

    run_all(page, lab.url("ps1/solved.ipynb"))
    cells = saved(page, path)

    assert errors(cells) == {}
    plots = [cell.id for cell in cells for output in cell.outputs if "image/png" in output.get("data", {})]
    assert plots
    picture = page.locator(".jp-OutputArea-output img").last
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    page.screenshot(path=tmp_path / "solved.png")


def test_released_notebook_typesets_and_stops_at_the_first_stub(lab, page: Page) -> None:
    run_all(page, lab.url("ps1/ps1.ipynb"))
    # Formulas are typeset, none is left as it was typed.
    expect(page.locator(".jp-MarkdownOutput mjx-container").first).to_be_visible()
    expect(page.locator("mjx-merror")).to_have_count(0)
    stub = page.locator(".jp-OutputArea-output").filter(has_text="NotImplementedError").first
    expect(stub).to_be_visible()
