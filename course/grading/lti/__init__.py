"""LTI 1.3: who arrives from a learning management system, and grades sent back to it.

The Hub's `deploy/jupyterhub/lti_config.py` reads the `launches` and records them; `course lti-grades` takes
`scores` from the gradebook and sends them through the platform's grade `service`. The platform's addresses,
and where the tool's `keys` are, stand in one file of `settings`.
"""
