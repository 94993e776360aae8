"""A site as a class meets it: what is on it, the way to full points, and what endangers the work."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from nbgrader.api import Gradebook
from playwright.sync_api import expect

from course.grading.site import building
from tests.helpers import ROOT, course, nbgrader
from tests.site.conftest import serving
from tests.site.pages import answers, bar, download, open_notebook, run_all, save_until, write
from tests.whole_class.classes import COURSE_ID, url

pytestmark = pytest.mark.browser


def others(requests: list[str], *addresses: str) -> set[str]:
    """Return the requests to anybody but these addresses."""
    own = {urlsplit(address).netloc for address in addresses}
    return {
        asked
        for asked in requests
        if urlsplit(asked).scheme in {"http", "https", "ws", "wss"} and urlsplit(asked).netloc not in own
    }


def test_it_holds_what_students_may_have(site) -> None:
    names = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    assert {f"work/files/ps{number}/ps{number}.ipynb" for number in range(4)} <= names
    assert "work/files/lectures/learning_rate.ipynb" in names
    assert (site / "work/files/ps1/ps1.ipynb").read_bytes() == (ROOT / "release/ps1/ps1.ipynb").read_bytes()
    (wheel,) = (site / "work/pyodide").glob("mlp_course-*.whl")
    with zipfile.ZipFile(wheel) as file:
        assert not [name for name in file.namelist() if name.startswith(("course/grading/", "mlp_ref/"))]
    assert not [name for name in names if "nbgrader" in name or name.endswith(".map")]
    for path in (site / "work/files").rglob("*.ipynb"):
        assert "BEGIN SOLUTION" not in path.read_text()


def test_its_start_page_names_all_notebooks(page, address, requests) -> None:
    page.goto(address)
    for name in ("ps0", "ps3", "learning_rate"):
        expect(page.locator(f"a[href*='{name}.ipynb']")).to_be_visible()
    page.get_by_role("link", name="explorer").click()
    expect(page.locator("svg").first).to_be_visible()
    assert others(requests, address) == set()


def test_solved_in_the_browser_downloaded_and_graded(page, requests, address, tmp_path) -> None:
    page.goto(address)
    page.locator("a[href*='ps0.ipynb']").click()
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    expect(bar(page)).to_contain_text("Your work stays in this browser")
    for place, source in answers("ps0").items():
        write(page, place, source)
    run_all(page)
    expect(bar(page)).to_contain_text("ps0.ipynb has changed")
    file = download(page)
    expect(bar(page)).to_contain_text("ps0.ipynb: downloaded")
    assert file.suggested_filename == "ps0.ipynb"
    assert others(requests, address) == set()
    assert any(asked.endswith("pyodide.asm.wasm") for asked in requests)
    content = Path(file.path()).read_bytes()
    outputs = [output for cell in json.loads(content)["cells"] for output in cell.get("outputs", [])]
    assert [output for output in outputs if output["output_type"] == "error"] == []
    assert "✓" in json.dumps(outputs, ensure_ascii=False)

    root = course_of_ours(tmp_path / "course")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ann/ps0.ipynb", content)
        archive.writestr("bob/ps0.ipynb", content[: len(content) // 2])  # his download stopped half-way
    collected = course("collect", tmp_path / "class.zip", "ps0", "--from", "zip", cwd=root)
    assert collected.returncode == 0, collected.stderr
    assert nbgrader("generate_assignment", "ps0", "--force", cwd=root).returncode == 0
    graded = course("grade", "ps0", cwd=root)
    assert "bob" in graded.stdout, graded.stdout + graded.stderr
    assert "breaks off before its end" in graded.stdout
    with Gradebook(url(root), COURSE_ID) as gradebook:
        grades = {
            student: [
                (grade.auto_score, grade.max_score_gradecell)
                for grade in gradebook.find_submission_notebook("ps0", "ps0", student).grades
                if grade.cell.cell_type == "code"
            ]
            for student in ("ann", "bob")
        }
    assert grades["ann"]
    assert all(score == most > 0 for score, most in grades["ann"])
    assert all(score == 0 for score, _ in grades["bob"])


def course_of_ours(root: Path) -> Path:
    """Make a course of its own with the problem sets of this one."""
    for name in ("source", "release"):
        shutil.copytree(ROOT / name, root / name)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    return root


def test_the_explorer_follows_in_a_lecture(page, requests, address) -> None:
    open_notebook(page, address, "lectures/learning_rate.ipynb")
    run_all(page)
    expect(page.locator(".loss-chart .regime").first).to_be_visible()
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert others(requests, address) == set()


def test_a_full_storage_is_told_and_nothing_is_lost(page, address) -> None:
    open_notebook(page, address, "ps0/ps0.ipynb")
    place = next(iter(answers("ps0")))
    write(page, place, "mine = 'before it was full'")
    session = page.context.new_cdp_session(page)
    session.send("Storage.overrideQuotaForOrigin", {"origin": address, "quotaSize": 1})
    save_until(page, "ps0.ipynb cannot be saved: this browser's storage is full")
    page.locator(".jp-Dialog").get_by_role("button").last.click()
    assert "before it was full" in Path(download(page).path()).read_text()
    session.send("Storage.overrideQuotaForOrigin", {"origin": address})
    write(page, place, "mine = 'and after it'")
    save_until(page, "ps0.ipynb has changed")
    page.reload()
    expect(page.locator(".jp-Notebook .jp-Cell").nth(place)).to_contain_text("and after it")
    expect(bar(page)).to_contain_text("ps0.ipynb has changed")


def test_a_second_tab_is_told_in_both(page, address) -> None:
    open_notebook(page, address, "ps0/ps0.ipynb")
    expect(bar(page)).to_contain_text("Your work stays")
    second = page.context.new_page()
    open_notebook(second, address, "ps0/ps0.ipynb")
    for tab in (page, second):
        expect(bar(tab)).to_contain_text("ps0.ipynb is open in another tab too")
    second.goto(address)
    expect(bar(page)).to_contain_text("Your work stays")


def test_python_from_an_address_and_without_a_network(page, requests, pyodide, tmp_path) -> None:
    with serving(pyodide) as elsewhere:
        built = building.build(ROOT, tmp_path / "site", elsewhere)
        assert built.python == f"{elsewhere}/"
        with serving(built.folder) as address:
            open_notebook(page, address, "ps0/ps0.ipynb")
            write(page, next(iter(answers("ps0"))), "import course, numpy\nprint(course.check, 2026 * 2)")
            page.keyboard.press("Control+Enter")
            expect(page.locator(".jp-OutputArea-output", has_text="4052")).to_be_visible()
            assert others(requests, address, elsewhere) == set()
            page.context.route(f"{elsewhere}/**", lambda route: route.abort())
            page.reload()
            expect(bar(page)).to_contain_text(f"Python cannot be loaded from {urlsplit(elsewhere).netloc}")
