"""A Hub to which people come from a learning management system, by LTI 1.3: see docs/jupyterhub.md.

Who arrives is who the system says, and teaches or learns as it says; the machine's groups are not asked.
"""

import os
import pwd
from pathlib import Path

from jupyterhub.auth import LocalAuthenticator
from ltiauthenticator.lti13.auth import LTI13Authenticator
from tornado import web

from course.grading.errors import CourseError
from course.grading.lti import launches
from course.grading.lti.accounts import require_account
from course.grading.lti.settings import read_settings

c = get_config()  # noqa: F821
load_subconfig("jupyterhub_config.py", path=str(Path(__file__).parent))  # noqa: F821

COURSE = os.environ.get("COURSE_ID", "mlp-gradients")
GRADER = os.environ.get("COURSE_GRADER", "grader")
try:
    settings = read_settings(Path(os.environ.get("COURSE_LTI", "/etc/jupyterhub/lti.toml")))
except CourseError as error:
    raise SystemExit(f"jupyterhub: {error}") from None


class LaunchAuthenticator(LocalAuthenticator, LTI13Authenticator):
    """Signs in who arrives, as the account with the user name that the system sends."""


def with_launch(authenticator: LaunchAuthenticator, handler: object, user: dict) -> dict:
    """Take name and groups from a launch; who is nobody in the course is told so, and stays outside."""
    try:
        launch = launches.read_launch(user["auth_state"], settings)
        require_account(launch.username, GRADER, is_made=authenticator.create_system_users)
        launches.record(settings.launches, launch, pwd.getpwnam(GRADER).pw_gid)
    except CourseError as error:
        raise web.HTTPError(403, str(error)) from None
    group = f"formgrade-{COURSE}" if launch.teaches else f"nbgrader-{COURSE}"
    return {**user, "name": launch.username, "groups": [group], "auth_state": None}


c.JupyterHub.authenticator_class = LaunchAuthenticator
c.Authenticator.post_auth_hook = with_launch
c.LTI13Authenticator.issuer = settings.issuer
c.LTI13Authenticator.client_id = {settings.client_id}
c.LTI13Authenticator.authorize_url = settings.authorize_url
c.LTI13Authenticator.jwks_endpoint = settings.jwks_url
c.LTI13Authenticator.username_key = f"custom_{launches.USERNAME}"

# Browsers bring the Hub's cookies along when the system's page sends somebody there.
c.JupyterHub.tornado_settings = {"cookie_options": {"SameSite": "None", "Secure": True}}

# To make an account for each who comes and has none:
# c.LocalAuthenticator.create_system_users = True
