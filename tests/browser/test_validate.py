"""A student in JupyterLab writes answers, runs checks, presses nbgrader's Validate and reads its answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from course.grading.problem_sets import notebooks
from demo.students import solutions
from tests.helpers import ROOT
from tests.jupyterlab import Lab, open_notebook, run_cells

WRONG = "def dC_dyhat(y, y_hat):\n    return (y - y_hat) / len(y)"
# right, with a warning on the way, which is advice
RIGHT = "def dC_dyhat(y, y_hat):\n    np.log(np.zeros(1))\n    return (y_hat - y) / len(y)"
TO_ANSWER = ("dC_dyhat", "dO_dZ")

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    return solutions(notebooks.read(ROOT / "source" / "ps1" / "ps1.ipynb"))


@pytest.fixture
def path(lab: Lab, answers: dict[str, str]) -> Path:
    """ps1 with all answers but two."""
    released = notebooks.read(lab.root / "ps1" / "ps1.ipynb")
    done = {name: answer for name, answer in answers.items() if name not in TO_ANSWER}
    path = lab.root / "ps1" / "mine.ipynb"
    notebooks.write(notebooks.with_answers(released, done), path)
    return path


def write(page: Page, name: str, answer: str) -> None:
    """Replace what is in the cell that defines the function `name`."""
    editor = page.locator(".jp-CodeCell").filter(has_text=f"def {name}(").locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(answer)
    expect(editor).to_contain_text(answer.splitlines()[-1].strip())


def output_of(page: Page, source: str) -> Locator:
    """What is below the cell with this source."""
    editor = page.locator(".cm-content", has_text=re.compile(f"^{re.escape(source)}$"))
    return page.locator(".jp-CodeCell").filter(has=editor).locator(".jp-Cell-outputArea")


def validated(page: Page) -> Locator:
    """Press Validate, and return the answer."""
    page.get_by_role("button", name="Validate").click()
    answer = page.locator(".jp-Dialog").filter(has_text="Validation Results")
    answer.wait_for()
    return answer


def test_validate_says_which_cell_fails_and_why_and_then_that_none_does(
    lab: Lab, path: Path, page: Page, answers: dict[str, str], tmp_path: Path
) -> None:
    open_notebook(page, lab.url("ps1/mine.ipynb"))
    write(page, "dC_dyhat", WRONG)
    run_cells(page)
    block = output_of(page, 'check("ps1.dC_dyhat", dC_dyhat)')
    expect(block).to_contain_text("✗ ps1.dC_dyhat: not yet")
    expect(block).to_contain_text("suspicion")

    answer = validated(page)
    page.screenshot(path=tmp_path / "wrong.png")
    result = answer.inner_text()
    assert result.count("The following cell failed:") == 2
    wrong, missing = result.split("The following cell failed:")[1:]
    assert 'check("ps1.dC_dyhat", dC_dyhat)' in wrong
    assert "✗ ps1.dC_dyhat: not yet" in wrong
    assert 'check("ps1.dO_dZ", dO_dZ)' in missing
    assert "raise NotImplementedError()" in missing
    # neither shows a way through the course's own code
    assert "Traceback" not in wrong
    assert "trial.py" not in missing
    assert "checks.py" not in missing
    answer.get_by_role("button", name="Ok").click()

    write(page, "dC_dyhat", RIGHT)
    write(page, "dO_dZ", answers["dO_dZ"])
    run_cells(page)
    expect(block).to_contain_text("✓ ps1.dC_dyhat")
    expect(block).to_contain_text("RuntimeWarning")

    answer = validated(page)
    page.screenshot(path=tmp_path / "right.png")
    expect(answer).to_contain_text("Success! Your notebook passes all the tests.")
    answer.get_by_role("button", name="Ok").click()
    # Validate has saved what it has judged
    kept = {notebooks.grade_id(cell): cell.source for cell in notebooks.read(path).cells}
    assert kept["dC_dyhat"] == RIGHT
