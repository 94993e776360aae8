"""Answers requests for the page of the whole class, with the checks of nbgrader's own handlers."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import stat
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nbgrader.server_extensions.formgrader.base import BaseHandler, check_notebook_dir, check_xsrf
from tornado import web

from course.grading.errors import CourseError
from course.grading.formgrader import launching, overview, page, wording
from course.grading.runs import user

PREFIX = "/formgrader/whole_class"
SETTING = "course_launcher"
"""the setting of the server that holds its launcher"""
_LINES = 20
"""of the log, that are shown"""
_NO_RUN: dict[str, Any] = {
    "run": "",
    "going_on": False,
    "headline": "",
    "progress": "",
    "done": 0,
    "total": 0,
    "log": "",
    "can_stop": False,
    "is_stopping": False,
}
_TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}


def guarded(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a handler answer only whom Formgrader's own would answer."""
    check: Callable[..., Any] = web.authenticated(check_xsrf(check_notebook_dir(method)))
    return check


class Handler(BaseHandler):  # type: ignore[misc]  # nbgrader has no types
    """What all of them share."""

    policy = "default-src 'none'; base-uri 'none'; form-action 'none'"

    def set_default_headers(self) -> None:
        """Add a policy to the server's own: a browser keeps to both."""
        super().set_default_headers()
        self.add_header("Content-Security-Policy", self.policy)
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("Cache-Control", "no-store")

    @property
    def root(self) -> Path:
        """The course that Formgrader shows."""
        return Path(self.coursedir.root).resolve()

    @property
    def launcher(self) -> launching.Launcher:
        """What this server has started."""
        launcher: launching.Launcher = self.settings[SETTING]
        return launcher

    @property
    def address(self) -> str:
        """The page's address on this server."""
        return f"{self.base_url}{PREFIX}"

    @property
    def person(self) -> str:
        """Who asks; where a token is all that a server knows of people, who runs it."""
        current: Any = self.current_user
        name = getattr(current, "display_name", None) or getattr(current, "name", None) or ""
        return user() if not name or name.startswith("Anonymous ") else str(name)

    def now(self) -> dict[str, Any]:
        """Return what the page shows of the last run, in words and numbers."""
        root = self.root
        state = self.launcher.read(root)
        if state is None:
            return _NO_RUN
        is_stopping = self.launcher.is_stopping(root, state)
        is_ours = state.place == launching.PLACE
        return {
            "run": f"{state.started} {'goes on' if state.is_going_on else 'has ended'}",
            "going_on": state.is_going_on,
            "headline": wording.headline(state),
            "progress": wording.progress(state, is_stopping=is_stopping),
            "done": state.done,
            "total": state.total,
            "log": "\n".join(launching.log_lines(root, _LINES)) if is_ours else "",
            "can_stop": state.is_going_on and launching.can_stop(state),
            "is_stopping": is_stopping,
        }

    async def known(self, assignment: str) -> str:
        """Return the name of an assignment if the course has it; else the answer is 404.

        Raises CourseError where the course's settings cannot be used.
        """
        if assignment not in await _in_thread(overview.assignments, self.root):
            raise web.HTTPError(404, "the course has no such assignment")
        return assignment


class _WithPage(Handler):
    """An answer that is the page."""

    @cached_property
    def nonce(self) -> str:
        """The nonce of this answer: only scripts and styles that carry it may run."""
        return secrets.token_urlsafe(16)

    # one text elsewhere, and here made for each answer
    @property
    def policy(self) -> str:  # type: ignore[override]
        """Let only what has the nonce act, and nothing from elsewhere."""
        return (
            f"default-src 'none'; script-src 'nonce-{self.nonce}'; style-src 'nonce-{self.nonce}'; "
            "img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'"
        )

    async def show(self, problem: str = "") -> None:
        """Show the page, with what went wrong at its top."""
        rows: list[overview.Row] = []
        try:
            rows = await _in_thread(overview.rows, self.root)
        except CourseError as error:
            problem = problem or str(error)
        self.write(
            page.render(
                rows=rows,
                problem=problem,
                now=self.now(),
                address=self.address,
                base_url=self.base_url,
                nonce=self.nonce,
                xsrf=self.xsrf_token.decode(),
            )
        )


class PageHandler(_WithPage):
    """The page."""

    @guarded
    async def get(self) -> None:
        """Show the page."""
        await self.show()


class StateHandler(Handler):
    """What runs, and how far it is."""

    @guarded
    def get(self) -> None:
        """Return it as JSON."""
        self.set_header("Content-Type", "application/json")
        self.write(json.dumps(self.now()))


class StartHandler(_WithPage):
    """Starts a command; a browser's form asks for it, with the server's token against forged requests."""

    @guarded
    async def post(self) -> None:
        """Start it and go back to the page, or say why not."""
        command, system = self.get_body_argument("command"), self.get_body_argument("system", "csv")
        if command not in launching.COMMANDS or system not in overview.SYSTEMS:
            raise web.HTTPError(400, "there is no such command")
        try:
            assignment = await self.known(self.get_body_argument("assignment"))
            self.launcher.start(
                self.root, command, assignment, self.person, system if command == "export" else ""
            )
        except CourseError as error:
            self.set_status(409)
            await self.show(str(error))
        else:
            self.redirect(self.address, status=303)


class StopHandler(Handler):
    """Stops what runs."""

    @guarded
    def post(self) -> None:
        """Stop it and go back to the page."""
        self.launcher.stop(self.root)
        self.redirect(self.address, status=303)


class FileHandler(Handler):
    """A report, or an export to download; nothing else."""

    policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

    @guarded
    async def get(self, kind: str, assignment: str) -> None:
        """Return the file."""
        try:
            path = overview.made_file(self.root, kind, await self.known(assignment))
        except CourseError as error:
            raise web.HTTPError(409, str(error).replace("%", "%%")) from error
        content = await _in_thread(_content, path)
        if kind == "report":
            self.set_header("Content-Type", "text/html; charset=utf-8")
            folder = quote(os.path.normpath(f"/files/{self.url_prefix}"))
            content = page.report_on_server(content, self.base_url, f"{self.base_url}{folder}")
        else:
            self.set_header("Content-Type", "text/csv; charset=utf-8")
            self.set_header(
                "Content-Disposition", f"attachment; filename*=UTF-8''{quote(path.name, safe='')}"
            )
        self.write(content)


class AssetHandler(Handler):
    """The page's style and script."""

    @guarded
    def get(self, name: str) -> None:
        """Return it."""
        path = page.HERE / name
        self.set_header("Content-Type", _TYPES[path.suffix])
        self.write(path.read_bytes())


def handlers() -> Iterator[tuple[str, Any]]:
    """Yield patterns of addresses below a server's own, each with its handler."""
    kinds = "|".join(["report", *overview.SYSTEMS])
    yield rf"{PREFIX}/?", PageHandler
    yield rf"{PREFIX}/state", StateHandler
    yield rf"{PREFIX}/start", StartHandler
    yield rf"{PREFIX}/stop", StopHandler
    yield rf"{PREFIX}/files/({kinds})/([^/]+)", FileHandler
    yield rf"{PREFIX}/(page\.css|page\.js)", AssetHandler


def _content(path: Path) -> bytes:
    """Return what a regular file holds, itself and not through a link; else the answer is 404."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read()
    except OSError:
        pass
    raise web.HTTPError(404, "there is no such file yet")


async def _in_thread(work: Any, *arguments: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, work, *arguments)
