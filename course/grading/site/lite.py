"""JupyterLite's part of a site: its build, with the extensions and settings that the course wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from course.grading.errors import CourseError
from course.grading.site.wheels import Wheel

KERNEL = "@jupyterlite/pyodide-kernel-extension"
EXTENSIONS = (KERNEL, "@jupyter-widgets/jupyterlab-manager", "anywidget")
OWN_EXTENSION = Path(__file__).parent / "extension"
PYTHON = "pyodide"
"""the folder for Python and its packages, in the site's folder of JupyterLite"""
INSTALL = 'pip install "mlp-course[site]"'
PATIENCE = 600
"""seconds"""
PRELOADED = ("micropip", "piplite", "ipykernel", "comm", "pyodide-kernel", "jedi", "ipython", "mlp-course")
"""loaded all at once while Python starts: the kernel would ask for them one by one"""


def require() -> None:
    """Raise CourseError where what builds a site is not installed."""
    try:
        import jupyterlite_core  # noqa: F401
        import jupyterlite_pyodide_kernel  # noqa: F401
    except ModuleNotFoundError as error:
        raise CourseError(f"a site needs a few packages more ({error.name} is missing)", INSTALL) from None


def release() -> tuple[str, str]:
    """Return the release of Pyodide that the kernel is for, and the address where the kernel would look."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_CDN_URL, PYODIDE_VERSION

    return PYODIDE_VERSION, PYODIDE_CDN_URL


def kernel_wheels() -> list[Wheel]:
    """Return the kernel's own wheels. Raises CourseError."""
    folder = _extension(KERNEL) / "static" / "pypi"
    wheels = [Wheel(path.name, path.read_bytes()) for path in sorted(folder.glob("*.whl"))]
    return [wheel for wheel in wheels if wheel.name != "widgetsnbextension"]


def build(contents: Mapping[str, bytes], python: str, project: Path, to: Path) -> None:
    """Build JupyterLite with `contents` in the new folder `to`; `project` is a temporary folder.

    `python` is the address of Pyodide's first module, seen from `to`. Raises CourseError.
    """
    for name, content in contents.items():
        path = project / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (project / "jupyter_lite_config.json").write_text(json.dumps(_build_settings()))
    (project / "jupyter-lite.json").write_text(json.dumps(_settings(python)))
    (project / "overrides.json").write_text(json.dumps(_PREFERENCES))
    command = [
        sys.executable,
        "-m",
        "jupyterlite_core",
        "build",
        f"--lite-dir={project}",
        f"--output-dir={to}",
    ]
    # settings of other projects, the address of Pyodide among them
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUPYTERLITE_")}
    try:
        result = subprocess.run(
            command,
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CourseError(f"JupyterLite's build did not end within {PATIENCE} seconds") from None
    if result.returncode:
        lines = (result.stderr.strip() or result.stdout.strip()).splitlines()[-15:]
        raise CourseError("JupyterLite cannot be built; the end of what it says:\n" + "\n".join(lines))


_PREFERENCES = {
    # it would ask a server elsewhere for news
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
}


def _build_settings() -> dict[str, Any]:
    extensions = [str(_extension(name)) for name in EXTENSIONS]
    return {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "federated_extensions": [*extensions, str(OWN_EXTENSION)],
            # nbgrader's, say, ask a server
            "ignore_sys_prefix": ["federated_extensions"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        }
    }


def _settings(python: str) -> dict[str, Any]:
    kernel = {
        "pyodideUrl": python,
        "disablePyPIFallback": python.startswith("./"),
        "loadPyodideOptions": {"lockFileURL": f"./{PYTHON}/pyodide-lock.json", "packages": PRELOADED},
    }
    return {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "MLP course",
            "litePluginSettings": {f"{KERNEL}:kernel": kernel},
        },
    }


def _extension(name: str) -> Path:
    """Return the folder of an installed extension of JupyterLab. Raises CourseError."""
    from jupyter_core.paths import jupyter_path

    for folder in jupyter_path("labextensions"):
        if (Path(folder) / name / "package.json").is_file():
            return Path(folder) / name
    raise CourseError(f"JupyterLab's extension {name} is not installed here", INSTALL)
