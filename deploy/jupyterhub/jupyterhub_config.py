"""A Hub for one class on one machine, whose people have accounts there: see docs/jupyterhub.md.

The groups of the machine say who is who. Everybody works in a server of their own, as their own user.
Formgrader is a service, which runs in the folder of the course as a user of its own, and only instructors may
enter it.
"""

import grp
import os
import pwd
import shutil
import sys
from pathlib import Path

from tornado import web

from course.grading.doctor import exchange
from course.grading.errors import CourseError

c = get_config()  # noqa: F821

COURSE = os.environ.get("COURSE_ID", "mlp-gradients")
"""as `c.CourseDirectory.course_id` in nbgrader_config.py"""
GRADER = os.environ.get("COURSE_GRADER", "grader")
"""the account that owns the course's folder, `course` in its home, and grades"""
EXCHANGE = Path("/usr/local/share/nbgrader/exchange")
INSTRUCTORS, STUDENTS = f"formgrade-{COURSE}", f"nbgrader-{COURSE}"
"""groups of the machine, and of the Hub"""
PROGRAMS, HERE = Path(sys.prefix, "bin"), Path(__file__).resolve().parent


def course_folder() -> Path:
    """Return the folder of the course. Raises CourseError where something of the machine is not ready."""
    try:
        folder = Path(pwd.getpwnam(GRADER).pw_dir, "course")
    except KeyError:
        raise CourseError(f"there is no account {GRADER}", f"useradd --create-home {GRADER}") from None
    for name in (INSTRUCTORS, STUDENTS):
        try:
            grp.getgrnam(name)
        except KeyError:
            raise CourseError(f"there is no group {name}", f"groupadd {name}") from None
    if not (folder / "nbgrader_config.py").is_file():
        raise CourseError(f"{folder} is not a course: it holds no nbgrader_config.py; copy the course there")
    exchange.require(EXCHANGE)
    exchange.require_private(folder)
    if shutil.which("configurable-http-proxy", path=os.environ["PATH"]) is None:
        raise CourseError(
            "the Hub's proxy is not installed",
            f"npm install --global --prefix {sys.prefix} configurable-http-proxy@5.3.0",
        )
    return folder


def with_groups(authenticator: object, handler: object, user: dict) -> dict:
    """Take a user's groups from the machine; who is in none of the course's is told so, and stays outside."""
    names = {grp.getgrgid(number).gr_name for number in _group_numbers(user["name"])}
    user["groups"] = sorted(names & {INSTRUCTORS, STUDENTS})
    if not user["groups"]:
        raise web.HTTPError(
            403,
            f"{user['name']} is in no group of the course {COURSE}: ask whoever runs this Hub to run "
            f"`usermod --append --groups {STUDENTS} {user['name']}`, then sign in again",
        )
    return user


def _group_numbers(name: str) -> list[int]:
    try:
        return os.getgrouplist(name, pwd.getpwnam(name).pw_gid)
    except KeyError:
        return []


def choose_settings(spawner: object) -> None:
    """Show students neither Formgrader nor Create Assignment."""
    names = {group.name for group in spawner.user.groups}
    folder = "instructors" if INSTRUCTORS in names else "students"
    spawner.environment = {**spawner.environment, "JUPYTER_CONFIG_PATH": str(HERE / folder)}


os.environ["PATH"] = os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)])
try:
    folder = course_folder()
except CourseError as error:
    sys.exit(f"jupyterhub: {error}")

# Who may sign in: whoever has an account and is in one of the course's groups.
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.manage_groups = True
c.Authenticator.allow_all = True
c.Authenticator.post_auth_hook = with_groups

# A server each, as the user's own account, with nothing of the Hub's environment but what it needs.
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [str(PROGRAMS / "jupyterhub-singleuser")]
c.Spawner.env_keep = ["PATH", "LANG", "LC_ALL"]
c.Spawner.environment = {"COURSE_ID": COURSE}
c.Spawner.pre_spawn_hook = choose_settings
c.Spawner.default_url = "/lab"
# A server that starts on a busy machine may take its time.
c.Spawner.http_timeout = c.Spawner.start_timeout = 300
c.JupyterHub.template_paths = [str(HERE / "templates")]

# Formgrader, with all of JupyterLab around it, in the folder of the course.
c.JupyterHub.services = [
    {
        "name": COURSE,
        "url": f"http://127.0.0.1:{os.environ.get('COURSE_PORT', '10101')}",
        "command": [str(PROGRAMS / "jupyterhub-singleuser")],
        "user": GRADER,
        "cwd": str(folder),
        "environment": {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        "oauth_no_confirm": True,
        "timeout": 300,
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "formgrader",
        "description": "Enter Formgrader, and find it in nbgrader's list of courses",
        "scopes": [f"access:services!service={COURSE}", "list:services", f"read:services!service={COURSE}"],
        "groups": [INSTRUCTORS],
    },
    {
        "name": "server",
        "description": "Report activity, and ask which courses the own user takes or teaches",
        "scopes": [
            "users:activity!user",
            "access:servers!server",
            "read:users:name!user",
            "read:users:groups!user",
            "list:services",
            f"read:services!service={COURSE}",
        ],
    },
]
