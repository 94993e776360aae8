"""The lectures are committed canonical, run without a browser, and tell in words what they show."""

import re

import nbclient
import pytest

from course.grading import notebooks
from tests.helpers import ROOT

LECTURES = sorted((ROOT / "course" / "lectures").glob("*.ipynb"))
ids = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


def test_the_lectures_are_there():
    assert {path.stem for path in LECTURES} >= {"learning_rate", "delta_per_layer"}


@ids
def test_canonical(path):
    notebook = notebooks.read(path)
    assert path.read_text(encoding="utf-8") == notebooks.dumps(notebooks.canonical(notebook))
    names = [cell.id for cell in notebook.cells]
    assert len(names) == len(set(names))


@ids
def test_predictions_come_before_results(path):
    cells = notebooks.read(path).cells
    asked = [k for k, cell in enumerate(cells) if "**Predict" in cell.source]
    assert len(asked) >= 4
    assert all(cells[k + 1].cell_type == "code" for k in asked)


@ids
def test_it_runs_and_every_figure_is_told_in_words(path, tmp_path):
    notebook = notebooks.read(path)
    client = nbclient.NotebookClient(notebook, timeout=240, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    outputs = [(cell.id, output) for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = 0
    for name, output in outputs:
        assert output.get("name") != "stderr", (name, output.text)
        data = output.get("data", {})
        if "image/png" in data:
            figures += 1
            assert re.search(r'<img [^>]*alt="[^"]{60,}"', data["text/html"]), name
        if "application/vnd.jupyter.widget-view+json" in data:
            assert data["text/plain"].startswith("LossExplorer, seed"), name
    assert figures >= 3
    assert list(tmp_path.iterdir()) == []
