"""The explorer's page: without kernel and network, its address, and what a browser may forbid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from course import LossExplorer
from course.explorer.model import runs
from course.explorer.model.problem import Problem
from mlp_ref import one_hidden
from tests.browser.explorers import RATES, assert_draws, chart, drawn, expect_drawn, press_jumps

pytestmark = pytest.mark.browser

FORBID_WORKERS = "window.Worker = class { constructor() { throw new Error('forbidden'); } };"
# Some browsers say so by an event, after the page has asked for all that it shows.
FORBID_LATE = (
    "window.Worker = class { constructor() { setTimeout(() => this.onerror(), 1000); } "
    "postMessage() {} terminate() {} };"
)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    explorer = LossExplorer(rate=10.0, seed=0, pins=[1.0])
    path = explorer.to_html(tmp_path_factory.mktemp("page") / "page.html")
    explorer.close()
    return path


@pytest.fixture
def opened(page: Page, path: Path) -> Iterator[Page]:
    """The page, with all its runs computed; nothing it does is an error or asks for anything."""
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    complete(page)
    yield page
    assert wrong == []
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


def complete(page: Page) -> None:
    expect(chart(page)).to_have_attribute("data-index", "72")
    expect(page.locator(".loss-chart progress")).to_be_hidden()


def test_it_opens_from_disk_and_every_control_works(opened, curves) -> None:
    assert_draws(drawn(opened), curves[72])
    opened.locator("input.learning-rate").focus()
    opened.keyboard.press("ArrowRight")
    expect(chart(opened)).to_have_attribute("data-index", "73")
    assert_draws(drawn(opened), curves[73])
    opened.get_by_role("button", name="Pin this run").click()
    expect(opened.locator(".loss-chart .pins li")).to_have_count(2)
    press_jumps(opened, curves)
    opened.get_by_role("button", name="Play").click()
    expect(opened.get_by_role("button", name="Stop")).to_be_visible()
    expect(opened.get_by_role("button", name="Play")).to_be_visible()
    opened.locator("[name=network]").select_option("seed 2")
    opened.locator("[name=hidden]").fill("4")
    opened.locator("[name=momentum]").select_option("0.5")
    opened.locator("[name=batch]").select_option("2")
    opened.locator("[name=rate]").fill("0.123")
    opened.locator("[name=rate]").press("Enter")
    expect(opened.locator(".headline")).to_contain_text("η = 0.123:")
    problem = Problem("seed 2", hidden=4, momentum=0.5, batch=2)
    expect_drawn(opened, runs.loss_curves(problem, np.array([0.123]))[0])


def test_its_address_holds_the_view(opened, path) -> None:
    opened.locator(".seed").fill("7")
    opened.locator(".seed").press("Tab")
    opened.locator("[name=rate]").fill("12.5")
    opened.locator("[name=rate]").press("Enter")
    opened.wait_for_function("location.hash.includes('rate=12.5')")
    address = opened.url
    opened.goto("about:blank")
    opened.goto(address)
    expect(opened.locator(".headline")).to_contain_text("η = 12.5:")
    expect(opened.locator(".seed")).to_have_value("7")
    expect(opened.locator(".loss-chart .pins li")).to_contain_text("η = 1, seed 0")
    expect_drawn(opened, runs.loss_curves(Problem(seed=7), np.array([12.5]))[0])


def test_the_back_button_brings_back_the_view_before(opened) -> None:
    opened.locator("input.learning-rate").press("ArrowRight")
    opened.wait_for_function("location.hash.includes('seed=0') && location.hash.includes('rate=11')")
    opened.locator("[name=seed]").fill("7")
    opened.locator("[name=seed]").press("Enter")
    opened.wait_for_function("location.hash.includes('seed=7')")
    opened.get_by_role("button", name="Clear pins").click()
    opened.wait_for_function("location.hash.endsWith('pins=')")
    for seed, pins in (("7", 1), ("0", 1)):
        opened.go_back()
        expect(opened.locator(".loss-chart > .title")).to_contain_text(f"from seed {seed}")
        expect(opened.locator(".loss-chart .pins li")).to_have_count(pins)
    expect(chart(opened)).to_have_attribute("data-index", "73")
    opened.go_forward()
    expect(opened.locator(".loss-chart > .title")).to_contain_text("from seed 7")


def test_the_back_button_brings_back_the_opening_view_of_a_page_without_an_address(opened) -> None:
    for seed in ("3", "5"):
        opened.locator("[name=seed]").fill(seed)
        opened.locator("[name=seed]").press("Enter")
        opened.wait_for_function(f"location.hash.includes('seed={seed}')")
    for seed in ("3", "0"):
        opened.go_back()
        expect(opened.locator(".loss-chart > .title")).to_contain_text(f"from seed {seed}")
    opened.wait_for_timeout(400)  # what is written after a change would be there by now
    assert opened.evaluate("location.hash") == ""
    opened.go_forward()
    expect(opened.locator(".loss-chart > .title")).to_contain_text("from seed 3")


def test_an_address_that_is_set_is_one_step_back(opened) -> None:
    before = opened.evaluate("history.length")
    opened.evaluate("location.hash = 'seed=3'")
    opened.wait_for_function("location.hash.includes('seed=3&momentum=0')")
    opened.wait_for_timeout(400)
    assert opened.evaluate("history.length") == before + 1
    opened.go_back()
    expect(opened.locator(".loss-chart > .title")).to_contain_text("from seed 0")


@pytest.mark.parametrize(
    "nonsense",
    [
        "seed=-1&rate=NaN",
        "network=seed+9&hidden=1e99&pins=,;a",
        "%%%&step=2.5&x",
        "show_curvature=1",
        "__proto__=1&toString=2&seed=",
        "rate=10&rate=oops",
        "pins=" + ";".join(f"{k},seed+1,xor,3,1,0,0,0" for k in range(1, 7)),
    ],
)
def test_nonsense_in_its_address_is_told_in_a_line(page, path, curves, nonsense) -> None:
    page.goto(f"{path.as_uri()}#{nonsense}")
    expect(page.locator(".loss-chart .status")).to_contain_text(
        "Of this address, these parts say nothing here:"
    )
    complete(page)
    assert_draws(drawn(page), curves[72])


def test_what_stands_beside_nonsense_in_its_address_is_shown(page, path) -> None:
    page.goto(f"{path.as_uri()}#__proto__=1&seed=7&momentum=")
    expect(page.locator(".seed")).to_have_value("7")
    expect(page.locator(".loss-chart .status")).to_contain_text("say nothing here: __proto__, momentum.")


def test_a_menu_offers_what_its_address_brings(page, path) -> None:
    page.goto(f"{path.as_uri()}#scale=3.3&momentum=0.3&batch=3&seed=7")
    for name, value in (("scale", "3.3"), ("momentum", "0.3"), ("batch", "3"), ("seed", "7")):
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(page.locator(".loss-chart > .title")).to_contain_text("scale 3.3, momentum 0.3, batches of 3")


def test_a_field_that_is_emptied_changes_nothing(opened) -> None:
    for text in ("7", ""):
        opened.locator(".seed").fill(text)
        opened.locator(".seed").press("Tab")
    expect(opened.locator(".loss-chart .status")).to_contain_text("there is no such choice here")
    expect(opened.locator(".seed")).to_have_value("7")


def test_a_refusal_goes_with_the_next_change_that_is_accepted(opened) -> None:
    rate, status = opened.locator("[name=rate]"), opened.locator(".loss-chart .status")
    for refused, accepted in (("-5", "12"), ("", "14")):
        rate.fill(refused)
        rate.press("Enter")
        expect(status).to_contain_text("learning rate")
        rate.fill(accepted)
        rate.press("Enter")
        expect(status).to_have_text("")
        expect(rate).to_have_value(accepted)


def test_what_is_typed_right_after_a_refusal_stays(opened) -> None:
    """The field's own reply to a refusal is over before the next key can be."""
    typed = opened.locator("[name=rate]").evaluate(
        """async (rate) => {
            rate.value = "-5";
            rate.dispatchEvent(new Event("change"));
            await Promise.resolve();
            await Promise.resolve();
            const replied = rate.value;
            rate.value = "12";
            rate.dispatchEvent(new Event("input"));
            await new Promise((done) => setTimeout(done, 50));
            return [replied, rate.value];
        }"""
    )
    assert typed == ["10", "12"]


def test_what_is_typed_stays_while_runs_are_computed(page, path) -> None:
    page.goto(f"{path.as_uri()}#network=seed+2&data=moons&hidden=6")
    page.locator(".loss-chart progress").wait_for()
    page.locator(".seed").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("12")
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page.locator(".loss-chart > .title")).to_contain_text("from seed 12")


def test_a_page_of_a_high_seed_knows_it_in_its_address(page, tmp_path) -> None:
    explorer = LossExplorer(seed=1234)
    path = explorer.to_html(tmp_path / "page.html")
    explorer.close()
    page.goto(f"{path.as_uri()}#seed=5")
    expect(page.locator(".seed")).to_have_value("5")
    page.evaluate("location.hash = 'seed=1234'")
    expect(page.locator(".seed")).to_have_value("1234")
    expect(page.locator(".loss-chart > .title")).to_contain_text("from seed 1234")


def test_where_no_worker_is_allowed_the_page_computes_in_between(page, path, curves) -> None:
    page.add_init_script(FORBID_WORKERS)
    page.goto(path.as_uri())
    complete(page)
    expect(page.locator(".loss-chart .status")).to_contain_text("may start no worker")
    assert_draws(drawn(page), curves[72])
    assert page.locator(".loss-chart .mark").count() >= len(RATES)


def test_where_a_worker_is_forbidden_late_the_open_panel_is_drawn_too(page, path) -> None:
    page.add_init_script(FORBID_LATE)
    page.goto(f"{path.as_uri()}#panel=deltas")
    expect(page.locator(".loss-chart .status")).to_contain_text("may start no worker")
    complete(page)
    expect(page.locator(".loss-chart svg.deltas path.line").first).to_have_attribute("d", re.compile("M"))


def test_a_page_that_was_hidden_or_slept_plays_on_from_where_it_was(page, path) -> None:
    page.clock.install(time=0)
    page.goto(path.as_uri())
    complete(page)
    page.locator("[name=step]").focus()
    page.keyboard.press("Home")
    expect(chart(page)).to_have_attribute("data-step", "0")
    page.clock.pause_at(3600)  # seconds
    page.get_by_role("button", name="Play").click()
    page.clock.run_for(500)  # milliseconds
    before = int(chart(page).get_attribute("data-step"))
    page.clock.fast_forward(3_600_000)
    page.clock.run_for(100)
    after = int(chart(page).get_attribute("data-step"))
    assert 0 < before < after < before + 40
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def test_a_run_is_hidden_until_it_has_been_predicted(opened, curves) -> None:
    opened.locator("[name=predict]").check()
    expect(opened.locator(".headline")).to_contain_text("what will the loss do?")
    assert opened.locator("svg.run path.current").first.get_attribute("d") == ""
    expect(opened.locator("svg.rates .mark")).to_have_count(0)
    expect(opened.get_by_role("button", name="good")).to_be_disabled()
    opened.locator(".prediction").get_by_role("button", name="slow").click()
    expect(opened.locator(".prediction")).to_contain_text(
        "You predicted slow; the run is steady: the end, the median"
    )
    assert_draws(drawn(opened), curves[72])
    expect(opened.locator("svg.rates .mark")).to_have_count(1)


@pytest.mark.parametrize("panel", ["curvature", "deltas", "path"])
def test_nothing_around_a_hidden_run_tells_of_it(page, path, panel) -> None:
    axes = set()
    for rate in ("10", "700"):
        page.goto("about:blank")
        page.goto(f"{path.as_uri()}#predict=1&panel={panel}&rate={rate}&pins=")
        expect(page.locator("svg.rates")).to_have_attribute(
            "aria-label", re.compile("No run is to be seen yet. The")
        )
        shown = page.locator(f"svg.{panel}")
        expect(shown).to_have_attribute("aria-label", re.compile("yet"))
        axes.add((shown.get_attribute("data-x"), shown.get_attribute("data-y")))
        assert not any(name in page.title() for name in runs.REGIMES)
    assert len(axes) == 1


def test_a_pin_does_not_show_the_run_that_is_hidden(page, path) -> None:
    page.goto(f"{path.as_uri()}#predict=1&pins=")
    complete(page)
    button = page.get_by_role("button", name="Pin this run")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("predict this run first"))
    page.evaluate("location.hash = 'pins=10,seed+1,xor,3,1,0,0,0;1,seed+1,xor,3,1,0,0,0'")
    pins = page.locator(".loss-chart .pins [role=slider]")
    expect(pins.first).to_have_attribute("aria-valuetext", "η = 10: what will the loss do?")
    curve, other = page.locator("svg.run path.pin-0").first, page.locator("svg.run path.pin-1").first
    expect(other).to_have_attribute("d", re.compile("M"))
    assert curve.get_attribute("d") == ""
    assert "currentcolor" in page.locator("svg.rates path.pin-0").get_attribute("style").lower()
    page.locator(".prediction").get_by_role("button", name="slow").click()
    expect(curve).to_have_attribute("d", re.compile("M"))
    expect(pins.first).to_have_attribute("aria-valuetext", re.compile("steady"))


def test_a_curve_that_is_drawn_is_a_prediction_too(opened, curves) -> None:
    opened.locator("[name=predict]").check()
    run = opened.locator("svg.run")
    box, (_, _, left, right, _) = run.bounding_box(), run.get_attribute("data-x").split()
    across = [box["x"] + float(left), box["x"] + float(right)]
    opened.mouse.move(across[0] + 1, box["y"] + 60)
    opened.mouse.down()
    opened.mouse.move(across[0] + 30, box["y"] + 60)
    opened.mouse.up()
    expect(opened.locator(".headline")).to_contain_text("what will the loss do?")  # not enough
    opened.mouse.move(across[0] + 30, box["y"] + 60)
    opened.mouse.down()
    opened.mouse.move(across[1] + 5, box["y"] + 150, steps=10)
    opened.mouse.up()
    expect(opened.locator(".prediction")).to_contain_text("Your curve ends at")
    points = drawn(opened, "drawing")
    assert len(points) == 301
    assert points[-1, 1] < points[30, 1] <= points[0, 1] * 1.01
    assert_draws(drawn(opened), curves[72])


def test_a_prediction_can_be_drawn_by_keys(opened, curves) -> None:
    opened.locator("[name=predict]").check()
    pen = opened.get_by_role("slider", name="draw by keys")
    pen.focus()
    for key, count in (("ArrowRight", 8), ("ArrowDown", 5), ("Enter", 1)):
        for _ in range(count):
            opened.keyboard.press(key)
    expect(pen).to_have_attribute("aria-valuetext", re.compile(r"^step 80, .*at least half of the steps"))
    expect(opened.locator(".headline")).to_contain_text("what will the loss do?")
    for _ in range(22):
        opened.keyboard.press("ArrowRight")
    expect(pen).to_have_attribute("aria-valuenow", "300")
    points = drawn(opened, "drawing")
    opened.keyboard.press("Enter")
    expect(opened.locator(".prediction")).to_contain_text("Your curve ends at")
    expect(opened.get_by_role("group", name="prediction")).to_be_focused()
    expect(pen).to_be_hidden()
    np.testing.assert_allclose(points[:81, 1], curves[72][0], rtol=0.02)
    assert len(points) == 301
    assert points[80, 1] > points[85, 1] > points[90, 1] == points[300, 1]
    assert_draws(drawn(opened), curves[72])


def test_a_button_without_a_run_of_its_kind_says_why(page, path) -> None:
    page.goto(f"{path.as_uri()}#network=seed+2&hidden=1")
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    good = page.get_by_role("button", name="good")
    expect(good).to_be_disabled()
    expect(good).to_have_attribute("title", "no run is steady")
    for name in ("too slow", "edge", "too large"):
        expect(page.get_by_role("button", name=name)).to_be_disabled()
        expect(page.get_by_role("button", name=name)).to_have_attribute("title", "no run is steady")


PANELS = {
    "curvature": "η times the largest curvature against step, with the limit at 2. At most",
    "deltas": "The norm of δ in each layer against step. At step 40, layer 1:",
    "output": "The network's output at step 40.",
    "path": "The run up to step 40 as a path, from the square to the circle, over a plane of weights. Losses",
}


@pytest.mark.parametrize("name", PANELS)
def test_panels_show_what_is_inside_a_run_and_the_curve_does_not_wait(page, path, curves, name) -> None:
    page.goto(f"{path.as_uri()}#step=40")
    complete(page)
    page.get_by_label("inside").select_option(name)
    panel = page.locator(f".loss-chart svg.{name}")
    expect(panel).to_have_attribute("aria-label", re.compile(re.escape(PANELS[name])))
    expect(page.locator(".loss-chart svg.loss-panel:visible")).to_have_count(3)
    before = panel.inner_html()
    page.locator("input.learning-rate").press("End")
    expect(chart(page)).to_have_attribute("data-index", "120")
    assert_draws(drawn(page, "ahead"), curves[120])
    expect(panel).not_to_have_class(re.compile("waiting"))
    assert panel.inner_html() != before
    page.wait_for_function(f"location.hash.includes('panel={name}')")


def test_the_output_for_exclusive_or_is_that_of_the_weights_at_the_step(page, path) -> None:
    page.goto(f"{path.as_uri()}#panel=output&step=40")
    complete(page)
    problem = Problem()
    theta = problem.theta
    for _ in range(40):
        theta = theta - 10.0 * problem.losses_and_gradients(theta[None])[1][0]
    X, _ = problem.examples
    *_, outputs = one_hidden.forward(X, *problem.arguments(theta))
    label = page.locator("svg.output")
    for (a, b, _), output in zip(X, outputs[:, 0], strict=True):
        expect(label).to_have_attribute("aria-label", re.compile(f"{a:g} and {b:g} give {output:.3g} for"))


def test_a_band_shows_the_run_of_other_seeds(opened) -> None:
    opened.get_by_label("band of seeds 0–9").check()
    curves = [runs.loss_curves(Problem(seed=seed), RATES[[72]])[0] for seed in range(10)]
    expect(opened.locator("svg.run path.line.middle").first).to_have_attribute("d", re.compile("M"))
    assert_draws(drawn(opened, "middle"), np.median(curves, axis=0))
    expect(opened.locator("svg.run .label:visible text", has_text="seeds 0–9")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("predicting", [False, True], ids=["open", "predicting"])
def test_axe_finds_nothing_to_object_to(browser: Browser, path, theme, predicting) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme=theme)
    page.goto(f"{path.as_uri()}#panel=output&band=1&predict={int(predicting)}")
    complete(page)
    expect(page.locator(".prediction")).to_be_visible(visible=predicting)
    objections = {
        (rule["id"], node["html"][:150])
        for rule in Axe().run(page).response["violations"]
        for node in rule["nodes"]
    }
    assert objections == set()
    page.close()


@pytest.mark.parametrize("size", [(1400, 1000), (1024, 768), (800, 700), (700, 500), (390, 844)], ids=str)
def test_slider_and_curve_are_on_the_screen_together_and_nothing_is_wider(
    browser: Browser, path, size
) -> None:
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(path.as_uri())
    complete(page)
    slider, run = (page.locator(name).bounding_box() for name in ("input.learning-rate", "svg.run"))
    assert slider is not None
    assert run is not None
    assert 0 <= slider["y"] < run["y"]
    assert run["y"] + run["height"] <= height
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_vertical_swipe_scrolls(opened) -> None:
    assert opened.locator("svg.run").evaluate("node => getComputedStyle(node).touchAction") == "pan-y"


def test_on_paper_it_is_white_and_whole(browser: Browser, path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 1000}, color_scheme="dark")
    page.goto(path.as_uri())
    complete(page)
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 1000})
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    right = page.locator("svg.run").evaluate("node => node.getBoundingClientRect().right")
    assert right <= 700
    page.close()
