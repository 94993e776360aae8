"""What came of collecting an archive, in data and in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Summary:
    """What came of it; students by id, others as the archive names them, each with a reason or a remark."""

    total: int = 0
    collected: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    older: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[tuple[str, str]] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    kept: Path | None = None
    """where the replaced submissions are"""

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """Who was not collected, and why."""
        return [*self.refused, *self.older]


def show(summary: Summary, root: Path) -> Iterator[str]:
    """Yield the lines that tell what came of it."""
    skipped = len(summary.skipped)
    done = len(summary.collected) + len(summary.replaced)
    yield f"collected {done} of {summary.total}, skipped {skipped}, unchanged {len(summary.unchanged)}"
    for student, reason in (*summary.skipped, *summary.remarks):
        yield f"  {student}: {reason}"
    if summary.replaced and summary.kept:
        kept = summary.kept.relative_to(root) if summary.kept.is_relative_to(root) else summary.kept
        yield f"replaced {', '.join(summary.replaced)}; what was there is in {kept}"
    if summary.late:
        yield f"late: {', '.join(summary.late)}"
    yield from summary.advice
