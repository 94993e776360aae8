"""Opens an explorer in a real browser, moves it, and reads back as data what it has drawn."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
from playwright.sync_api import Browser, Locator, Page, expect

from course.explorer.model import runs
from course.explorer.model.problem import Problem
from course.grading.problem_sets import notebooks
from tests.browser.conftest import PATIENCE
from tests.helpers import cell, notebook
from tests.jupyterlab import Lab, run_all

EXPLORER = "from course import LossExplorer\nexplorer = LossExplorer(seed=0)\nexplorer"
# Returns the points of a path as data; attributes of the panel describe its axes.
READ = """
([svg, path]) => {
  const axis = (text) => {
    const [low, high, from, to, kind] = text.split(" ");
    const map = kind === "log" ? Math.log : (v) => v;
    const [a, b] = [map(+low), map(+high)];
    return (pixel) => {
      const v = a + ((pixel - from) / (to - from)) * (b - a);
      return kind === "log" ? Math.exp(v) : v;
    };
  };
  const [x, y] = [axis(svg.dataset.x), axis(svg.dataset.y)];
  return path.getAttribute("d").split(/[ML]/).slice(1).map((point) => {
    const [px, py] = point.split(" ").map(Number);
    return [x(px), y(py)];
  });
}
"""


def opened(browser: Browser, lab: Lab, name: str, *sources: str, **settings) -> Page:
    """Open a notebook with these cells, run it, and wait until all true runs are computed."""
    notebooks.write(notebook(*map(cell, sources)), lab.root / f"{name}.ipynb")
    page = browser.new_context(viewport={"width": 1400, "height": 1000}, **settings).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    run_all(page, lab.url(f"{name}.ipynb"))
    page.locator(".loss-chart .regime").first.wait_for()
    return page


RATES = runs.learning_rates(Problem())


def chart(page: Page) -> Locator:
    return page.locator(".loss-chart")


def handle(page: Page) -> Locator:
    return page.locator(".learning-rate .noUi-handle")


def go_to(page: Page, index: int) -> None:
    handle(page).focus()
    page.keyboard.press("Home")
    for _ in range(index // 10):
        page.keyboard.press("PageUp")
    at = int(handle(page).get_attribute("aria-valuenow").split(".")[0])
    for _ in range(abs(index - at)):
        page.keyboard.press("ArrowRight" if index > at else "ArrowLeft")
    expect(chart(page)).to_have_attribute("data-index", str(index))


def drawn(page: Page, name: str = "current:not(.ahead)", panel: str = "run") -> np.ndarray:
    """Return the points of a curve on the screen, (n, 2): steps and losses."""
    svg = page.locator(f".loss-chart svg.{panel}")
    path = svg.locator(f"path.line.{name}").first
    return np.array(page.evaluate(READ, [svg.element_handle(), path.element_handle()]))


def assert_draws(points: np.ndarray, losses: np.ndarray) -> None:
    np.testing.assert_allclose(points[:, 0], np.arange(len(losses)), atol=0.1)
    np.testing.assert_allclose(points[:, 1], losses, rtol=2e-3)


def expect_drawn(page: Page, losses: np.ndarray) -> None:
    """Wait until the chart draws these losses: it keeps the curve before until a run is computed."""
    for _ in range(PATIENCE // 100):
        with suppress(AssertionError):
            assert_draws(drawn(page), losses)
            return
        page.wait_for_timeout(100)
    assert_draws(drawn(page), losses)


def press_jumps(page: Page, curves: np.ndarray) -> None:
    """Press each button with a name: it leads to the run that `curves` (K, steps + 1) say.

    Beyond the edge, where the best of all may lie, runs depend on how a browser rounds exponentials; so the
    best has to end at least as low as the good one, whichever it is.
    """
    jumps = runs.landmarks(curves, runs.regimes(curves))
    good, last = jumps["good"], jumps["too large"]
    for name, index in jumps.items():
        page.get_by_role("button", name=name, exact=True).click()
        if name != "best":
            expect(chart(page)).to_have_attribute("data-index", str(index))
    expect(chart(page)).not_to_have_attribute("data-index", str(last))
    end = runs.ends(drawn(page)[:, 1][None])[0]
    assert end <= runs.ends(curves)[good] * 1.01  # what is read from the screen
