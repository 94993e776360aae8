"""What cannot be built is refused in a line that says what to do, and changes nothing."""

from __future__ import annotations

import io
import json
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from course.grading.errors import CourseError
from course.grading.site import building, lite
from course.grading.site.distribution import CORE, LOCK, Distribution, read
from course.grading.site.packages import gather
from course.grading.site.wheels import Wheel, installed
from tests.helpers import course, small_course
from tests.site.pyodide import OWN_LOCK

CLOSED = "http://127.0.0.1:9"


def wheel(name: str, *requirements: str, version: str = "1.0") -> Wheel:
    """Return a wheel with one empty module."""
    buffer = io.BytesIO()
    metadata = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {text}" for text in requirements)]
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{name}-{version}.dist-info/METADATA", "\n".join(metadata) + "\n")
    return Wheel(f"{name}-{version}-py3-none-any.whl", buffer.getvalue())


def entry(name: str, *depends: str, version: str = "1.0") -> dict[str, object]:
    return {"name": name, "version": version, "file_name": f"{name}.whl", "depends": list(depends)}


def at_an_address(**packages: dict[str, object]) -> Distribution:
    return Distribution("https://pyodide.example/full", packages, {"python": "3.14.2"}, None)


@pytest.fixture
def folder(tmp_path) -> Path:
    """A distribution with no package."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    for name in CORE:
        (folder / name).write_text("")
    (folder / LOCK).write_text(json.dumps({"info": {"python": "3.14.2"}, "packages": {}}))
    return folder


def test_packages_come_with_all_they_need() -> None:
    distribution = at_an_address(numpy=entry("numpy", "blas"), blas=entry("blas"), unused=entry("unused"))
    packages = gather(
        distribution,
        [
            wheel("ours", "numpy>=1", "theirs", "absent; sys_platform == 'win32'"),
            wheel("theirs", "jupyterlab-widgets"),
        ],
    )
    assert sorted(packages.entries) == ["blas", "numpy", "ours", "theirs"]
    assert packages.entries["numpy"]["file_name"] == "https://pyodide.example/full/numpy.whl"
    assert packages.entries["ours"]["depends"] == ["numpy", "theirs"]
    assert packages.entries["ours"]["imports"] == ["ours"]
    assert sorted(packages.files) == ["ours-1.0-py3-none-any.whl", "theirs-1.0-py3-none-any.whl"]


def test_a_version_that_will_not_do_is_refused() -> None:
    with pytest.raises(CourseError, match=r"would have numpy 1\.0, and needs numpy>=2"):
        gather(at_an_address(numpy=entry("numpy")), [wheel("ours", "numpy>=2")])


def test_what_is_compiled_for_this_machine_is_refused() -> None:
    with pytest.raises(CourseError, match="numpy is compiled for this machine"):
        installed("numpy")


def test_what_is_installed_gives_the_same_wheel_each_time() -> None:
    first, second = installed("psygnal"), installed("psygnal")
    assert first == second
    assert first.imports == ["psygnal"]
    with zipfile.ZipFile(io.BytesIO(first.content)) as file:
        assert not [name for name in file.namelist() if name.endswith(".so")]


def test_the_default_address_has_what_a_site_takes_from_there(pyodide) -> None:
    """Reads the list of that release as npm has it; the address itself is not asked."""
    release, address = lite.release()
    whole = json.loads((pyodide / OWN_LOCK).read_text())
    distribution = Distribution(address, whole["packages"], whole["info"], None)
    ours = wheel("mlp-course", *metadata.requires("mlp-course") or ())
    packages = gather(distribution, [ours, *lite.kernel_wheels()], lite.PRELOADED)
    assert {"numpy", "matplotlib", "ipython", "anywidget"} <= set(packages.entries)
    assert packages.entries["numpy"]["file_name"].startswith(f"{address}/numpy-")
    assert release in address


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda folder: (folder / LOCK).unlink(), r"pyodide-lock\.json cannot be read there"),
        (lambda folder: (folder / LOCK).write_text("{"), "is not the list of packages"),
        (lambda folder: (folder / "pyodide.mjs").unlink(), r"holds no pyodide\.mjs"),
        (
            lambda folder: (folder / "package.json").write_text('{"version": "0.27.1"}'),
            r"is release 0\.27\.1 of Pyodide, and jupyterlite-pyodide-kernel is made for 314\.0\.6",
        ),
    ],
)
def test_a_folder_that_is_no_distribution_is_refused(folder, spoil, message) -> None:
    spoil(folder)
    with pytest.raises(CourseError, match=message):
        read(str(folder), "314.0.6").core()


@pytest.mark.parametrize(
    ("content", "message"), [(None, r"does not hold a\.whl"), (b"other", "is not the file that")]
)
def test_a_package_that_is_missing_or_another_is_refused(folder, content, message) -> None:
    if content is not None:
        (folder / "a.whl").write_bytes(content)
    distribution = Distribution(
        str(folder), {"a": {**entry("a"), "sha256": "0" * 64}}, {"python": "3.14.2"}, folder
    )
    with pytest.raises(CourseError, match=message):
        gather(distribution, [], ["a"])


@pytest.mark.slow
def test_without_a_distribution_and_without_a_network(tmp_path) -> None:
    root = small_course(tmp_path / "course")
    assert course("release", cwd=root).returncode == 0
    built = course("site", tmp_path / "site", cwd=root, https_proxy=CLOSED, HTTPS_PROXY=CLOSED)
    assert built.returncode == 1
    (line,) = built.stderr.splitlines()
    assert "cannot be read" in line
    assert "--pyodide DIR" in line
    assert not (tmp_path / "site").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path, folder) -> None:
    root = small_course(tmp_path / "course")
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "thesis.txt").write_text("years of work")
    with pytest.raises(CourseError, match="holds other files than those of a site"):
        building.build(root, tmp_path / "site", str(folder))
    assert (tmp_path / "site" / "thesis.txt").read_text() == "years of work"


@pytest.mark.slow
def test_a_build_that_fails_leaves_the_old_site(tmp_path, folder) -> None:
    root = small_course(tmp_path / "course")
    assert course("release", cwd=root).returncode == 0
    settings = tmp_path / "site" / building.WORK / "jupyter-lite.json"
    settings.parent.mkdir(parents=True)
    settings.write_text("old")
    with pytest.raises(CourseError, match="is compiled for this machine"):
        building.build(root, tmp_path / "site", str(folder))
    assert settings.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course", "pyodide", "site"]


def test_what_builds_a_site_is_asked_for(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlite_core", None)
    with pytest.raises(CourseError, match=r'run `pip install "mlp-course\[site\]"`'):
        lite.require()


def test_a_problem_set_that_is_not_released_is_named(tmp_path, folder) -> None:
    root = small_course(tmp_path / "course")
    shutil.rmtree(root / "release", ignore_errors=True)
    with pytest.raises(CourseError, match=r"release/small holds no small\.ipynb"):
        building.build(root, tmp_path / "site", str(folder))
