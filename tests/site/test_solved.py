"""All problem sets: solved in the browser, downloaded, collected, and graded with full points."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from playwright.sync_api import BrowserContext, expect

from tests.helpers import ROOT, course, nbgrader
from tests.site.conftest import new_context
from tests.site.pages import answers, bar, download, others, run_all, write
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def class_folder(tmp_path_factory) -> Path:
    """A course of its own with the problem sets of this one."""
    root = tmp_path_factory.mktemp("class") / "course"
    for name in ("source", "release"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


@pytest.fixture(scope="module")
def student(browser) -> Iterator[BrowserContext]:
    """A browser that keeps what it has loaded."""
    with new_context(browser) as context:
        yield context


@pytest.mark.parametrize("name", ["ps0", "ps1", "ps2", "ps3"])
def test_solved_in_the_browser_downloaded_and_graded(student, address, class_folder, tmp_path, name) -> None:
    page, requests = student.new_page(), []
    student.on("request", lambda request: requests.append(request.url))
    page.goto(address)
    page.locator(f"a[href*='{name}.ipynb']").click()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    expect(bar(page)).to_contain_text("Your work stays in this browser")
    for place, source in answers(name).items():
        write(page, place, source)
    run_all(page)
    expect(bar(page)).to_contain_text(f"{name}.ipynb has changed")
    file = download(page)
    expect(bar(page)).to_contain_text(f"{name}.ipynb: downloaded")
    assert file.suggested_filename == f"{name}.ipynb"
    assert others(requests, address) == set()
    assert any(asked.endswith("pyodide.asm.wasm") for asked in requests)
    content = Path(file.path()).read_bytes()
    page.close()
    outputs = [output for cell in json.loads(content)["cells"] for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    checks = len(re.findall(r"^check\(", "\n".join(cell["source"] for cell in notebook_cells(content)), re.M))
    assert sum("✓" in output.get("data", {}).get("text/html", "") for output in outputs) == checks > 0

    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr(f"ann/{name}.ipynb", content)
        archive.writestr(f"bob/{name}.ipynb", content[: len(content) // 2])  # his download stopped half-way
    assert nbgrader("generate_assignment", name, "--force", cwd=class_folder).returncode == 0
    collected = course("collect", tmp_path / "class.zip", name, "--from", "zip", cwd=class_folder)
    assert collected.returncode == 0, collected.stderr
    graded = course("grade", name, cwd=class_folder)
    assert "bob" in graded.stdout, graded.stdout + graded.stderr
    assert "breaks off before its end" in graded.stdout
    assert points(class_folder, name, "ann") == {"full"}
    assert points(class_folder, name, "bob") == {"none"}


def notebook_cells(content: bytes) -> list[NotebookNode]:
    return list(nbformat.reads(content.decode(), as_version=4).cells)


def points(root: Path, name: str, student: str) -> set[str]:
    """Return whether the answers in code have full points, some, or none."""
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grades = [
            (grade.auto_score, grade.max_score_gradecell)
            for grade in gradebook.find_submission_notebook(name, name, student).grades
            if grade.cell.cell_type == "code"
        ]
    return {"full" if score == most else "some" if score else "none" for score, most in grades}
