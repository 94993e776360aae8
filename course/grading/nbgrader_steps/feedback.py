"""nbgrader's steps for what people read of a graded notebook: feedback pages, and Formgrader's."""

from __future__ import annotations

from typing import Any

from nbconvert.preprocessors.sanitize import SanitizeHTML
from nbformat import NotebookNode
from nbgrader.preprocessors import ClearHiddenTests, NbGraderPreprocessor
from traitlets import Bool, List

Resources = dict[str, Any]
STYLE = """
.output_area pre { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }
.output_area img { max-width: 100%; }
.rendered_html table { margin: 1em 0; }
.rendered_html th, .rendered_html td { padding: 0.2em 0.8em; vertical-align: top; }
"""
PICTURES = ("image/png", "image/jpeg")
# The HTML exporter sets it for every step, and nbgrader's base class declares it as no setting: traitlets
# warns of that.
PRIORITY = "Kinds of outputs, the preferred ones first; not used by this step."


class Inert(SanitizeHTML):
    """Makes what a student wrote harmless to read: HTML loses its scripts, outputs that run are dropped."""

    enabled = Bool(True, help="Whether to use this step.").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Change all cells but the instructor's texts."""
        for index, cell in enumerate(nb.cells):
            settings = cell.metadata.get("nbgrader", {})
            instructors = settings.get("locked") and not settings.get("solution")
            for output in cell.get("outputs", ()):
                data = output.get("data", {})
                # sanitizing turns the HTML of a figure into a wall of letters; the picture beside it is safe
                if not data.keys().isdisjoint(PICTURES):
                    data.pop("text/html", None)
            if cell.cell_type == "code" or not instructors:
                self.preprocess_cell(cell, resources, index)
        return nb, resources


class PageStyle(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Styles feedback, for which nbgrader's template leaves out the style of tables and wraps no lines."""

    display_data_priority: List[str] = List(help=PRIORITY).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Add the style to what the template has put into `resources`."""
        resources["inlining"]["css"].append(STYLE)
        return nb, resources


class HideTests(ClearHiddenTests):  # type: ignore[misc]  # nbgrader has no types
    """Takes the hidden tests out of the feedback."""

    display_data_priority: List[str] = List(help=PRIORITY).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return `nb` without hidden regions."""
        for cell in nb.cells:
            self._remove_hidden_test_region(cell)
        return nb, resources
