"""The living explorer as one HTML page that needs neither kernel nor network."""

from __future__ import annotations

import jinja2

from course.explorer.model.table import Table
from course.explorer.view import script, words
from course.explorer.view.chart import PANELS, STYLE, Chart
from course.explorer.view.files import HERE

LEFT_OUT = ("own_losses", "own_known", "own_texts", "parts")
"""of the student's runs: their gradient is not on the page"""


def page(chart: Chart, table: Table) -> str:
    """Return the page's HTML: `chart` as it stands, without the student's runs."""
    traits = {name: getattr(chart, name) for name in chart.keys if name in Chart.class_own_traits()}
    state = {name: value for name, value in traits.items() if name not in LEFT_OUT}
    state |= {"status": "", "progress": 1.0, "playing": False, "moved": [], "parts": [], "own_texts": []}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    return template.render(
        problem=words.describe(table.problem),  # the title: a page's address may ask for a prediction
        seen=words.seen(table, chart.index, chart.predict),
        style=STYLE.read_text(encoding="utf-8"),
        script=script.constant("STATE", state)
        + script.shared()
        + script.joined(("page_model", "hash", "page")),
        choices=chart.choices,
        panels=PANELS,
        last_seed=max(script.SEEDS[-1], chart.seed),
    )
