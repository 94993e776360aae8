"""Writes the page of the whole class as HTML, and fits a report to a server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2

from course.grading.formgrader.overview import SYSTEMS, Row
from course.text import printable

HERE = Path(__file__).parent


def render(
    *,
    rows: Sequence[Row],
    problem: str,
    now: Mapping[str, Any],
    address: str,
    base_url: str,
    nonce: str,
    xsrf: str,
) -> str:
    """Return the HTML of the page; what comes from the class is escaped: it is text, never markup.

    `now` is what is shown of the last run.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(shown=printable, quoted=lambda name: quote(name, safe=""))
    return environment.get_template("page.html").render(
        rows=rows,
        problem=problem,
        now=now,
        address=address,
        formgrader=f"{base_url}/formgrader",
        nonce=nonce,
        xsrf=xsrf,
        systems=SYSTEMS,
    )


def report_on_server(report: bytes, base_url: str, folder: str) -> bytes:
    """Return a report whose links lead to where a server has Formgrader, and the folder of the course.

    What students wrote has no quotation marks in it that are not escaped.
    """
    text = report.decode()
    text = text.replace('href="/formgrader/', f'href="{base_url}/formgrader/')
    text = text.replace('href="../', f'href="{folder}/')
    # Jupyter shows a file only to a page of its own
    text = text.replace('name="referrer" content="no-referrer"', 'name="referrer" content="same-origin"')
    return text.encode()
