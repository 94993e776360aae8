"""What the explorer shows: the chart and its controls, pins, words, figures, and the exported page."""
