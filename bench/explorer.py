"""Measures the explorer in a real JupyterLab beside the usual `interact` and pyplot, in one run.

A move is one press of an arrow key on the learning-rate slider, at a random time within a frame. It ends
when the browser has painted the picture that belongs to it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

from course import LossExplorer
from course.grading.problem_sets import notebooks
from tests.jupyterlab import chromium, needed_chromium, run_all, run_cells, running_lab

MOVES = 200
FRAME = 1 / 60
"""seconds"""
USUAL_MOVES = 60
"""with `interact` and pyplot, where each takes several frames"""
EXPLORER = "from course import LossExplorer\nLossExplorer()"
# What a move does there: compute one run of gradient descent, and draw it.
USUAL = """
import ipywidgets, matplotlib.pyplot as plt, numpy as np
from course import initial_weights, sigmoid, xor

X, y = xor()

def run(eta):
    W1, W2 = initial_weights(3, 3)
    losses = []
    for _ in range(301):
        Z = np.hstack([sigmoid(X @ W1), np.ones((4, 1))])
        y_hat = sigmoid(Z @ W2)
        losses.append(np.sum((y - y_hat) ** 2) / 8)
        W1, W2 = W1 - eta * 1e-3 * W1, W2 - eta * 1e-3 * W2  # as much work as a gradient
    return losses

def plot(k):
    plt.plot(run(10 ** (k / 24 - 2)))
    plt.yscale("log")
    plt.title(f"{k}")
    plt.show()

ipywidgets.interact(plot, k=ipywidgets.IntSlider(72, 0, 120));
"""
# Records in `window.bench` how long each move took, from the key to the painted picture.
WATCH = """
([root, handle, picture]) => {
  const painted = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  });
  const after = (then) => {  // the frame that is being made is painted when the next message comes
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(performance.now());
    channel.port2.postMessage(0);
  };
  const bench = (window.bench = { began: 0, times: [], last: null });
  const began = (event) => { bench.began = event.timeStamp; bench.last = event.timeStamp; };
  handle.addEventListener("keydown", began, true);
  document.addEventListener("pointermove", (event) => { bench.last = event.timeStamp; }, true);
  const done = (now) => {
    bench.backlog = now - bench.last;  // of the last event that changed the picture
    if (bench.began) bench.times.push(now - bench.began);
    bench.began = 0;
  };
  const all = { childList: true, subtree: true };
  new MutationObserver(() => {
    if (!picture) return after(done);
    const image = root.querySelector(picture);
    if (image && image !== bench.image) {
      bench.image = image;
      image.decode().then(() => painted(done));
    }
  }).observe(root, picture ? all : { attributes: true, attributeFilter: ["data-index"] });
}
"""


def percentile(times: Sequence[float], part: float) -> float:
    """Return the percentile of `times` at `part`, from 0 to 1."""
    ordered = sorted(times)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def moves(page: Page, root: Any, handle: Any, count: int, picture: str | None = None) -> list[float]:
    """Press an arrow key `count` times, each after the picture of the last; return each time in ms."""
    page.evaluate(WATCH, [root, handle, picture])
    handle.focus()
    for k in range(count):
        # The wait for a picture ends when a frame begins; a user's keys come at any time.
        time.sleep(random.uniform(0, FRAME))
        page.keyboard.press("ArrowLeft" if k % 80 < 40 else "ArrowRight")
        page.wait_for_function("done => window.bench.times.length >= done", arg=k + 1)
    return list(page.evaluate("window.bench.times"))


def first_display(page: Page) -> float:
    """Return the seconds from the start of the cell to the first curve."""
    page.evaluate("""() => {
      window.started = null;
      const look = () => {
        const busy = document.querySelector(".jp-CodeCell .jp-InputPrompt")?.textContent.includes("*");
        if (busy && window.started === null) window.started = performance.now();
        const curve = document.querySelector(".loss-chart[data-index] .run path.current:not(.ahead)");
        if (curve?.getAttribute("d")) window.displayed = performance.now();
        else requestAnimationFrame(look);
      };
      look();
    }""")
    run_cells(page)
    page.wait_for_function("window.displayed")
    return float(page.evaluate("(window.displayed - window.started) / 1000"))


def drag(page: Page, handle: Any) -> float:
    """Drag the slider over its whole range as fast as possible.

    Returns the milliseconds from the last event to its picture.
    """
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('.loss-chart').dataset.index === '0'")
    box, track = handle.bounding_box(), page.locator(".learning-rate .noUi-base").bounding_box()
    assert box
    assert track
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] + 40, y, steps=120)
    page.wait_for_function("document.querySelector('.loss-chart').dataset.index === '120'")
    page.mouse.up()
    page.wait_for_timeout(100)
    return float(page.evaluate("window.bench.backlog"))


def import_seconds() -> float:
    """Return the median time of `import course` in a fresh interpreter."""
    code = "import time; t = time.perf_counter(); import course; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    return percentile([float(run.stdout) for run in runs], 0.5)


# Sets a field of the page; resolves to the ms to the painted new curve, and to the end of the sweep.
CHANGE = """
([name, value]) => new Promise((resolve) => {
  const field = document.querySelector(`[name=${name}]`);
  const bar = document.querySelector(".loss-chart progress");
  const [before, begun] = [document.querySelector(".loss-chart > .title").textContent, performance.now()];
  let shown = 0;
  const look = () => {
    const now = performance.now();
    if (!shown && document.querySelector(".loss-chart > .title").textContent !== before) shown = now - begun;
    if (shown && bar.style.display === "none") return resolve([shown, now - begun]);
    requestAnimationFrame(look);
  };
  field.value = value;
  field.dispatchEvent(new Event(field.type === "range" ? "input" : "change", { bubbles: true }));
  requestAnimationFrame(look);
})
"""
CHANGES = {
    "seed, exclusive or": [("data", "xor"), *(("seed", seed) for seed in range(10, 20))],
    "width, exclusive or": [("hidden", 6), *(("hidden", width) for width in (2, 4, 5, 6, 1, 3))],
    "seed, two moons": [("data", "moons"), *(("seed", seed) for seed in range(20, 30))],
    "width, two moons": [("hidden", 6), *(("hidden", width) for width in (2, 4, 5, 6, 1, 3))],
}
"""what is changed on the page, the first of each without being counted"""


def changes(page: Page) -> dict[str, list[tuple[float, float]]]:
    """Return for each kind of change the ms to the new curve, and to all 121 runs."""
    times = {}
    for name, fields in CHANGES.items():
        samples = [page.evaluate(CHANGE, list(field)) for field in fields]
        times[name] = [(float(shown), float(whole)) for shown, whole in samples[1:]]
    return times


def main() -> int:
    """Print the measurements; return 0 when they could be made."""
    executable = needed_chromium()
    with tempfile.TemporaryDirectory() as root, tempfile.TemporaryDirectory() as home:
        for name, source in (("explorer", EXPLORER), ("usual", USUAL)):
            book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
            notebooks.write(notebooks.canonical(book), Path(root) / f"{name}.ipynb")
        with running_lab(Path(root), Path(home)) as lab, chromium(executable) as browser:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(120_000)
            page.goto(lab.url("explorer.ipynb"))
            page.get_by_role("button", name="Python 3 (ipykernel) | Idle").wait_for()
            page.keyboard.press("Control+b")
            display = first_display(page)
            page.locator(".loss-chart progress").wait_for(state="hidden")
            handle = page.locator(".learning-rate .noUi-handle").element_handle()
            ours = moves(page, page.locator(".loss-chart").element_handle(), handle, MOVES)
            backlog = drag(page, handle)
            run_all(page, lab.url("usual.ipynb"))
            page.locator(".jp-Notebook:visible .jp-OutputArea img").wait_for()
            usual_handle = page.locator(".jp-Notebook:visible .noUi-handle").element_handle()
            area = page.locator(".jp-Notebook:visible").element_handle()
            usual = moves(page, area, usual_handle, USUAL_MOVES, ".jp-OutputArea img")
            alone = browser.new_page(viewport={"width": 1400, "height": 1000})
            explorer = LossExplorer(data="moons")
            alone.goto(explorer.to_html(Path(root) / "page.html").as_uri())
            alone.locator(".loss-chart progress").wait_for(state="hidden")
            on_page = moves(
                alone,
                alone.locator(".loss-chart").element_handle(),
                alone.locator("input.learning-rate").element_handle(),
                MOVES,
            )
            changed = changes(alone)
    table = Table("", "median", "95 %", "moves", title="From the slider to the picture, milliseconds")
    for name, times in (
        ("the explorer in JupyterLab", ours),
        ("the explorer's page", on_page),
        ("interact and pyplot", usual),
    ):
        table.add_row(
            name, f"{percentile(times, 0.5):.1f}", f"{percentile(times, 0.95):.1f}", str(len(times))
        )
    console = Console()
    console.print(table)
    console.print(f"after the last event of a fast drag, its picture is there within {backlog:.1f} ms")
    console.print(
        f"first display {display:.2f} s after the cell starts; import course {import_seconds():.3f} s"
    )
    swept = Table(
        "", "curve, median", "95 %", "all 121 runs, median", title="From a change to its runs, milliseconds"
    )
    for name, samples in changed.items():
        shown, whole = zip(*samples, strict=True)
        swept.add_row(
            name,
            f"{percentile(shown, 0.5):.0f}",
            f"{percentile(shown, 0.95):.0f}",
            f"{percentile(whole, 0.5):.0f}",
        )
    console.print(swept)
    return 0
