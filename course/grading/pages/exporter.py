"""nbconvert's exporter for feedback pages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbconvert.exporters import HTMLExporter, TemplateExporter
from nbformat import NotebookNode
from traitlets.config import Config

from course.grading.pages.filters import FILTERS

TEMPLATES = str(Path(__file__).parent / "templates")


class FeedbackExporter(HTMLExporter):
    """Makes pages by nbgrader's template that need no script and no network."""

    def __init__(self, config: Config | None = None, **options: Any) -> None:
        ours = Config(config or {})
        inherited = ours.HTMLExporter.get("extra_template_paths", [])
        ours.FeedbackExporter.update(
            template_file="feedback.html.j2",
            extra_template_paths=[*inherited, TEMPLATES],
            sanitize_html=True,
        )
        super().__init__(config=ours, **options)

    def default_filters(self) -> Any:
        """Yield nbconvert's filters with ours in place of some."""
        yield from super().default_filters()
        yield from FILTERS.items()

    def from_notebook_node(  # type: ignore[override]  # as nbconvert itself
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **options: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert a notebook. It is not parsed again afterwards, as HTMLExporter does for pictures' texts."""
        return TemplateExporter.from_notebook_node(self, nb, resources, **options)
