"""The system's Firefox and WebKit, by WebDriver's protocols; Playwright drives only builds of its own."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import websocket

from tests.jupyterlab import free_port
from tests.sandboxes import wait_until

PATIENCE = 600
"""seconds; only a guard against hanging"""
KEYS = {"ArrowRight": "\ue014", "ArrowLeft": "\ue012", "Home": "\ue011", "End": "\ue010"}


class Browser(Protocol):
    """What the tests of a page need."""

    def open(self, url: str) -> None:
        """Load a page, in place of the one before."""

    def value(self, expression: str) -> Any:
        """Return what an expression is on the page."""

    def press(self, key: str) -> None:
        """Press a key, on what has the focus."""


class Bidi:
    """A browser by WebDriver BiDi, which needs no driver beside it."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(
            f"{address}/session", suppress_origin=True, timeout=PATIENCE
        )
        self._count = 0
        self.call("session.new", capabilities={})
        self._page = self.call("browsingContext.getTree")["contexts"][0]["context"]

    def call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": parameters}))
        while True:
            reply = json.loads(self._socket.recv())
            if reply.get("id") == self._count:
                assert reply["type"] == "success", reply
                return reply["result"]

    def open(self, url: str) -> None:
        # an address with another hash alone is the same page
        self.call("browsingContext.navigate", context=self._page, url="about:blank", wait="complete")
        self.call("browsingContext.navigate", context=self._page, url=url, wait="complete")

    def value(self, expression: str) -> Any:
        reply = self.call(
            "script.evaluate",
            expression=f"JSON.stringify({expression}) ?? 'null'",
            target={"context": self._page},
            awaitPromise=True,
        )
        assert reply["type"] == "success", reply
        return json.loads(reply["result"]["value"])

    def press(self, key: str) -> None:
        self.call("input.performActions", context=self._page, actions=_press(key))

    def end(self) -> None:
        self.call("browser.close")
        self._socket.close()


class WebDriver:
    """A browser by classic WebDriver, through a driver that listens at a port."""

    def __init__(self, port: int, options: dict[str, Any]) -> None:
        self._address = f"http://127.0.0.1:{port}/session"
        session = self._call("", {"capabilities": {"alwaysMatch": options}})
        self._address += f"/{session['sessionId']}"

    def _call(self, path: str, body: dict[str, Any] | None, method: str = "POST") -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, url: str) -> None:
        self._call("/url", {"url": "about:blank"})
        self._call("/url", {"url": url})

    def value(self, expression: str) -> Any:
        return self._call("/execute/sync", {"script": f"return {expression}", "args": []})

    def press(self, key: str) -> None:
        self._call("/actions", {"actions": _press(key)})

    def end(self) -> None:
        self._call("", None, "DELETE")


def _press(key: str) -> list[dict[str, Any]]:
    actions = [{"type": kind, "value": KEYS[key]} for kind in ("keyDown", "keyUp")]
    return [{"type": "key", "id": "keyboard", "actions": actions}]


@contextmanager
def firefox() -> Iterator[Browser]:
    """Run Firefox without a screen, on a fresh profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        command = [needed("firefox-esr", "firefox"), "--headless", "--no-remote", "--profile", home]
        log = Path(home) / "browser.log"
        with _running([*command, "--remote-debugging-port=0"], log, HOME=home):

            def address() -> str | None:
                match = re.search(r"listening on (ws://\S+)", log.read_text())
                return match and match[1]

            browser = Bidi(_awaited(address, log))
            yield browser
            browser.end()


@contextmanager
def webkit() -> Iterator[Browser]:
    """Run WebKitGTK's browser on a screen in memory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        driver, screen, port = Path(home) / "driver.log", Path(home) / "screen", free_port()
        with (
            screen.open("wb") as numbers,
            _running(
                [needed("Xvfb"), "-displayfd", str(numbers.fileno()), "-nolisten", "tcp"],
                Path(home) / "screen.log",
                pass_fds=[numbers.fileno()],
            ),
        ):
            display = _awaited(lambda: screen.read_text().strip(), Path(home) / "screen.log")
            command = [needed("WebKitWebDriver"), f"--port={port}"]
            # in a container there is neither a graphics card nor a sandbox
            environment = {
                "HOME": home,
                "DISPLAY": f":{display}",
                "NO_AT_BRIDGE": "1",
                "WEBKIT_DISABLE_DMABUF_RENDERER": "1",
                "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            }
            with _running(command, driver, **environment):
                _awaited(lambda: _answers(port), driver)
                browser = WebDriver(port, {"webkitgtk:browserOptions": {"args": ["--automation"]}})
                yield browser
                browser.end()


def needed(*names: str) -> str:
    """Return the path of the first of these programs that is here. Raises FileNotFoundError."""
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(names[0])


@contextmanager
def _running(
    command: list[str], log: Path, pass_fds: list[int] | None = None, **environment: str
) -> Iterator[None]:
    """Run a program; end it, and all that it has started, afterwards."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds or (),
            env={"PATH": os.environ["PATH"], **environment},
            start_new_session=True,
        )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=5):
            return True
    except OSError:
        return False


def _awaited(look: Callable[[], Any], log: Path) -> Any:
    """Return what `look` returns once it is something."""
    assert wait_until(lambda: bool(look())), log.read_text()
    return look()
