"""What a saved notebook shows in place of the widget: the living page, or its picture."""

from __future__ import annotations

import base64
import html

from course.explorer.model.table import Table
from course.explorer.view import page, picture, words
from course.explorer.view.chart import Chart

DPI = 80
HEIGHT = 760
"""of the page within a notebook, in pixels"""


def saved(chart: Chart, table: Table, key: str) -> str:
    """Return HTML that is seen where no widget with the class `key` is.

    Where scripts run, that is the page in a frame of its own; where scripts, frames and styles are taken
    out, what is left is the picture with its text.
    """
    text = html.escape(f"{words.describe(table.problem)}. {words.seen(table, chart.index, chart.predict)}")
    image = base64.b64encode(picture.rendered(chart, table, "png", DPI)).decode("ascii")
    document = html.escape(page.page(chart, table))
    return f"""<div class="saved-{key}">
<style>
body:has(.{key}) .saved-{key}, .saved-{key} .picture {{ display: none; }}
.jp-OutputArea-child:has(+ .jp-OutputArea-child .saved-{key}):not(:has(.{key})) {{ display: none; }}
</style>
<iframe sandbox="allow-scripts" title="The loss explorer" style="border: 0; width: 100%; height: {HEIGHT}px"
 srcdoc="{document}"></iframe>
<div class="picture"><p>{text}</p><img alt="{text}" src="data:image/png;base64,{image}"></div>
</div>"""
