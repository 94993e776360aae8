"""What to say of a graded submission besides its verdicts: it was not run, or in part only, or repaired."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from course.text import printable

Kind = Literal["not run", "run in part", "repaired"]
KINDS: Mapping[Kind, str] = {
    "not run": "not run, 0 points",
    "run in part": "run in part",
    "repaired": "repaired, then run",
}
"""with what an instructor reads"""
MOST_NAMES = 10
"""of a group that are listed"""
LONGEST_NAME, LONGEST_REASON = 100, 500


@dataclass(frozen=True)
class Remark:
    """A remark on one submission."""

    kind: Kind
    text: str

    @property
    def reason(self) -> str:
        """The text without what only this submission has: the cell before it, and details in brackets."""
        text = self.text.rpartition(": ")[2] if self.kind == "repaired" else self.text
        # a file's name may have brackets too
        return re.sub(r" \((?:[^()]|\([^()]*\))*\)", "", text)


@dataclass(frozen=True)
class Group:
    """The submissions with the same remark."""

    kind: Kind
    reason: str
    names: Sequence[str]


def remarks(outcomes: Mapping[str, Mapping[str, Any]], missing: Iterable[str] = ()) -> list[Remark]:
    """Return the remarks on a graded submission.

    `outcomes` are what is recorded of each of its notebooks, by name; `missing` names those not handed in.
    """
    return list(dict.fromkeys(_remarks(outcomes, missing)))


def _remarks(outcomes: Mapping[str, Mapping[str, Any]], missing: Iterable[str]) -> Iterator[Remark]:
    unread = [outcome["problem"] for outcome in outcomes.values() if outcome["problem"]]
    if outcomes and len(unread) == len(outcomes):
        yield from (Remark("not run", reason) for reason in unread)
        return
    for name in missing:
        yield Remark("run in part", f"{name}.ipynb is missing")
    for outcome in outcomes.values():
        cells = outcome["cells"].values()
        for reason in dict.fromkeys(cell["message"] for cell in cells if cell["verdict"] == "not-run"):
            yield Remark("run in part", reason)
        for repair in outcome["repairs"]:
            yield Remark("repaired", repair)


def grouped(submissions: Mapping[str, Sequence[Remark]]) -> list[Group]:
    """Return the groups of submissions, by name, with the same remark: by kind, the largest first."""
    names: dict[tuple[Kind, str], dict[str, None]] = defaultdict(dict)
    for name, notes in submissions.items():
        for remark in notes:
            names[remark.kind, remark.reason][name] = None
    groups = [Group(kind, reason, list(members)) for (kind, reason), members in names.items()]
    order = list(KINDS)
    return sorted(groups, key=lambda group: (order.index(group.kind), -len(group.names), group.reason))


def lines(submissions: Mapping[str, Sequence[Remark]], most: int | None = MOST_NAMES) -> Iterator[str]:
    """Yield lines that name the submissions of each group, at most so many."""
    groups = grouped(submissions)
    for kind, title in KINDS.items():
        own = [group for group in groups if group.kind == kind]
        if own:
            count = len({name for group in own for name in group.names})
            yield f"{title}: {count}"
        for group in own:
            shown = sorted(group.names)[:most]
            names = ", ".join(printable(name, LONGEST_NAME) for name in shown)
            rest = len(group.names) - len(shown)
            more = f" and {rest} more" if rest else ""
            yield f"  {printable(group.reason, LONGEST_REASON)}"
            yield f"    {len(group.names)}: {names}{more}"


def is_cut(submissions: Mapping[str, Sequence[Remark]]) -> bool:
    """Return whether `lines` leaves out names."""
    return any(len(group.names) > MOST_NAMES for group in grouped(submissions))
