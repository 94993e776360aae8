"""The result of collecting an archive, in data and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class CollectSummary:
    """The result of collecting an archive: students by id, or by their names in it where they have none."""

    total: int = 0
    """submissions in the archive"""
    collected: list[str] = field(default_factory=list)
    """students who had handed in nothing before"""
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    older: list[tuple[str, str]] = field(default_factory=list)
    """students whose submission is not newer than the one that is there, with the reason"""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """submissions that are not taken, with the reason"""
    remarks: list[tuple[str, str]] = field(default_factory=list)
    """submissions of which something was left out, with what and why"""
    late: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    """sentences on the archive as a whole"""
    kept: Path | None = None
    """the folder where the replaced submissions are"""

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """The submissions that were not collected, each with the reason."""
        return [*self.refused, *self.older]

    def lines(self, root: Path) -> Iterator[str]:
        """Yield the lines that `course collect` prints; `kept` is shown relative to the course's `root`."""
        done = len(self.collected) + len(self.replaced)
        skipped, unchanged = len(self.skipped), len(self.unchanged)
        yield f"collected {done} of {self.total}, skipped {skipped}, unchanged {unchanged}"
        for student, reason in (*self.skipped, *self.remarks):
            yield f"  {student}: {reason}"
        if self.replaced and self.kept:
            kept = self.kept.relative_to(root) if self.kept.is_relative_to(root) else self.kept
            yield f"replaced {', '.join(self.replaced)}; what was there is in {kept}"
        if self.late:
            yield f"late: {', '.join(self.late)}"
        yield from self.advice
