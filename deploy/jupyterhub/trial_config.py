"""The Hub of `make hub`: as the real one, on this machine alone, with one password for all its people."""

import os
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig("jupyterhub_config.py", path=str(Path(__file__).parent))  # noqa: F821

c.JupyterHub.bind_url = f"http://127.0.0.1:{os.environ['TRIAL_PORT']}"
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['TRIAL_HUB_PORT']}"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['TRIAL_PROXY_PORT']}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = os.environ["TRIAL_PASSWORD"]
