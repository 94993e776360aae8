"""What students read: the lectures, as notebooks and as pages, and the two derivations."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from jupyter_client.kernelspec import NoSuchKernel
from markupsafe import Markup
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbconvert.filters import Highlight2HTML
from traitlets.config import Config

from course import lectures
from course.grading.errors import CourseError
from course.grading.pages.markdown import markdown_html
from course.grading.pages.outputs import clean_outputs
from course.grading.problem_sets import notebooks
from course.grading.short_folder import short_temporary_folder

FOLDER = "lectures"
LECTURES = Path(lectures.__file__).parent
SECONDS = 240
"""for a cell of a lecture"""
ORDER = ("one_hidden_layer", "delta_recursion", "delta_per_layer", "learning_rate")
"""in which lectures are read"""
_UNHEARD = logging.getLogger(f"{__name__}.unheard")
_UNHEARD.addHandler(logging.NullHandler())
_UNHEARD.propagate = False
DERIVATIONS = ("derivation_a", "derivation_b")


@lru_cache(maxsize=1)
def to_read() -> dict[str, bytes]:
    """Return the files, by their paths in an archive. Raises CourseError where a lecture cannot be run."""
    paths = [LECTURES / f"{name}.ipynb" for name in ORDER]
    pages = asyncio.run(_pages(paths))
    files = {f"{FOLDER}/{path.name}": path.read_bytes() for path in paths}
    files |= {f"{FOLDER}/{path.stem}.html": page for path, page in zip(paths, pages, strict=True)}
    for name in DERIVATIONS:
        text = (LECTURES / f"{name}.md").read_text(encoding="utf-8")
        files[f"{FOLDER}/{name}.html"] = _page(text, [{"text": _markdown(text)}])
    return files


def title_of(text: str) -> str:
    """Return the title of a text in Markdown."""
    return text.lstrip("# ").partition("\n")[0]


async def _pages(paths: list[Path]) -> list[bytes]:
    with tempfile.TemporaryDirectory(prefix="course-", dir=short_temporary_folder()) as sockets:
        return await asyncio.gather(*(_page_of_lecture(path, Path(sockets)) for path in paths))


async def _page_of_lecture(path: Path, sockets: Path) -> bytes:
    """Run a lecture, and return it with what it shows, as a page that loads nothing.

    Its kernel is asked over sockets in a folder: of ports, another program may take one that was chosen.
    """
    notebook = notebooks.read(path)
    connection = {"transport": "ipc", "connection_file": str(sockets / str(ORDER.index(path.stem)))}
    client = NotebookClient(
        notebook,
        timeout=SECONDS,
        resources={"metadata": {"path": str(LECTURES)}},
        config=Config(AsyncKernelManager=connection),
        log=_UNHEARD,  # what it tells is in the error too
    )
    try:
        await client.async_execute(stderr=subprocess.DEVNULL)  # ipykernel warns there of its connection
    except CellExecutionError as error:
        raise CourseError(
            f"the lecture {path.name} stops with an error: {error.ename}: {error.evalue}"
        ) from None
    except (NoSuchKernel, RuntimeError) as error:
        client.create_kernel_manager()  # the client looks for one when Python ends, and has given its own up
        raise CourseError(
            f"the lecture {path.name} cannot be run: Jupyter's Python kernel fails ({error}); "
            f"try `jupyter execute {path}`"
        ) from None
    highlight = Highlight2HTML(pygments_lexer="ipython3")
    parts: list[dict[str, Any]] = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append({"text": _markdown(cell.source)})
        else:
            folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
            shown = [_shown(output) for output in clean_outputs(cell.outputs)]
            parts.append({"code": Markup(highlight(cell.source)), "is_folded": folded, "shown": shown})
    return _page(notebook.cells[0].source, parts)


def _shown(output: Any) -> Markup:
    """Return an output as HTML: a picture, or its text."""
    if output.output_type == "stream":
        return Markup("<pre>{}</pre>").format(output.text)
    data = output.get("data", {})
    if "image/png" in data:
        alt = output.metadata["image/png"]["alt"]
        return Markup('<img src="data:image/png;base64,{}" alt="{}">').format(data["image/png"].strip(), alt)
    if "text/html" in data:
        return Markup(data["text/html"])
    return Markup("<pre>{}</pre>").format(data.get("text/plain", ""))


def _markdown(text: str) -> Markup:
    return Markup(markdown_html(text, None))


def _page(text: str, parts: list[dict[str, Any]]) -> bytes:
    environment = Environment(
        loader=PackageLoader("course.grading.pack", "."), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("reading.html")
    return (template.render(title=title_of(text), parts=parts) + "\n").encode()
