"""The explorer in JupyterLab: moved by hand, keys and play; what is drawn is read back as data."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from course import LossExplorer
from course.explorer import runs
from course.explorer.problem import Problem
from course.explorer.regimes import REGIMES, regimes
from course.grading import notebooks
from tests.browser.conftest import PATIENCE
from tests.helpers import cell, notebook
from tests.jupyterlab import Lab, run_all

pytestmark = pytest.mark.browser

EXPLORER = "from course import LossExplorer\nexplorer = LossExplorer()\nexplorer"
WRONG = """
from course import LossExplorer, sigmoid
import numpy as np

def my_gradient(X, y, W1, W2):
    if np.isnan(y).any():
        raise ValueError
    return W1 / 10, W2 / 10

LossExplorer(my_gradient)
"""
RAISING = "from course import LossExplorer\ndef broken(X, y, W1, W2):\n    return 1 / 0\nLossExplorer(broken)"
HANGING = "from course import LossExplorer\nimport time\nLossExplorer(lambda X, y, W1, W2: time.sleep(10**6))"
# The points of a path, as data: the panel's axes are told by its attributes.
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
    """Open a notebook with these cells in it, run it, and wait until all true runs are there."""
    notebooks.write(notebook(*map(cell, sources)), lab.root / f"{name}.ipynb")
    page = browser.new_context(viewport={"width": 1400, "height": 1000}, **settings).new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    page.wrong = []
    page.on("pageerror", lambda error: page.wrong.append(str(error)))
    run_all(page, lab.url(f"{name}.ipynb"))
    page.locator(".loss-chart .regime").first.wait_for()
    return page


@pytest.fixture(scope="module")
def explorer(browser: Browser, lab: Lab) -> Iterator[Page]:
    page = opened(browser, lab, "explorer", EXPLORER)
    yield page
    assert page.wrong == []
    page.context.close()


@pytest.fixture(scope="module")
def curves() -> np.ndarray:
    return runs.loss_curves(Problem(), runs.learning_rates(Problem()))


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


# Keeps the kernel busy until there is a file "go".
BUSY = "import pathlib, time; [time.sleep(0.1) for _ in iter(pathlib.Path('go').exists, True)]"


def test_the_curve_does_not_wait_for_python(browser, lab, curves) -> None:
    page = opened(browser, lab, "busy", EXPLORER, BUSY)
    busy = page.get_by_role("button", name="Python 3 (ipykernel) | Busy")
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    try:
        for index in (40, 77):
            expect(busy).to_be_visible()
            go_to(page, index)
            assert_draws(drawn(page), curves[index])
        expect(busy).to_be_visible()
    finally:
        (lab.root / "go").touch()
    assert page.wrong == []
    page.context.close()


# Writes down which rates Python hears of, and which is shown when something is saved.
HEARING = (
    EXPLORER.removesuffix("explorer")
    + """
def write(line):
    with open("heard", "a") as file:
        print(line, file=file)

explorer._chart.observe(lambda change: write(change.new), "index")
explorer._controls.save.on_click(lambda _: write(f"saved {explorer._chart.index}"))
explorer
"""
)
# All within a millisecond, which no hand and no browser at the other end of a pipe does.
PRESS = """
([handle, count]) => {
  const right = { key: "ArrowRight", bubbles: true, cancelable: true };
  for (let k = 0; k < count; k++) handle.dispatchEvent(new KeyboardEvent("keydown", right));
}
"""
SAVE = """
(button) => {
  button.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  button.click();
}
"""


def test_python_hears_of_moves_when_the_hand_rests_or_does_something_else(browser, lab) -> None:
    page = opened(browser, lab, "heard", HEARING)
    heard = lab.root / "heard"

    idle = page.get_by_role("button", name="Python 3 (ipykernel) | Idle")

    def lines() -> list[str]:
        return heard.read_text().splitlines() if heard.exists() else []

    def hears(last: str) -> list[str]:
        """Wait until Python has heard this, and has said so: before, ipywidgets holds the next back."""
        for _ in range(PATIENCE // 100):
            if lines()[-1:] == [last]:
                break
            page.wait_for_timeout(100)
        idle.wait_for()
        page.wait_for_timeout(2000)
        found = lines()
        heard.unlink(missing_ok=True)
        return found

    go_to(page, 50)
    assert hears("50")
    slider = handle(page).element_handle()
    page.evaluate(PRESS, [slider, 20])
    expect(chart(page)).to_have_attribute("data-index", "70")
    assert hears("70") == ["70"]

    page.evaluate(
        f"([slider, button]) => {{ ({PRESS})([slider, 5]); ({SAVE})(button); }}",
        [slider, page.locator(".save").element_handle()],
    )
    assert hears("saved 75") == ["75", "saved 75"]
    assert page.wrong == []
    page.context.close()


def test_what_python_answers_late_does_not_set_the_hand_back(browser, lab) -> None:
    page = opened(browser, lab, "late", EXPLORER, BUSY.replace("go", "answer"))
    try:
        go_to(page, 30)
        page.wait_for_timeout(1000)  # Python is told, and does not listen
        moving = f"""([handle]) => {{
          window.moving = (async () => {{
            for (let k = 0; k < 60; k++) {{
              ({PRESS})([handle, 1]);
              await new Promise((done) => setTimeout(done, 50));
            }}
          }})();
          return 0;
        }}"""
        page.evaluate(moving, [handle(page).element_handle()])
    finally:
        (lab.root / "answer").touch()
    page.evaluate("window.moving")
    page.wait_for_timeout(1000)
    expect(chart(page)).to_have_attribute("data-index", "90")
    assert page.wrong == []
    page.context.close()


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
    slow, good, edge, large = runs.landmarks(curves, regimes(curves))
    for name, index in (("too slow", slow), ("good", good), ("edge", edge), ("too large", large)):
        explorer.locator(".jumps").get_by_role("button", name=name).click()
        expect(chart(explorer)).to_have_attribute("data-index", str(index))
    entry = explorer.locator(".exact-rate input")
    expect(entry).to_have_value("1000")
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
    # each has its own dash, colour and label
    go_to(explorer, 30)
    explorer.locator("button.pin-run").click()
    expect(explorer.locator(".loss-chart .pins li")).to_have_count(2)
    looks = explorer.locator(".loss-chart svg.run path.line.pin").evaluate_all(
        "paths => paths.filter((path) => path.closest('.label') === null).slice(0, 2)"
        ".map((path) => [getComputedStyle(path).stroke, path.getAttribute('stroke-dasharray')])"
    )
    assert len({color for color, _ in looks}) == len({dash for _, dash in looks}) == 2
    labels = explorer.locator(".loss-chart svg.run .label:visible text").all_text_contents()
    assert f"η = {RATES[51]:.4g}" in labels
    explorer.get_by_role("button", name="Clear pins").click()
    expect(explorer.locator(".loss-chart .pins li")).to_have_count(0)


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
    told = images.nth(1).get_attribute("aria-label")
    assert "slow from 0.01 to" in told
    assert f"The cursor is at η = {RATES[80]:.4g}" in told
    # every control can be reached and shows that it has the focus
    outline = handle(explorer).evaluate("node => (node.focus(), getComputedStyle(node).outlineStyle)")
    assert outline == "solid"


def test_twice_as_large_and_dark_nothing_is_cut_off(explorer) -> None:
    explorer.set_viewport_size({"width": 700, "height": 500})  # 1400 by 1000 at 200 %
    explorer.evaluate("document.body.dataset.jpThemeLight = 'false'")
    chart(explorer).scroll_into_view_if_needed()
    explorer.wait_for_timeout(300)
    chart_box, output = (
        chart(explorer).bounding_box(),
        explorer.locator(".jp-OutputArea-output").first.bounding_box(),
    )
    assert chart_box["x"] + chart_box["width"] <= output["x"] + output["width"] + 1
    right = explorer.locator(".loss-chart svg.run").evaluate(
        "svg => Math.max(...[...svg.querySelectorAll('text')].map((t) => t.getBoundingClientRect().right))"
    )
    assert right <= output["x"] + output["width"] + 1
    light = explorer.locator(".loss-chart svg.run path.current").last.evaluate(
        "p => getComputedStyle(p).stroke"
    )
    assert light != "rgb(0, 114, 178)", "on a dark ground the curve is lighter"
    explorer.evaluate("document.body.dataset.jpThemeLight = 'true'")
    explorer.set_viewport_size({"width": 1400, "height": 1000})


def test_a_wrong_gradient_is_drawn_over_the_true_run(browser, lab, curves) -> None:
    page = opened(browser, lab, "wrong", WRONG)
    expect(page.locator(".loss-chart .headline")).to_contain_text(
        "your run parts from the true one at step 1"
    )
    true = drawn(page)
    yours = drawn(page, "own")
    index = int(chart(page).get_attribute("data-index"))
    assert_draws(true, curves[index])
    assert abs(yours[-1, 1] - true[-1, 1]) > 0.1
    expect(page.locator(".loss-chart svg.run .parted")).to_contain_text("they part")
    expect(page.locator(".loss-chart svg.run .parted path")).to_be_visible()
    assert page.wrong == []
    page.context.close()


@pytest.mark.parametrize(
    ("name", "source", "said"),
    [
        ("raising", RAISING, "Your gradient raised ZeroDivisionError: division by zero"),
        ("hanging", HANGING, "Your gradient has not come back for 2 seconds"),
    ],
)
def test_a_broken_gradient_is_told_and_the_explorer_goes_on(browser, lab, curves, name, source, said) -> None:
    page = opened(browser, lab, name, source)
    expect(page.locator(".loss-chart .status")).to_contain_text(said)
    go_to(page, 70)
    assert_draws(drawn(page), curves[70])
    assert page.wrong == []
    page.context.close()


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


def test_the_page_opens_from_disk_without_kernel_or_network(browser, curves, tmp_path) -> None:
    one = LossExplorer(rate=10.0, pins=[1.0])
    path = one.to_html(tmp_path / "page.html")
    one.close()
    page = browser.new_page()
    asked, wrong = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(path.as_uri())
    expect(chart(page)).to_have_attribute("data-index", "72")
    assert_draws(drawn(page), curves[72])
    slider = page.locator("input.learning-rate")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(chart(page)).to_have_attribute("data-index", "73")
    assert_draws(drawn(page), curves[73])
    page.get_by_role("button", name="Pin this run").click()
    expect(page.locator(".loss-chart .pins li")).to_have_count(2)
    page.get_by_role("button", name="too large").click()
    expect(chart(page)).to_have_attribute("data-index", "120")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert wrong == []
    assert json.dumps(asked).count("page.html") == 1
    page.close()
