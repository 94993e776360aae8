"""A Hub for a trial, and a browser for each of its people."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect
from playwright.sync_api import TimeoutError as PageTimeout

from tests.helpers import PATIENCE, ROOT
from tests.jupyterlab import free_port

COURSE = "mlp-gradients"
PASSWORD = "of-the-trial-only"
ASK_ANEW = 120
"""seconds"""
TRIAL = ROOT / "deploy" / "jupyterhub" / "trial.py"


@dataclass(frozen=True)
class Hub:
    """A running Hub: its address, and the folder with the homes of its people."""

    address: str
    tree: Path

    @property
    def course(self) -> Path:
        return self.tree / "home" / "grader" / "course"

    @property
    def log(self) -> str:
        return (self.tree / "hub" / "hub.log").read_text()


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment of a Hub, as `make hub` installs it."""
    if os.geteuid() != 0:
        pytest.skip("only root can let several people work as users of their own")
    folder = tmp_path_factory.mktemp("environment") / "hub"
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    result = subprocess.run(
        ["make", f"HUB={folder}", "HUB_EXTRAS=hub,lti", f"PYTHON={sys.executable}", f"{folder}/installed"],
        cwd=ROOT,
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return folder


@pytest.fixture(scope="session")
def hub(environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(environment, tmp_path_factory.mktemp("machine")) as hub:
        yield hub


@contextmanager
def running_hub(environment: Path, tree: Path, *others: str | Path) -> Iterator[Hub]:
    """Run a trial on the machine in the folder `tree`, with `others` of its options, within the block."""
    port = free_port()
    options = ["--port", str(port), "--folder", tree, "--password", PASSWORD, *others]
    process = subprocess.Popen([environment / "bin" / "python", TRIAL, *options], cwd="/")
    try:
        hub = Hub(f"http://127.0.0.1:{port}", tree)
        _wait(hub, process)
        yield hub
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


def _wait(hub: Hub, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{hub.address}/services/{COURSE}/", timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the Hub did not start:\n{hub.log}")


def signed_in(browser: Browser, hub: Hub, name: str, *withheld: str) -> Page:
    """Sign in as one of the trial's people, in a browser of their own; return the page that opens.

    What is `withheld` never arrives there: patterns of addresses.
    """
    page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
    for pattern in withheld:
        page.route(pattern, lambda route: route.abort())
    page.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    page.goto(f"{hub.address}/hub/login")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def arrive(page: Page, hub: Hub, name: str) -> Page:
    """Wait until a user is led to their own server, and ask for it again, as people do, where none comes."""
    seen = []
    for _ in range(PATIENCE // ASK_ANEW):
        try:
            page.wait_for_url(f"{hub.address}/user/{name}/**", timeout=ASK_ANEW * 1000)
            return page
        except PageTimeout:
            seen.append(f"{page.url}:\n{page.inner_text('body')}")
            page.goto(f"{hub.address}/hub/spawn/{name}")
    pytest.fail("\n\n".join([f"{name} sees no server, but", *seen, f"The Hub's log:\n{hub.log}"]))


def in_lab(page: Page, hub: Hub, name: str) -> Page:
    """Wait until a user's own server shows JupyterLab."""
    arrive(page, hub, name)
    page.locator(".jp-Launcher, .jp-Notebook").first.wait_for()
    return page


def ask(page: Page, path: str, **arguments: str) -> None:
    """Ask nbgrader's extension of the server whose page this is, with the page's cookies; it has to agree."""
    text = page.evaluate(
        """async ([path, data]) => {
            const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
            const xsrf = document.cookie.match(/_xsrf=([^;]*)/);
            const headers = {"X-XSRFToken": xsrf ? xsrf[1] : "", "Content-Type": "application/json"};
            const body = JSON.stringify(data);
            return await (await fetch(config.baseUrl + path, {method: "POST", body, headers})).text();
        }""",
        [path, arguments],
    )
    assert '"success": true' in text, text


def row(formgrader: Page | FrameLocator, text: str) -> Locator:
    return formgrader.locator("#main-table tr").filter(has_text=text)


def press(formgrader: Page | FrameLocator, button: Locator) -> None:
    """Press a button of Formgrader's, and wait for the message that what it does is done."""
    button.click()
    message = formgrader.locator(".modal-dialog")
    message.wait_for()
    text = message.inner_text()
    assert "Successfully" in text, text
    message.get_by_role("button", name="OK").click()
    message.wait_for(state="hidden")
