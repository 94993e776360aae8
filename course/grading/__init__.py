"""What an instructor runs: releases, grading and reports. It knows nbgrader and no equation."""
