"""Measures a site in a browser that has never seen it: time to the first check, what is sent, and memory."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
from playwright.sync_api import Page, expect
from rich.console import Console
from rich.table import Table

from course.grading.site import building
from tests.helpers import ROOT
from tests.jupyterlab import chromium, needed_chromium
from tests.site.pages import answers, open_notebook, run_all, write
from tests.site.pyodide import distribution

PATIENCE = 240_000
"""milliseconds"""


class Server(ThreadingHTTPServer):
    """A plain web server that notes which files it sends, without compressing them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), partial(Noting, directory=str(folder)))
        self.sent: list[str] = []

    def megabytes(self) -> tuple[float, float]:
        """Return the size of what was sent, and what it would be if it were compressed."""
        contents = [Path(path).read_bytes() for path in self.sent]
        return sum(map(len, contents)) / 1e6, sum(len(gzip.compress(part, 6)) for part in contents) / 1e6


class Noting(SimpleHTTPRequestHandler):
    """Serves files and notes which."""

    server: Server

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    # typeshed's types of the two files are private
    def copyfile(self, source, outputfile) -> None:  # type: ignore[no-untyped-def]
        """Send a file."""
        shutil.copyfileobj(source, outputfile)
        self.server.sent.append(source.name)


def memory() -> float:
    """Return the memory of the browser in MB, shared pages counted once."""
    processes = [
        process for process in psutil.Process().children(recursive=True) if "chrom" in process.name()
    ]
    return sum(process.memory_full_info().pss for process in processes) / 1e6


def first_check(page: Page, address: str) -> float:
    """Open ps0, answer its first question, run it, and return the seconds to its first passed check."""
    start = time.perf_counter()
    open_notebook(page, address, "ps0/ps0.ipynb")
    place, source = next(iter(answers("ps0").items()))
    write(page, place, source)
    passed = page.locator(".jp-OutputArea-output", has_text="✓")
    expect(passed).to_have_count(0)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    passed.first.wait_for()
    return time.perf_counter() - start


def main() -> int:
    """Print the measurements; return 0."""
    table = Table(
        "visit", "first check after", "sent", "if compressed", "the browser's memory", title="A site, ps0"
    )
    with tempfile.TemporaryDirectory() as folder, chromium(needed_chromium()) as browser:
        built = building.build(ROOT, Path(folder) / "site", str(distribution()))
        empty = memory()
        with Server(built.folder) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            context = browser.new_context(viewport={"width": 1400, "height": 1000})
            context.set_default_timeout(PATIENCE)
            expect.set_options(timeout=PATIENCE)
            for visit in ("first", "second"):
                page = context.new_page()
                server.sent.clear()
                seconds = first_check(page, f"http://127.0.0.1:{server.server_port}")
                for place, source in answers("ps0").items():
                    write(page, place, source)
                run_all(page)
                sizes, used = server.megabytes(), memory() - empty
                table.add_row(
                    visit, f"{seconds:.1f} s", *(f"{size:.1f} MB" for size in sizes), f"{used:.0f} MB"
                )
                page.close()
            context.close()
            server.shutdown()
    Console().print(table)
    Console().print(
        f"The site has {built.megabytes:.0f} MB on disk; the empty browser's {empty:.0f} MB are not counted."
    )
    return 0
