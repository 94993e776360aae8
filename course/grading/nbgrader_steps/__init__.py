"""What stock nbgrader calls in place of its own steps; `nbgrader_config.py` names them."""
