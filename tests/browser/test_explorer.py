"""The explorer, moved by mouse, keys and Play; what it draws is read back as data."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from course.explorer.model import runs
from course.explorer.model.problem import Problem
from course.explorer.model.runs import REGIMES, regimes
from course.grading.problem_sets import notebooks
from tests.browser.conftest import PATIENCE
from tests.browser.explorers import (
    EXPLORER,
    RATES,
    assert_draws,
    chart,
    drawn,
    go_to,
    handle,
    opened,
    press_jumps,
)
from tests.helpers import cell, notebook
from tests.jupyterlab import Lab, run_cells, running_notebook

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def explorer(browser: Browser, lab: Lab) -> Iterator[Page]:
    page = opened(browser, lab, "explorer", EXPLORER)
    yield page
    assert page.wrong == []
    page.context.close()


def test_keys_move_the_rate_and_the_curve_follows(explorer, curves) -> None:
    for index in (60, 61, 85):
        go_to(explorer, index)
        assert_draws(drawn(explorer), curves[index])
        name = REGIMES[regimes(curves[index : index + 1])[0]]
        expect(explorer.locator(".loss-chart .headline")).to_contain_text(
            f"η = {RATES[index]:.4g}: {name}; lowest"
        )


def test_a_drag_shows_the_curve_where_the_hand_is(explorer, curves) -> None:
    go_to(explorer, 30)
    track = explorer.locator(".learning-rate .noUi-base").bounding_box()
    box = handle(explorer).bounding_box()
    y = box["y"] + box["height"] / 2
    explorer.mouse.move(box["x"] + box["width"] / 2, y)
    explorer.mouse.down()
    explorer.mouse.move(track["x"] + track["width"] * 0.75, y, steps=40)
    expect(chart(explorer)).to_have_attribute("data-index", "90")
    assert_draws(drawn(explorer), curves[90])
    explorer.mouse.move(track["x"] + track["width"] + 50, y, steps=5)
    expect(chart(explorer)).to_have_attribute("data-index", "120")
    explorer.mouse.up()


def test_a_drag_in_the_panel_of_rates_moves_the_slider(explorer) -> None:
    svg = explorer.locator(".loss-chart svg.rates")
    box = svg.bounding_box()
    low, high, left, right, _ = svg.get_attribute("data-x").split()
    middle = box["x"] + (float(left) + float(right)) / 2
    explorer.mouse.move(box["x"] + float(left) + 5, box["y"] + 60)
    explorer.mouse.down()
    explorer.mouse.move(middle, box["y"] + 60, steps=10)
    explorer.mouse.up()
    expect(chart(explorer)).to_have_attribute("data-index", "60")
    expect(handle(explorer)).to_have_attribute("aria-valuenow", "60.0")
    assert float(low) * 1e5 == pytest.approx(float(high))


def test_a_fast_hand_is_never_set_back(explorer) -> None:
    handle(explorer).focus()
    for turn in range(6):
        keys = ["Home", *["PageUp"] * 6, *["ArrowRight"] * 9] if turn % 2 else ["End", *["PageDown"] * 3]
        for key in keys:
            explorer.keyboard.press(key)
        want = "39" if turn % 2 else "105"
        expect(chart(explorer)).to_have_attribute("data-index", want)
        explorer.wait_for_timeout(1000)  # what Python has to say is here by now
        expect(chart(explorer)).to_have_attribute("data-index", want)


def test_jumps_and_the_exact_entry(explorer, curves) -> None:
    press_jumps(explorer, curves)
    entry = explorer.locator(".exact-rate input")
    expect(entry).to_have_value(f"{RATES[int(chart(explorer).get_attribute('data-index'))]:g}")
    entry.fill("12.34")
    entry.press("Enter")
    expect(explorer.locator(".loss-chart .headline")).to_contain_text("η = 12.34: steady")
    assert_draws(drawn(explorer), runs.loss_curves(Problem(), np.array([12.34]))[0])
    entry.fill("-3")
    entry.press("Enter")
    expect(explorer.locator(".loss-chart .status")).to_contain_text(
        "the learning rates here go from 0.01 to 1000"
    )
    expect(entry).to_have_value("12.34")


def test_play_walks_along_the_run_and_stops_at_its_end(explorer, curves) -> None:
    go_to(explorer, 60)
    explorer.locator("button.play").click()
    explorer.wait_for_function("document.querySelector('.loss-chart').dataset.step < 250")
    part = drawn(explorer)
    assert len(part) < 302
    assert_draws(part, curves[60][: len(part)])
    assert_draws(drawn(explorer, "ahead"), curves[60])
    expect(chart(explorer)).to_have_attribute("data-step", "300")
    expect(explorer.locator("button.play")).not_to_have_class("mod-active")


def test_pinned_runs_stay_and_can_be_moved_by_keys(explorer, curves) -> None:
    go_to(explorer, 50)
    explorer.locator("button.pin-run").click()
    go_to(explorer, 90)
    assert_draws(drawn(explorer, "pin-0"), curves[50])
    assert_draws(drawn(explorer), curves[90])
    pin = explorer.locator(".loss-chart .pins [role=slider]").first
    expect(pin).to_have_text(f"η = {RATES[50]:.4g}")
    pin.focus()
    explorer.keyboard.press("ArrowRight")
    expect(pin).to_have_attribute("aria-valuenow", "51")
    expect(pin).to_be_focused()
    explorer.wait_for_function("document.querySelector('.pin-handle').textContent.includes('1.334')")
    assert_draws(drawn(explorer, "pin-0"), curves[51])
    # each has its own dash, number and label
    go_to(explorer, 30)
    explorer.locator("button.pin-run").click()
    expect(explorer.locator(".loss-chart .pins li")).to_have_count(2)
    looks = explorer.locator(".loss-chart svg.run path.line.pin").evaluate_all(
        "paths => paths.filter((path) => path.closest('.label') === null).slice(0, 2)"
        ".map((path) => [getComputedStyle(path).stroke, path.getAttribute('stroke-dasharray')])"
    )
    assert len({dash for _, dash in looks}) == 2
    labels = explorer.locator(".loss-chart svg.run .label:visible text").all_text_contents()
    assert f"1: η = {RATES[51]:.4g}" in labels
    for _ in range(2):
        explorer.get_by_role("button", name="Clear pins").click()
        expect(explorer.locator(".loss-chart .pins li")).to_have_count(0)
        explorer.locator("button.pin-run").click()
        expect(explorer.locator(".loss-chart .pins li")).to_have_count(1)
    explorer.get_by_role("button", name="Clear pins").click()


def test_what_changes_the_curves_computes_them_anew(explorer) -> None:
    go_to(explorer, 72)
    seed = explorer.locator(".seed input")
    seed.fill("21")
    seed.press("Enter")
    expect(explorer.locator(".loss-chart > .title")).to_contain_text("from seed 21")
    expect(explorer.locator(".loss-chart progress")).to_be_hidden()
    fresh = runs.loss_curves(Problem(seed=21), RATES[72:73])[0]
    assert_draws(drawn(explorer), fresh)
    explorer.get_by_role("button", name="Reset").click()
    expect(explorer.locator(".loss-chart > .title")).to_contain_text("from seed 0")
    expect(explorer.locator(".loss-chart progress")).to_be_hidden()


def test_a_screen_reader_is_told_what_the_eye_sees(explorer) -> None:
    go_to(explorer, 60)
    expect(handle(explorer)).to_have_attribute("aria-label", "learning rate η")
    first = handle(explorer).get_attribute("aria-valuetext")
    headline = explorer.locator(".loss-chart .headline")
    expect(headline).to_have_attribute("aria-live", "polite")
    assert first == headline.inner_text()
    images = explorer.locator(".loss-chart svg[role=img]:visible")
    before = images.first.get_attribute("aria-label")
    assert "At step 300 the loss is" in before
    go_to(explorer, 80)
    assert images.first.get_attribute("aria-label") != before
    label = images.nth(1).get_attribute("aria-label")
    assert "slow from 0.01 to" in label
    assert f"The cursor is at η = {RATES[80]:.4g}" in label
    # every control can be reached and shows that it has the focus
    outline = handle(explorer).evaluate("node => (node.focus(), getComputedStyle(node).outlineStyle)")
    assert outline == "solid"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_to_object_to_in_lab(explorer, theme) -> None:
    explorer.evaluate("light => (document.body.dataset.jpThemeLight = light)", str(theme == "light").lower())
    explorer.get_by_label("inside").select_option("output at the step")
    expect(explorer.locator(".loss-chart svg.output")).to_be_visible()
    result = Axe().run(explorer, context=".loss-explorer").response
    objections = {(rule["id"], node["html"][:150]) for rule in result["violations"] for node in rule["nodes"]}
    explorer.get_by_label("inside").select_option("nothing")
    explorer.evaluate("document.body.dataset.jpThemeLight = 'true'")
    assert objections == set()


def test_the_slider_stays_in_sight_while_the_chart_scrolls(explorer) -> None:
    explorer.set_viewport_size({"width": 1024, "height": 500})
    explorer.locator(".loss-chart > .title").evaluate("node => node.scrollIntoView({ block: 'end' })")
    box = handle(explorer).bounding_box()
    centre = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    seen = "([x, y]) => !!document.elementFromPoint(x, y)?.closest('.learning-rate')"
    assert explorer.evaluate(seen, centre)
    explorer.set_viewport_size({"width": 1400, "height": 1000})


def test_twice_as_large_and_dark_nothing_is_cut_off(explorer) -> None:
    explorer.set_viewport_size({"width": 700, "height": 500})  # 1400 by 1000 at 200 %
    explorer.evaluate("document.body.dataset.jpThemeLight = 'false'")
    chart(explorer).scroll_into_view_if_needed()
    explorer.wait_for_function("""() => {
      const right = (node) => node.getBoundingClientRect().right;
      const texts = document.querySelectorAll(".loss-chart svg.run text");
      const limit = right(document.querySelector(".jp-OutputArea-output")) + 1;
      return [document.querySelector(".loss-chart"), ...texts].every((node) => right(node) <= limit);
    }""")
    # on a dark ground the curve is lighter
    curve = explorer.locator(".loss-chart svg.run path.current").last
    expect(curve).not_to_have_css("stroke", "rgb(0, 114, 178)")
    explorer.evaluate("document.body.dataset.jpThemeLight = 'true'")
    explorer.set_viewport_size({"width": 1400, "height": 1000})


def test_who_prefers_reduced_motion_sees_jumps(browser, lab) -> None:
    page = opened(browser, lab, "calm", EXPLORER, reduced_motion="reduce")
    page.evaluate("""() => {
      window.seen = new Set();
      new MutationObserver(() => window.seen.add(document.querySelector(".loss-chart").dataset.step))
        .observe(document.querySelector(".loss-chart"), { attributes: true });
    }""")
    page.locator("button.play").click()
    page.wait_for_function("window.seen.has('0')")
    page.wait_for_function("document.querySelector('.loss-chart').dataset.step === '300'")
    steps = sorted(int(step) for step in page.evaluate("[...window.seen]"))
    assert all(step % 25 == 0 for step in steps)
    page.context.close()


def test_in_notebook_7_arrows_are_the_sliders_and_its_shortcuts_are_its_own(
    browser, curves, tmp_path
) -> None:
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    notebooks.write(notebook(cell(EXPLORER)), root / "explorer.ipynb")
    with running_notebook(root, home) as classic:
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(classic.url("explorer.ipynb"))
        page.locator(".jp-Notebook .jp-Cell").first.wait_for()
        while not classic.has_ready_kernel():  # the page does not say so, and forgets what is run before
            page.wait_for_timeout(200)
        run_cells(page)
        page.locator(".loss-chart .regime").first.wait_for()
        go_to(page, 73)
        assert_draws(drawn(page), curves[73])
        page.locator(".jp-InputPrompt", has_text="[1]:").wait_for()  # all of its output is there
        page.keyboard.press("Control+s")
        for _ in range(PATIENCE // 100):
            saved = (root / "explorer.ipynb").read_text()
            if "loss-explorer-" in saved:
                break
            page.wait_for_timeout(100)
        assert "loss-explorer-" in saved
        page.close()
