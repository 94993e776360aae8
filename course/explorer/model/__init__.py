"""What the explorer computes, in NumPy: problems, runs, curvature, and the words about them."""
