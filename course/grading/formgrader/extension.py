"""Adds the page of the whole class to nbgrader's Formgrader, wherever that reads the settings of the course.

nbgrader has no setting for it. Whoever may open Formgrader may open the page, and nobody else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

_MODULE = "nbgrader.server_extensions.formgrader.formgrader"
TEMPLATES = Path(__file__).parent / "templates"


def add_page() -> None:
    """Add the page to a Formgrader of this process; nothing, where none is being started."""
    module = sys.modules.get(_MODULE)
    if module is None or hasattr(module, "has_page_of_class"):
        return
    extension: Any = module.FormgradeExtension
    extension.init_handlers = _with_page(extension.init_handlers)
    # mypy knows no attribute that is set from outside
    module.has_page_of_class = True  # type: ignore[attr-defined]


def _with_page(init_handlers: Callable[[Any, Any], None]) -> Callable[[Any, Any], None]:
    def init(formgrader: Any, webapp: Any) -> None:
        # late: other commands need no server
        from course.grading.formgrader.handlers import SETTING, handlers
        from course.grading.formgrader.launching import Launcher

        base_url = re.escape(webapp.settings["base_url"].rstrip("/"))
        webapp.settings[SETTING] = Launcher()
        # before Formgrader's own, which answer every other address with a page that is not found
        webapp.add_handlers(".*$", [(base_url + path, handler) for path, handler in handlers()])
        link_from(webapp.settings["nbgrader_jinja2_env"])
        init_handlers(formgrader, webapp)

    return init


def link_from(environment: Environment) -> None:
    """Let Formgrader's pages link to the page; `environment` holds their templates."""
    stock = environment.loader
    assert stock is not None
    environment.loader = ChoiceLoader([FileSystemLoader(TEMPLATES), stock, PrefixLoader({"nbgrader": stock})])
