"""A late policy per day, for `c.AssignLatePenalties.plugin_class`."""

from __future__ import annotations

import math

from nbgrader.plugins import LateSubmissionPlugin
from traitlets import Float

DAY = 24 * 60 * 60


class PerDay(LateSubmissionPlugin):  # type: ignore[misc]  # nbgrader has no types
    """Takes a share of the points for each day, or part of one, that a submission is late."""

    percent = Float(10.0, min=0.0, max=100.0, help="Percent of the points, for each day begun.").tag(
        config=True
    )
    grace_minutes = Float(0.0, min=0.0, help="Minutes after the due date that do not count.").tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points that a notebook with this score loses."""
        late = total_seconds_late - 60 * self.grace_minutes
        if late <= 0:
            return None
        return float(score * min(1.0, math.ceil(late / DAY) * self.percent / 100))
