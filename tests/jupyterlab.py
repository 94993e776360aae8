"""A real JupyterLab on this machine alone, and a real browser."""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

# The browser has no screen and no sandbox of its own, and looks for nothing outside.
BROWSER_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
# Neither does JupyterLab: it asks whether it may, and the question covers the page.
NOTIFICATIONS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
START = 600


class LabError(Exception):
    """JupyterLab did not start; the message holds its log."""


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab: its address, its token and the folder it shows."""

    address: str
    token: str
    root: Path
    pages: str = "lab/tree"
    """where its pages of notebooks are"""

    def url(self, path: str) -> str:
        return f"{self.address}/{self.pages}/{path}?token={self.token}&reset"

    def has_ready_kernel(self) -> bool:
        """Whether a notebook's kernel waits, and a page listens to it."""
        with urllib.request.urlopen(f"{self.address}/api/sessions?token={self.token}", timeout=5) as answer:
            kernels = [session["kernel"] for session in json.load(answer)]
        return any(kernel["execution_state"] == "idle" and kernel["connections"] for kernel in kernels)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def running_lab(root: Path, home: Path, base_url: str = "") -> AbstractContextManager[Lab]:
    """Run JupyterLab on the folder `root`, with `home` as its home, below `base_url`; end it afterwards."""
    return _running("jupyterlab", "lab/tree", root, home, base_url)


def running_notebook(root: Path, home: Path) -> AbstractContextManager[Lab]:
    """Run Jupyter Notebook 7 in the same way."""
    return _running("notebook", "notebooks", root, home)


@contextmanager
def _running(module: str, pages: str, root: Path, home: Path, base_url: str = "") -> Iterator[Lab]:
    settings = home / ".jupyter" / "lab" / "user-settings" / NOTIFICATIONS
    settings.parent.mkdir(parents=True)
    settings.write_text('{"fetchNews": "false", "checkForUpdates": false}')
    token, port = secrets.token_hex(16), free_port()
    command = [sys.executable, "-m", module, "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}"]
    command += [f"--IdentityProvider.token={token}", f"--ServerApp.base_url={base_url}/"]
    environment = {"HOME": str(home), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    log = home / "lab.log"
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=output, stderr=output)
    try:
        lab = Lab(f"http://127.0.0.1:{port}{base_url}", token, root, pages)
        _wait(lab, process, log)
        yield lab
    finally:
        process.terminate()
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(lab: Lab, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{lab.address}/api/status?token={lab.token}", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise LabError(f"JupyterLab did not start at {lab.address}:\n{log.read_text()}")


def run_all(page: Page, url: str) -> None:
    """Open a notebook alone on the page and, once its kernel is there, run all its cells."""
    open_notebook(page, url)
    run_cells(page)


def open_notebook(page: Page, url: str) -> None:
    """Open a notebook alone on the page and wait for its kernel."""
    page.goto(url)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for()
    page.get_by_role("button", name="Python 3 (ipykernel) | Idle").wait_for()
    page.keyboard.press("Control+b")


def run_cells(page: Page) -> None:
    """Run all cells of the notebook that is open."""
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()


def find_chromium() -> str | None:
    """Return the path of a Chromium on this machine, if there is one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


def needed_chromium() -> str:
    """Return the path of a Chromium; without one end the program with a sentence and exit code 1."""
    return find_chromium() or sys.exit(
        "There is no Chromium on this machine; `apt-get install chromium` brings one"
    )


@contextmanager
def chromium(executable: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=BROWSER_ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()
