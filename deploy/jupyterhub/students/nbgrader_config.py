"""What nbgrader's list of assignments needs to know in the server of a student or an instructor."""

import os

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = os.environ.get("COURSE_ID", "mlp-gradients")
# Only who is in a group of the course may fetch and submit.
c.Authenticator.plugin_class = "nbgrader.auth.jupyterhub.JupyterHubAuthPlugin"
