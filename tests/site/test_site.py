"""A site as a class meets it: what is on it, and what endangers the work."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect

from course.grading.site import building
from tests.helpers import ROOT
from tests.site.conftest import serving
from tests.site.pages import (
    answers,
    bar,
    download,
    open_notebook,
    others,
    run_all,
    save_until,
    write,
    write_cell,
)

pytestmark = pytest.mark.browser


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


OWN_GRADIENT = """
from course import LossExplorer

explorer = LossExplorer(lambda X, y, W1, W2: (W1 / 10, W2 / 10), steps=20)
explorer
"""


def test_the_explorer_follows_in_a_lecture(page, requests, address) -> None:
    open_notebook(page, address, "lectures/learning_rate.ipynb")
    run_all(page)
    expect(page.locator(".loss-chart .regime").first).to_be_visible()
    assert page.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").count() == 0

    last = page.locator(".jp-Notebook .jp-CodeCell").last
    write_cell(last, OWN_GRADIENT)
    page.keyboard.press("Control+Enter")
    expect(last.locator(".headline")).to_contain_text("your run parts from the true one at step 1")
    # without threads too, all of its runs come, and who needs them at once can wait for them
    write_cell(last, OWN_GRADIENT + "explorer.settle()\nprint(explorer.chart.progress)")
    page.keyboard.press("Control+Enter")
    expect(last.locator(".jp-OutputArea-output", has_text="1.0")).to_be_visible()
    assert others(requests, address) == set()


FILL = """async () => {
  const database = await new Promise((resolve) => {
    const request = indexedDB.open("another page of this address");
    request.onupgradeneeded = () => request.result.createObjectStore("store", { autoIncrement: true });
    request.onsuccess = () => resolve(request.result);
  });
  const fits = (size) => new Promise((resolve) => {
    const transaction = database.transaction("store", "readwrite");
    transaction.objectStore("store").add(crypto.getRandomValues(new Uint8Array(size)));
    transaction.oncomplete = () => resolve(true);
    transaction.onabort = () => resolve(false);
  });
  for (let size = 2 ** 16; size >= 2 ** 10; size /= 2) {
    while (await fits(size));
  }
}"""


def test_a_full_storage_is_told_and_nothing_is_lost(page, address) -> None:
    session, server = page.context.new_cdp_session(page), urlsplit(address)
    quota = {"origin": f"{server.scheme}://{server.netloc}"}
    session.send("Storage.overrideQuotaForOrigin", {**quota, "quotaSize": 10_000_000})
    open_notebook(page, address, "ps0/ps0.ipynb")
    place = next(iter(answers("ps0")))
    write(page, place, "answer = 'before it was full'")
    page.evaluate(FILL)
    # one for each time that saving failed, however often that was
    dialog = page.locator(".jp-Dialog").last
    page.add_locator_handler(dialog, lambda _: dialog.get_by_role("button").last.click(), no_wait_after=True)
    save_until(page, "ps0.ipynb cannot be saved: this browser's storage is full")
    assert "before it was full" in Path(download(page).path()).read_text()
    session.send("Storage.overrideQuotaForOrigin", quota)
    write(page, place, "answer = 'and after it'")
    save_until(page, "ps0.ipynb has changed")
    page.reload()
    expect(page.locator(".jp-Notebook .jp-Cell").nth(place)).to_contain_text("and after it")
    expect(bar(page)).to_contain_text("ps0.ipynb has changed")


def test_code_that_never_ends_is_ended_by_a_restart(page, address) -> None:
    open_notebook(page, address, "ps0/ps0.ipynb")
    place = next(iter(answers("ps0")))
    write(page, place, "while True:\n    pass")
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Python (Pyodide) | Busy").wait_for()
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Restart Kernel…$")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    write(page, place, "print(6 * 7000)")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".jp-OutputArea-output", has_text="42000")).to_be_visible()


def test_a_second_tab_is_told_in_both(page, address) -> None:
    open_notebook(page, address, "ps0/ps0.ipynb")
    expect(bar(page)).to_contain_text("Your work stays")
    second = page.context.new_page()
    open_notebook(second, address, "ps0/ps0.ipynb")
    for tab in (page, second):
        expect(bar(tab)).to_contain_text("ps0.ipynb is open in another tab too")
    third = page.context.new_page()
    open_notebook(third, address, "ps0/ps0.ipynb")
    third.goto(address)
    expect(bar(page)).to_contain_text("ps0.ipynb is open in another tab too")
    third.locator("a[href*='ps1.ipynb']").click()
    expect(bar(third)).to_contain_text("Your work stays")
    expect(third.locator(".jp-Notebook")).to_have_count(1)
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


def test_a_server_that_names_a_wrong_type_is_told(page, address) -> None:
    def untyped(route: Route) -> None:
        route.fulfill(response=route.fetch(), headers={"Content-Type": "application/octet-stream"})

    page.context.route("**/pyodide.mjs", untyped)
    open_notebook(page, address, "ps0/ps0.ipynb")
    expect(bar(page)).to_contain_text("this server sends files .mjs as application/octet-stream")
