"""nbgrader's steps for what people read of a graded notebook: feedback pages, and Formgrader's."""

from __future__ import annotations

import html
from typing import Any

from nbformat import NotebookNode
from nbgrader import utils
from nbgrader.preprocessors import ClearHiddenTests, GetGrades, NbGraderPreprocessor
from traitlets import List
from traitlets.config import Config

from course.grading.pages.exporter import TEMPLATES
from course.grading.pages.filters import FILTERS
from course.grading.pages.outputs import clean_outputs, clean_written

Resources = dict[str, Any]
STYLE = """
.output_area pre { white-space: pre-wrap; word-break: normal; overflow-wrap: anywhere; }
.output_area img { max-width: 100%; }
.rendered_html table { margin: 1em 0; }
.rendered_html th, .rendered_html td { padding: 0.2em 0.8em; vertical-align: top; }
mtd[columnalign~="left"] { text-align: left; }
mtd[columnalign~="right"] { text-align: right; }
.feedback h1 { font-size: 1.6em; margin: 0.5em 0; }
.questions { width: 100%; margin: 1em 0 2em; border-collapse: collapse; }
.questions th, .questions td { padding: 0.4em 0.8em 0.4em 0; vertical-align: top; text-align: left; }
.questions tr { border-bottom: 1px solid #ddd; }
.questions tbody th { font-weight: normal; width: 30%; }
.questions .points { white-space: nowrap; font-variant-numeric: tabular-nums; }
.questions td { overflow-wrap: anywhere; }
.questions tr.lost td:nth-child(3) { color: #a33; font-weight: 600; }
.questions tr.full td:nth-child(3) { color: #006b50; }
.feedback .waiting td, p.waiting { color: #555; font-style: italic; }
.feedback #notebook-container { box-shadow: none; padding: 0; }
.feedback div.nbgrader_cell .panel-heading { height: auto; overflow: hidden; }
.feedback div.prompt { min-width: 9ex; }
.feedback details { margin: 0.5em 0; }
.feedback summary { display: list-item; cursor: pointer; }
.feedback blockquote { font-size: inherit; }
.feedback div.input_area, .feedback .input_area pre { overflow-x: auto; }
.feedback math { max-width: 100%; overflow-x: auto; }
.feedback .rendered_html { overflow-x: auto; }
@media (min-width: 701px) { .questions td:nth-child(3) { white-space: nowrap; } }
@media (max-width: 700px) {
  .feedback div.prompt { display: none; }
  .feedback div.cell { display: block; padding: 5px 0; }
  .questions thead { display: none; }
  .questions tr { display: grid; grid-template-columns: 1fr auto; padding: 0.4em 0; }
  .questions tbody th { width: auto; }
  .questions th, .questions td { padding: 0.1em 0; }
  .questions td:nth-child(3), .questions td:nth-child(4) { grid-column: 1 / -1; }
  .questions td:empty { display: none; }
}
@media print {
  .feedback { width: 100%; padding: 0; }
  .questions thead { display: table-header-group; }
  .questions tr, .feedback figure, .feedback img { page-break-inside: avoid; }
  .feedback div.input_area, .feedback div.output { page-break-inside: auto; }
  .feedback a, .feedback a:visited { color: inherit; text-decoration: none; }
  .feedback a[href]::after { content: none; }
}
"""
# The HTML exporter sets it for every step, and nbgrader's base class declares it as no setting: traitlets
# warns of that.
PRIORITY = "Kinds of outputs, the preferred ones first; not used by this step."
_NAMES = ("first_name", "last_name")


class Inert(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Makes what a student wrote, and what the code displayed, harmless to read.

    What is not on the list of `course.grading.pages` is dropped or becomes text. It is done when a submission
    was graded, and again when a page is made, since the list may have been another when it was graded.
    """

    display_data_priority: List[str] = List(help=PRIORITY).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Change all cells but the instructor's texts."""
        for cell in nb.cells:
            settings = cell.metadata.get("nbgrader", {})
            instructors = settings.get("locked") and not settings.get("solution")
            if cell.cell_type == "code":
                cell.outputs = clean_outputs(cell.outputs)
            elif not instructors:
                clean_written(cell)
        # Formgrader's template quotes nothing, and students can choose what they are called
        names = {name: resources[name] for name in _NAMES if isinstance(resources.get(name), str)}
        resources.update({name: html.escape(value) for name, value in names.items()})
        return nb, resources


class PageStyle(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Styles feedback, for which nbgrader's template leaves out the style of tables and wraps no lines."""

    display_data_priority: List[str] = List(help=PRIORITY).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Add the style to what the template has put into `resources`."""
        resources["inlining"]["css"].append(STYLE)
        return nb, resources


class Grades(GetGrades):  # type: ignore[misc]  # nbgrader has no types
    """Puts points and comments into a notebook, and which answers wait to be read."""

    def preprocess_cell(
        self, cell: NotebookNode, resources: Resources, cell_index: int
    ) -> tuple[NotebookNode, Resources]:
        """Return the cell with them."""
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        if utils.is_grade(cell) or utils.is_task(cell):
            names = self.notebook_id, self.assignment_id, self.student_id
            settings = cell.metadata["nbgrader"]
            grade = self.gradebook.find_grade(settings["grade_id"], *names)
            settings["waiting"] = grade.needs_manual_grade and grade.manual_score is None
        return cell, resources


class HideTests(ClearHiddenTests):  # type: ignore[misc]  # nbgrader has no types
    """Takes the hidden tests out of the feedback."""

    display_data_priority: List[str] = List(help=PRIORITY).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> tuple[NotebookNode, Resources]:
        """Return `nb` without hidden regions."""
        for cell in nb.cells:
            self._remove_hidden_test_region(cell)
        return nb, resources


def formgrader_settings() -> Config:
    """Return the settings of the exporter that makes Formgrader's page of a submission."""
    return Config(
        HTMLExporter={
            "extra_template_paths": [TEMPLATES],
            "filters": {name: f"{each.__module__}.{each.__name__}" for name, each in FILTERS.items()},
            "preprocessors": [f"{Inert.__module__}.{Inert.__name__}"],
            "sanitize_html": True,
            "template_file": "formgrader.html.j2",
        }
    )
