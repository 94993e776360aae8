"""The explorer and Python: neither waits for the other, and a wrong or failing gradient is reported."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PATIENCE
from tests.browser.explorers import EXPLORER, assert_draws, chart, drawn, go_to, handle, opened

pytestmark = pytest.mark.browser

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
# Keeps the kernel busy until there is a file "go".
BUSY = "import pathlib, time; [time.sleep(0.1) for _ in iter(pathlib.Path('go').exists, True)]"


def running(page: Page) -> Locator:
    """The mark of the last cell that runs; Lab's sign of a busy kernel disappears after any message."""
    return page.locator(".jp-InputPrompt", has_text="[*]:").last


def test_the_curve_does_not_wait_for_python(browser, lab, curves) -> None:
    page = opened(browser, lab, "busy", EXPLORER, BUSY)
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    try:
        for index in (40, 77):
            expect(running(page)).to_be_visible()
            go_to(page, index)
            assert_draws(drawn(page), curves[index])
        expect(running(page)).to_be_visible()
    finally:
        (lab.root / "go").touch()
    assert page.wrong == []
    page.context.close()


# Writes down which rates Python receives, and which is shown when something is saved.
HEARING = (
    EXPLORER.removesuffix("explorer")
    + """
def write(line):
    with open("heard", "a") as file:
        print(line, file=file)

explorer.chart.observe(lambda change: write(change.new), "index")
explorer.chart.observe(lambda _: write(f"saved {explorer.chart.index}"), "saves")
explorer
"""
)
# All within a millisecond, which keys sent from outside the page cannot be.
PRESS = """
([handle, count]) => {
  const right = { key: "ArrowRight", bubbles: true, cancelable: true };
  for (let k = 0; k < count; k++) handle.dispatchEvent(new KeyboardEvent("keydown", right));
}
"""
MOVE_AND_SAVE = f"""
([slider, button]) => {{
  ({PRESS})([slider, 5]);
  button.dispatchEvent(new PointerEvent("pointerdown", {{ bubbles: true }}));
  button.click();
}}
"""


def test_python_hears_of_moves_when_the_hand_rests_or_does_something_else(browser, lab) -> None:
    page = opened(browser, lab, "heard", HEARING)
    heard = lab.root / "heard"

    idle = page.get_by_role("button", name="Python 3 (ipykernel) | Idle")

    def lines() -> list[str]:
        return heard.read_text().splitlines() if heard.exists() else []

    def hears(last: str) -> list[str]:
        """Wait until Python has received this and answered; until then ipywidgets holds the next back."""
        for _ in range(PATIENCE // 100):
            if lines()[-1:] == [last]:
                break
            page.wait_for_timeout(100)
        idle.wait_for()
        page.wait_for_timeout(2000)
        received = lines()
        heard.unlink(missing_ok=True)
        return received

    go_to(page, 50)
    assert hears("50")
    slider, save = handle(page).element_handle(), page.locator(".save").element_handle()
    page.evaluate(PRESS, [slider, 20])
    expect(chart(page)).to_have_attribute("data-index", "70")
    assert hears("70") == ["70"]

    page.evaluate(MOVE_AND_SAVE, [slider, save])
    assert hears("saved 75") == ["75", "saved 75"]
    assert page.wrong == []
    page.context.close()


def test_what_is_saved_is_what_was_shown_when_it_was_asked_for(browser, lab) -> None:
    page = opened(browser, lab, "saved", HEARING, BUSY.replace("go", "listen"))
    heard = lab.root / "heard"
    heard.unlink(missing_ok=True)
    try:
        expect(running(page)).to_be_visible()
        go_to(page, 30)
        page.wait_for_timeout(1000)  # sent to a busy Python: ipywidgets holds back what follows
        moved, pressed = (place.element_handle() for place in (handle(page), page.locator(".save")))
        page.locator(".loss-explorer select", has_text="SVG").select_option("SVG")
        page.evaluate(MOVE_AND_SAVE, [moved, pressed])
        expect(running(page)).to_be_visible()
    finally:
        (lab.root / "listen").touch()
    status = page.locator(".loss-chart .status")
    expect(status).to_contain_text("Saved loss-explorer.svg.")
    assert heard.read_text().splitlines()[-2:] == ["35", "saved 35"]
    assert b"<svg" in (lab.root / "loss-explorer.svg").read_bytes()

    save = page.locator(".save")
    expect(save).not_to_have_class(re.compile("mod-active"))
    save.click()
    expect(status).to_contain_text("Saved loss-explorer-2.svg.")
    go_to(page, 40)
    page.locator(".reset").click()
    expect(chart(page)).to_have_attribute("data-index", "72")
    page.wait_for_timeout(1000)
    assert heard.read_text().splitlines()[-1] == "72"
    assert page.wrong == []
    page.context.close()


def test_what_python_answers_late_does_not_set_the_hand_back(browser, lab) -> None:
    page = opened(browser, lab, "late", EXPLORER, BUSY.replace("go", "answer"))
    try:
        go_to(page, 30)
        page.wait_for_timeout(1000)  # sent to a busy Python
        expect(running(page)).to_be_visible()
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
