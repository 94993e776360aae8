"""What is installed: the student's wheel, and the versions it was tested with."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from itertools import chain

from tests.helpers import ROOT, run


def test_the_wheel_holds_the_course_and_nothing_else(tmp_path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("mlp_course-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        text = "\n".join(archive.read(name).decode() for name in names if name.endswith(".py"))
    assert {name.split("/")[0] for name in names} == {"course", "mlp_course-0.1.0.dist-info"}
    assert not [name for name in names if name.endswith(".db")]
    assert {name.rsplit("/", 1)[0] for name in names if name.endswith(".ipynb")} == {"course/lectures"}
    for name in ("chart.js", "chart.css", "page.html", "page.js"):
        assert f"course/explorer/view/{name}" in names
    assert {"course/grading/report/page.html", "course/grading/report/page.css"} <= set(names)
    assert "course/__init__.py" in names
    assert not re.search(r"^\s*(import|from) mlp_ref", text, flags=re.MULTILINE)


def test_constraints_pin_versions_and_name_no_place() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+", pin) for pin in pins)


def test_constraints_cover_every_direct_dependency() -> None:
    pinned = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = chain.from_iterable(project["optional-dependencies"].values())
    wanted = [*project["dependencies"], *extras]
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted} - {"mlp-course"}
    assert names <= pinned


def test_the_measurements_can_be_started() -> None:
    result = run(["bench", "nothing"], ROOT)
    assert result.returncode == 2
    assert result.stderr == "There is no measurement 'nothing'; there are: explorer, grading\n"
