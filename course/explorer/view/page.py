"""The chart with all its curves as one HTML page that needs neither kernel nor network."""

from __future__ import annotations

import base64
import json

import jinja2

from course.explorer.model.table import Table
from course.explorer.view import words
from course.explorer.view.chart import HERE, SCRIPT, STYLE, Chart, table_data


def page(chart: Chart, table: Table) -> str:
    """Return the page's HTML: `chart` as it stands, with the runs of a complete `table`."""
    traits = {name: getattr(chart, name) for name in chart.keys if name in Chart.class_own_traits()}
    fresh = {"status": "", "progress": 1.0, "playing": False, "moved": []}  # nothing runs on a page
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    script = base64.b64encode(SCRIPT.read_bytes()).decode("ascii")
    state = json.dumps({**traits, **table_data(table), **fresh}, default=_binary)
    return template.render(
        title=words.headline(table, chart.index),
        style=STYLE.read_text(encoding="utf-8"),
        chart=f"data:text/javascript;base64,{script}",
        host=(HERE / "page.js").read_text(encoding="utf-8"),
        state=state.replace("<", "\\u003c"),  # "</script" in a text would end the script element
    )


def _binary(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode("ascii")}
