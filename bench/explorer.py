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


def recomputing() -> tuple[float, float, float]:
    """Choose another seed; return the ms to the curve shown, to all curves, and of the longest pause.

    A pause is the time for which the main thread, which runs the cells, has to wait meanwhile.
    """
    from course import LossExplorer

    explorer = LossExplorer()
    explorer.settle()
    chart, control = explorer.chart, explorer.controls.of_problem[-1]
    begun = last = time.perf_counter()
    shown, pause = 0.0, 0.0
    control.value = 1
    while chart.progress < 1:
        time.sleep(0.005)
        now = time.perf_counter()
        pause, last = max(pause, now - last), now
        if not shown and chart.known[chart.index]:
            shown = now - begun
    explorer.close()
    return 1000 * shown, 1000 * (last - begun), 1000 * pause


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
    table = Table("", "median", "95 %", "moves", title="From the slider to the picture, milliseconds")
    for name, times in (("the explorer", ours), ("interact and pyplot", usual)):
        table.add_row(
            name, f"{percentile(times, 0.5):.1f}", f"{percentile(times, 0.95):.1f}", str(len(times))
        )
    console = Console()
    console.print(table)
    console.print(f"after the last event of a fast drag, its picture is there within {backlog:.1f} ms")
    console.print(
        f"first display {display:.2f} s after the cell starts; import course {import_seconds():.3f} s"
    )
    samples = zip(*(recomputing() for _ in range(5)), strict=True)
    shown, whole, pause = (percentile(times, 0.5) for times in samples)
    console.print(
        f"another seed: the curve shown in {shown:.0f} ms, all 121 in {whole:.0f} ms, "
        f"longest pause {pause:.0f} ms"
    )
    return 0
