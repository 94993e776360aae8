"""The Hub of `make hub`: as the real one, on this machine alone, with one password for all its people.

With COURSE_LTI they come from a learning management system instead.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821
has_lti = "COURSE_LTI" in os.environ
load_subconfig("lti_config.py" if has_lti else "jupyterhub_config.py", path=str(Path(__file__).parent))  # noqa: F821

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['TRIAL_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['TRIAL_HUB_PORT']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['TRIAL_PROXY_PORT']}"
if not has_lti:
    c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["TRIAL_PASSWORD"]
