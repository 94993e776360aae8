"""A distribution of Pyodide for tests, out of package registries: `python -m tests.site.pyodide` names it.

Pyodide's own distribution is on none of them. npm has its core, `pyodide`; NumPy and Matplotlib, compiled for
the browser, are on PyPI only within the wheel of another program, `open-webui`, of the same ABI. The rest is
pure Python, and taken from this environment. This is for tests and trials: a class gets Pyodide's own
distribution, or its address.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

from course.grading.site.distribution import LOCK, Distribution
from course.grading.site.packages import gather
from course.grading.site.wheels import installed

OWN_LOCK = "pyodide-own-lock.json"
"""the list of Pyodide's own distribution, of the same release"""
COMPILED = "open-webui==0.12.4"
COMPILED_IN = "open_webui/frontend/pyodide/"
# what the course and its kernel take from Pyodide's own distribution
NAMES = ("ipython", "jedi", "jinja2", "matplotlib", "micropip", "numpy", "traitlets", "typing-extensions")
# slower without their compiled modules, and complete
WITHOUT_COMPILED = ("markupsafe", "wcwidth")
PATIENCE = 600


def distribution() -> Path:
    """Return the folder of the distribution; it is composed once, and kept outside of the repository."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlp-course"
    folder = cache / f"pyodide-{PYODIDE_VERSION}-trial"
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as made:
            whole = compose(Path(made))
            try:
                whole.rename(folder)
            except OSError:
                assert folder.is_dir()  # another process was faster
    return folder


def compose(temporary: Path) -> Path:
    """Compose the distribution within a folder for files that nobody needs afterwards."""
    folder, compiled = temporary / "pyodide", temporary / "compiled"
    folder.mkdir()
    npm = ["npm", "pack", "--silent", f"pyodide@{PYODIDE_VERSION}"]
    subprocess.run(npm, cwd=temporary, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL)
    with tarfile.open(next(temporary.glob("pyodide-*.tgz"))) as archive:
        core = {
            "pyodide.mjs",
            "pyodide.asm.mjs",
            "pyodide.asm.wasm",
            "python_stdlib.zip",
            "package.json",
            LOCK,
        }
        for member in archive.getmembers():
            if (name := Path(member.name).name) in core and (file := archive.extractfile(member)):
                (folder / name).write_bytes(file.read())
    shutil.copy(folder / LOCK, folder / OWN_LOCK)
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    pip += ["--only-binary=:all:", "--python-version=3.12", f"--dest={temporary}", COMPILED]
    subprocess.run(pip, check=True, timeout=PATIENCE)
    with zipfile.ZipFile(next(temporary.glob("open_webui-*.whl"))) as wheel:
        inside = [
            name
            for name in wheel.namelist()
            if name.startswith(COMPILED_IN) and name.endswith((".whl", LOCK))
        ]
        wheel.extractall(compiled, inside)
    add_packages(folder, compiled / COMPILED_IN)
    return folder


def add_packages(folder: Path, compiled: Path) -> None:
    """Add the compiled packages, and pure ones of this environment, to Pyodide's core in `folder`."""
    info, there = json.loads((folder / LOCK).read_text())["info"], json.loads((compiled / LOCK).read_text())
    assert there["info"]["abi_version"] == info["abi_version"]
    entries = {
        name: entry for name, entry in there["packages"].items() if (compiled / entry["file_name"]).is_file()
    }
    packages = gather(
        Distribution(str(compiled), entries, info, compiled),
        [installed(name, WITHOUT_COMPILED) for name in WITHOUT_COMPILED],
        NAMES,
    )
    for name, content in packages.files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    (folder / LOCK).write_text(json.dumps(packages.lock()))


if __name__ == "__main__":
    try:
        print(distribution())
    except (OSError, subprocess.SubprocessError) as error:
        sys.exit(f"Pyodide cannot be composed: {error}. Once, it takes npm, pip and their registries.")
