"""The widget's module as VS Code and Colab load it: from a text, in a frame or under a policy."""

from __future__ import annotations

import html
import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from course import LossExplorer
from course.explorer.model import runs
from course.explorer.model.problem import Problem
from course.explorer.view import script
from course.explorer.view.chart import Chart
from course.explorer.view.page import LEFT_OUT
from tests.browser.explorers import assert_draws, drawn

pytestmark = pytest.mark.browser

# What a host of widgets does: a model of the traits, the module from an address of its text, a view.
HOST = """
class Model {
  listeners = [];
  constructor(state) { this.state = state; }
  get(name) { return this.state[name]; }
  set(name, value) {
    if (JSON.stringify(this.state[name]) === JSON.stringify(value)) return;
    this.state[name] = value;
    for (const [names, listener] of [...this.listeners]) if (names.includes(`change:${name}`)) listener();
  }
  save_changes() {}
  on(names, listener) { this.listeners.push([names.split(" "), listener]); }
  off(names, listener) { this.listeners = this.listeners.filter((entry) => entry[1] !== listener); }
}
const bytes = () => new DataView(new ArrayBuffer(0));
const model = (window.model = new Model({ ...STATE, own_losses: bytes(), own_known: bytes() }));
const addresses = {
  blob: (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" })),
  data: (text) => `data:text/javascript;charset=utf-8,${encodeURIComponent(text)}`,
};
const { default: widget } = await import(addresses[SCHEME](TEXT));
await widget.initialize({ model });
await widget.render({ model, el: document.querySelector("main") });
"""
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob: data:; style-src 'unsafe-inline'; worker-src 'none'"
)


def host(scheme: str, policy: str = "") -> str:
    """Return a document that mounts the widget from an address of this scheme."""
    explorer = LossExplorer(rate=10.0, seed=0)
    names = [
        name for name in explorer.chart.keys if name in Chart.class_own_traits() and name not in LEFT_OUT
    ]
    state = {name: getattr(explorer.chart, name) for name in names}
    explorer.close()
    state |= {"status": "", "progress": 1.0, "moved": [], "parts": [], "own_texts": []}
    constants = [
        script.constant(*pair) for pair in (("STATE", state), ("SCHEME", scheme), ("TEXT", script.module()))
    ]
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">' if policy else ""
    return f"<!doctype html>{meta}<main></main><script type=module>{''.join(constants)}{HOST}</script>"


def test_under_a_policy_that_forbids_workers_the_widget_computes_in_between(
    page: Page, tmp_path: Path, curves
) -> None:
    (tmp_path / "host.html").write_text(host("blob", POLICY), encoding="utf-8")
    page.goto((tmp_path / "host.html").as_uri())
    expect(page.locator(".loss-chart .status")).to_contain_text("may start no worker")
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    assert_draws(drawn(page), curves[72])


def test_a_rate_that_is_typed_while_runs_are_computed_has_its_own(page: Page, tmp_path: Path) -> None:
    (tmp_path / "host.html").write_text(host("blob"), encoding="utf-8")
    page.goto((tmp_path / "host.html").as_uri())
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    page.evaluate("""async () => {
      model.set("seed", 7);  // all runs begin anew, in a microtask
      await Promise.resolve();
      model.set("exact", { 90: 55 });
    }""")
    expect(page.locator(".loss-chart > .title")).to_contain_text("from seed 7")
    expect(page.locator(".loss-chart progress")).to_be_hidden()
    page.evaluate("model.set('index', 90)")
    expect(page.locator(".headline")).to_contain_text("η = 55:")
    assert_draws(drawn(page), runs.loss_curves(Problem(seed=7), np.array([55.0]))[0])


@pytest.mark.parametrize("scheme", ["blob", "data"])
def test_in_a_frame_of_another_origin_the_widget_lives(page: Page, tmp_path: Path, curves, scheme) -> None:
    document = html.escape(host(scheme))
    frame = (
        f'<!doctype html><iframe sandbox="allow-scripts" width=900 height=900 srcdoc="{document}"></iframe>'
    )
    (tmp_path / "frame.html").write_text(frame, encoding="utf-8")
    page.goto((tmp_path / "frame.html").as_uri())
    inside = page.frame_locator("iframe")
    expect(inside.locator(".loss-chart progress")).to_be_hidden()
    points = drawn(next(frame for frame in page.frames if frame.parent_frame))
    assert_draws(points, curves[72])
    assert json.loads(inside.locator(".loss-chart").get_attribute("data-index") or "") == 72
