"""One page with everything in it: the chart's module, its style and the curves."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import jinja2

from course.explorer.view.chart import HERE, SCRIPT, STYLE


def page(state: Mapping[str, Any], title: str) -> str:
    """Return the page's HTML; `state` is the chart's, its tables complete."""
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    script = base64.b64encode(SCRIPT.read_bytes()).decode("ascii")
    return template.render(
        title=title,
        style=STYLE.read_text(encoding="utf-8"),
        chart=f"data:text/javascript;base64,{script}",
        host=(HERE / "page.js").read_text(encoding="utf-8"),
        # "<" would end the script element if it came before "/script"
        state=json.dumps(state, default=_binary).replace("<", "\\u003c"),
    )


def _binary(value: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(value).decode("ascii")}
