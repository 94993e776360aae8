"""A site on this machine alone, and a browser that notes every request."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from course.grading.site import building
from tests.helpers import ROOT
from tests.site.pyodide import distribution

PATIENCE = 900_000  # milliseconds; a machine may be busy


class Quiet(SimpleHTTPRequestHandler):
    """Serves files to pages of any origin, as a public address of Pyodide does."""

    def log_message(self, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on 127.0.0.1, and return the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="session")
def pyodide() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("there is no npm on this machine, which Pyodide's core comes from; `apt-get install npm`")
    return distribution()


@pytest.fixture(scope="session")
def site(pyodide, tmp_path_factory) -> Path:
    return building.build(ROOT, tmp_path_factory.mktemp("web") / "course", str(pyodide)).folder


@pytest.fixture(scope="session")
def address(site) -> Iterator[str]:
    """Serve the site as one folder among others of a web server."""
    with serving(site.parent) as server:
        yield f"{server}/{site.name}"


@pytest.fixture
def requests() -> list[str]:
    """Return the addresses that pages ask, workers included; it fills while a test runs."""
    return []


@contextmanager
def new_context(browser: Browser) -> Iterator[BrowserContext]:
    """Open a browser that has seen nothing yet."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    yield context
    context.close()


@pytest.fixture
def page(browser, requests) -> Iterator[Page]:
    with new_context(browser) as context:
        context.on("request", lambda request: requests.append(request.url))
        yield context.new_page()
