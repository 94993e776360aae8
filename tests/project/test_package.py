"""What is installed: the wheel of the whole course."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile

import pytest

from tests.helpers import ROOT, run


@pytest.mark.slow
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
    kinds = {".py", ".js", ".css", ".html", ".ipynb"}
    sources = [path for path in (ROOT / "course").rglob("*") if path.suffix in kinds]
    assert {path.relative_to(ROOT).as_posix() for path in sources} <= set(names)
    assert not re.search(r"^\s*(import|from) mlp_ref", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_the_measurements_can_be_started() -> None:
    result = run(["bench", "nothing"], ROOT)
    assert result.returncode == 2
    parts = (path.stem for path in (ROOT / "bench").glob("*.py") if "def main(" in path.read_text())
    names = ", ".join(sorted({*parts} - {"__main__"}))
    assert result.stderr == f"There is no measurement 'nothing'; there are: {names}\n"
