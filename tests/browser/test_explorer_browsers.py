"""The explorer's page in Firefox and WebKit, by few tests: what may differ from one engine to another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from course import LossExplorer
from tests.browser.explorers import READ, assert_draws
from tests.browsers import Browser, firefox, webkit
from tests.sandboxes import wait_until

pytestmark = pytest.mark.browser

FORBID = "<script>window.Worker = class { constructor() { throw new Error('forbidden'); } };</script>"
ENDS = "['svg.run', 'svg.run path.current:not(.ahead)'].map((name) => document.querySelector(name))"
CURVE = f"({READ})({ENDS})"
NAMED = {
    "too slow": {"slow"},
    "good": {"steady"},
    "edge": {"steady"},
    "too large": {"oscillating", "stuck", "diverged"},
}
PROGRAMS = {firefox: "firefox-esr", webkit: "webkit2gtk-driver xvfb"}


@pytest.fixture(scope="module", params=[firefox, webkit], ids=["firefox", "webkit"])
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    try:
        with request.param() as browser:
            yield browser
    except FileNotFoundError as error:
        pytest.skip(f"there is no {error} on this machine; `apt-get install {PROGRAMS[request.param]}`")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    explorer = LossExplorer(rate=10.0, seed=0)
    path = explorer.to_html(tmp_path_factory.mktemp("page") / "page.html")
    explorer.close()
    return path


def complete(browser: Browser) -> None:
    """Wait for all runs, and for a picture."""
    done = "document.querySelector('.loss-chart progress')?.style.display === 'none'"
    drawn = "document.querySelector('.loss-chart').dataset.index !== undefined"
    assert wait_until(lambda: browser.value(f"{done} && {drawn}"))


def index_becomes(browser: Browser, index: int) -> bool:
    return wait_until(
        lambda: browser.value("document.querySelector('.loss-chart')?.dataset.index") == str(index)
    )


def text(browser: Browser, selector: str) -> str:
    return str(browser.value(f"document.querySelector({selector!r})?.textContent ?? ''"))


def test_the_first_curve_is_drawn_and_keys_move_it(browser, path, curves) -> None:
    browser.open(path.as_uri())
    assert index_becomes(browser, 72)
    assert_draws(np.array(browser.value(CURVE)), curves[72])
    browser.value("document.querySelector('input.learning-rate').focus()")
    for key, index in (("ArrowRight", 73), ("Home", 0), ("ArrowRight", 1)):
        browser.press(key)
        assert index_becomes(browser, index)
        assert_draws(np.array(browser.value(CURVE)), curves[index])


def test_the_address_holds_the_view(browser, path) -> None:
    browser.open(f"{path.as_uri()}#seed=7&rate=12.5&step=40&log=0")
    assert wait_until(lambda: "η = 12.5:" in text(browser, ".headline"))
    assert wait_until(lambda: "from seed 7" in text(browser, ".loss-chart > .title"))
    browser.value("document.querySelector('input.learning-rate').focus()")
    browser.press("Home")
    assert wait_until(lambda: "rate=0.01&step=40&log=0" in browser.value("location.hash"))


def test_where_no_worker_is_allowed_it_computes_in_between(browser, path, curves) -> None:
    without = path.with_name("without_workers.html")
    without.write_text(path.read_text().replace("<head>", f"<head>{FORBID}"))
    browser.open(without.as_uri())
    complete(browser)
    assert "may start no worker" in text(browser, ".loss-chart .status")
    assert_draws(np.array(browser.value(CURVE)), curves[72])


def test_each_button_lands_where_its_name_says(browser, path) -> None:
    browser.open(path.as_uri())
    complete(browser)
    # which run that is, rounding errors may decide, which are each browser's own
    for name, regimes in NAMED.items():
        button = f"[...document.querySelectorAll('.jumps button')].find((b) => b.textContent === {name!r})"
        assert wait_until(lambda button=button: browser.value(f"!{button}.disabled"))
        browser.value(f"{button}.click()")
        pressed = f"{button}.getAttribute('aria-pressed') === 'true'"
        assert wait_until(lambda pressed=pressed: browser.value(pressed))
        index = "document.querySelector('.loss-chart').dataset.index"
        at = int(browser.value("document.querySelector('input.learning-rate').value"))
        assert wait_until(lambda index=index, at=at: browser.value(index) == str(at))
        assert text(browser, ".headline").split(": ")[1].split(";")[0] in regimes


def test_nothing_is_wider_than_the_window(browser, path) -> None:
    browser.open(path.as_uri())
    complete(browser)
    assert browser.value("document.documentElement.scrollWidth <= window.innerWidth")
