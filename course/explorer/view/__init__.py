"""What the explorer shows: the chart and its controls, pictures, and the exported page."""
