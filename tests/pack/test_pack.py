"""The archive a student downloads is all it takes, on a machine that has nothing else of the course."""

from __future__ import annotations

import email
import io
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path

import nbformat
import pytest
from packaging.requirements import Requirement

from course.grading.errors import CourseError
from course.grading.pack import wheel
from course.grading.pack.imported import requirements
from course.grading.pack.packing import pack
from course.grading.pack.to_read import DERIVATIONS, ORDER
from course.grading.problem_sets import notebooks
from tests.helpers import ROOT, nbgrader
from tests.lms.refusals import refused

WHEEL = wheel.build(ROOT, Path(tempfile.mkdtemp())).name
DIST_INFO = f"{WHEEL.removesuffix('-py3-none-any.whl')}.dist-info"
LAB_SETTINGS = (
    f"{DIST_INFO.replace('.dist-info', '.data')}/data/etc/jupyter/labconfig/page_config.d/mlp-course.json"
)


@pytest.fixture(scope="module")
def packed(tmp_path_factory) -> Path:
    return pack(ROOT, "ps0", tmp_path_factory.mktemp("pack") / "ps0.zip")


@pytest.fixture
def root(tmp_path) -> Path:
    """Make a course folder of one's own, with the problem sets of this one."""
    for name in ("source", "release"):
        shutil.copytree(ROOT / name, tmp_path / "course" / name)
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path / "course")
    return tmp_path / "course"


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


@pytest.mark.slow
def test_what_is_in_it(packed) -> None:
    found = contents(packed)
    assert sorted(found) == [
        "ps0/START-HERE.html",
        "ps0/constraints.txt",
        *sorted(
            [
                *(f"ps0/lectures/{name}.html" for name in (*ORDER, *DERIVATIONS)),
                *(f"ps0/lectures/{name}.ipynb" for name in ORDER),
            ]
        ),
        f"ps0/{WHEEL}",
        "ps0/nbgrader_config.py",
        "ps0/ps0.ipynb",
        "ps0/requirements.txt",
    ]
    assert found["ps0/ps0.ipynb"] == (ROOT / "release/ps0/ps0.ipynb").read_bytes()


@pytest.mark.slow
def test_a_notebook_of_condas_is_validated_in_it(packed, tmp_path) -> None:
    for name in ("nbgrader_config.py", "ps0.ipynb"):
        (tmp_path / name).write_bytes(contents(packed)[f"ps0/{name}"])
    notebook = json.loads((tmp_path / "ps0.ipynb").read_text())
    notebook["metadata"]["kernelspec"] = {
        "name": "conda-env-ml-py",
        "display_name": "ml",
        "language": "python",
    }
    (tmp_path / "ps0.ipynb").write_text(json.dumps(notebook))
    result = nbgrader("validate", "ps0.ipynb", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "NotImplementedError" in result.stdout


@pytest.mark.slow
def test_the_wheel_holds_the_students_part_and_no_more(packed) -> None:
    with zipfile.ZipFile(io.BytesIO(contents(packed)[f"ps0/{WHEEL}"])) as file:
        names = set(file.namelist())
        everything = b"\n".join(file.read(name) for name in names if "/METADATA" not in name)
    there = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "course").rglob("*")
        if path.is_file() and "grading" not in path.parts and "__pycache__" not in path.parts
    }
    assert {name for name in names if name.startswith("course/")} == there
    assert {name.split("/")[0] for name in names} == {"course", DIST_INFO, LAB_SETTINGS.split("/")[0]}
    assert [name for name in names if "/data/" in name] == [LAB_SETTINGS]
    assert b"BEGIN SOLUTION" not in everything
    assert b"course.grading.cli" not in everything
    assert not [name for name in names if name.endswith("entry_points.txt")]


@pytest.mark.slow
def test_the_same_sources_give_the_same_bytes(packed, tmp_path) -> None:
    assert pack(ROOT, "ps0", tmp_path / "again.zip").read_bytes() == packed.read_bytes()


@pytest.mark.slow
def test_another_content_is_another_version(tmp_path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "course", tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__"))
    assert wheel.build(tmp_path, tmp_path).name == WHEEL
    with (tmp_path / "course" / "grading" / "cli.py").open("a") as file:
        file.write("# not the students'\n")
    assert wheel.build(tmp_path, tmp_path).name == WHEEL
    with (tmp_path / "course" / "data.py").open("a") as file:
        file.write("# corrected\n")
    corrected = wheel.build(tmp_path, tmp_path).name
    assert re.fullmatch(r"mlp_course-0\.1\.0\+[0-9a-f]{12}-py3-none-any\.whl", corrected)
    assert corrected != WHEEL


@pytest.mark.slow
def test_what_is_for_instructors_is_out_of_students_jupyterlab(packed) -> None:
    with zipfile.ZipFile(io.BytesIO(contents(packed)[f"ps0/{WHEEL}"])) as file:
        disabled = json.loads(file.read(LAB_SETTINGS))["disabledExtensions"]
    lab = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "@jupyter" / "nbgrader"
    code = "".join(path.read_text(encoding="utf-8") for path in lab.rglob("*.js"))
    assert {name.partition(":")[2] for name in disabled} == {"create-assignment", "formgrader"}
    assert all(f'"{name}"' in code for name in disabled)


@pytest.mark.slow
def test_lectures_and_derivations_stand_alone(packed) -> None:
    files = contents(packed)
    for name in (*ORDER, *DERIVATIONS):
        page = files[f"ps0/lectures/{name}.html"].decode()
        assert "<script" not in page
        assert not re.findall(r"""(?:src|href)=["']https?:""", page)
        assert page.count("<math") > 10 or name == "learning_rate"
        assert not re.findall(r"<code>\$", page), "a formula was not typeset"
        assert ("data:image/png" in page) == (name in ORDER)
    start = files["ps0/START-HERE.html"].decode()
    assert all(f'href="lectures/{name}.html"' in start for name in (*ORDER, *DERIVATIONS))
    assert "Jakkula Adishesh Balaji" in files["ps0/lectures/derivation_a.html"].decode()
    assert "Ed Tam" in files["ps0/lectures/derivation_b.html"].decode()


@pytest.mark.slow
def test_students_install_the_tested_versions(packed) -> None:
    files = contents(packed)
    _, *lines = files["ps0/requirements.txt"].decode().splitlines()
    assert lines == ["--constraint constraints.txt", f"./{WHEEL}[lab]"]
    assert files["ps0/constraints.txt"] == (ROOT / "constraints.txt").read_bytes()


@pytest.mark.slow
def test_what_the_notebooks_import_is_installed_too() -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import yaml, numpy, csv, own")])
    files = {
        "small.ipynb": nbformat.writes(notebook).encode(),
        "own.py": b"from sqlalchemy.orm import Session\nimport course, nosuch",
    }
    assert requirements(files, ROOT, b"pyyaml==1.0\n") == ["pyyaml", f"sqlalchemy=={version('sqlalchemy')}"]


@pytest.mark.slow
def test_students_need_little(packed) -> None:
    with zipfile.ZipFile(io.BytesIO(contents(packed)[f"ps0/{WHEEL}"])) as file:
        metadata = email.message_from_bytes(file.read(f"{DIST_INFO}/METADATA"))
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    names = {requirement.name for requirement in needed if not requirement.marker}
    assert {"anywidget", "ipywidgets", "matplotlib", "numpy"} <= names
    assert not names & {"jupyterlab", "nbgrader", "nbformat", "sqlalchemy", "typer"}
    assert {requirement.name for requirement in needed if requirement.marker} == {"jupyterlab", "nbgrader"}
    assert metadata.get_all("Provides-Extra") == ["lab"]


class Page(HTMLParser):
    """Collects tags, in order, and what they load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words = ""

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data) -> None:
        self.words += data


@pytest.mark.slow
def test_the_start_page_stands_alone(packed) -> None:
    page = Page()
    page.feed(contents(packed)["ps0/START-HERE.html"].decode())
    assert ("lang", "en") in page.attributes
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    headings = [tag for tag in page.tags if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert all(int(b[1]) <= int(a[1]) + 1 for a, b in itertools.pairwise(headings))
    for word in ("Windows", "macOS and Linux", "ps0.ipynb", WHEEL, "If something fails"):
        assert word in page.words


def commands(packed: Path) -> list[str]:
    """Return the lines that the start page tells a student on Linux to type."""
    page = contents(packed)["ps0/START-HERE.html"].decode()
    blocks = re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", page, re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [line for line in lines if "\\" not in line and not line.startswith(("py ", "%pip "))]


@pytest.mark.slow  # it installs JupyterLab
def test_from_the_archive_to_a_validated_ps0(packed, tmp_path) -> None:
    """The start page's commands, in an environment that knows nothing of this folder."""
    with zipfile.ZipFile(packed) as file:
        file.extractall(tmp_path)
    folder = tmp_path / "ps0"
    # not the variables that lead back here, nor the programs of the tests' own environment
    own = ("PYTHON", "VIRTUAL_ENV", "JUPYTER", "IPYTHON")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"PATH": f"{Path(sys.base_prefix) / 'bin'}:{os.defpath}", "PIP_COMPILE": "0"}
    environment |= {name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "IPYTHONDIR")}

    def do(command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", command],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    make, install, lab, validate = commands(packed)
    assert lab == "../.venv/bin/python -m jupyterlab ps0.ipynb"
    for command in (make, install):
        result = do(command)
        assert result.returncode == 0, result.stdout + result.stderr
    where = do(
        '../.venv/bin/python -c \'import importlib.util as u; print(u.find_spec("course").origin, '
        'u.find_spec("mlp_ref"), u.find_spec("course.grading"))\''
    )
    origin, *others = where.stdout.split()
    assert Path(origin).resolve().is_relative_to((tmp_path / ".venv").resolve())
    assert others == ["None", "None"]
    assert do(f"{lab} --version").stdout.startswith("4.")
    untouched = do(validate)
    assert "VALIDATION FAILED ON" in untouched.stdout, untouched.stderr
    assert "NotImplementedError" in untouched.stdout
    assert "ModuleNotFoundError" not in untouched.stdout
    source = notebooks.read(ROOT / "source/ps0/ps0.ipynb")
    answers = {
        notebooks.grade_id(cell): cell.source
        for cell in source.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    answered = notebooks.with_answers(notebooks.read(folder / "ps0.ipynb"), answers)
    notebooks.write(answered, folder / "ps0.ipynb")
    assert "Success! Your notebook passes all the tests." in do(validate).stdout


def test_unknown_assignment(root) -> None:
    refused(root, "pack", "ps9", words="there is no assignment 'ps9'; there is: ps0, ps1, ps2, ps3")


def test_not_released(root) -> None:
    shutil.rmtree(root / "release" / "ps0")
    with pytest.raises(CourseError, match="`course release ps0` makes it"):
        pack(root, "ps0")


@pytest.mark.slow
def test_a_release_that_gives_something_away(root) -> None:
    shutil.copy(root / "source/ps0/ps0.ipynb", root / "release/ps0/ps0.ipynb")
    with pytest.raises(CourseError, match="is not for students: the release contains 'BEGIN SOLUTION'"):
        pack(root, "ps0")
    assert not (root / "ps0.zip").exists()


@pytest.mark.slow
def test_files_beside_the_notebook_come_along(root) -> None:
    for folder in (root / "source" / "ps0" / "data", root / "release" / "ps0" / "data"):
        folder.mkdir()
        (folder / "points.csv").write_text("1,2\n")
    assert contents(pack(root, "ps0"))["ps0/data/points.csv"] == b"1,2\n"


@pytest.mark.slow
def test_the_place_cannot_be_written(root) -> None:
    refused(
        root,
        "pack",
        "ps0",
        "--to",
        "no/ps0.zip",
        words="no/ps0.zip cannot be written: No such file",
    )
