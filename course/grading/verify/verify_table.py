"""What `course verify` found out, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from course.grading.verify.prove import Row, Verdict


def show(verdicts: Sequence[Verdict], seeds: int) -> None:
    """Print one table a problem set, then what is wrong, a line each."""
    console = Console(soft_wrap=True)
    console.print(f"Hidden inputs drawn {seeds} times. Others: mistakes that cost points in another cell.")
    for verdict in verdicts:
        console.print(_table(verdict))
        for problem in verdict.problems:
            console.print(f"  ✗ {verdict.assignment}: {problem}", markup=False, style="red")
        for row in verdict.rows:
            for problem in row.problems:
                console.print(
                    f"  ✗ {verdict.assignment}.{row.function}: {problem}", markup=False, style="red"
                )
    rows = [row for verdict in verdicts for row in verdict.rows]
    wrong = [verdict.assignment for verdict in verdicts if not verdict.ok]
    tried, caught, named = (sum(getattr(row, name) for row in rows) for name in ("trials", "caught", "named"))
    console.print(
        f"{sum(row.mistakes for row in rows)} mistakes on {seeds} seeds: {_percent(caught, tried)} caught, "
        f"{_percent(named, tried)} named; {sum(row.false_alarms for row in rows)} right answers refused."
    )
    console.print(f"Not ready: {', '.join(wrong)}" if wrong else "Ready to be given to a class.")


def tell(assignment: str, row: Row) -> None:
    """Say on standard error that a function has been tried: all of them take a while."""
    Console(stderr=True).print(
        f"{assignment}.{row.function}: {row.mistakes} mistakes, {_percent(row.caught, row.trials)} caught, "
        f"{_percent(row.named, row.trials)} named, {row.false_alarms} false alarms",
        soft_wrap=True,
        highlight=False,
    )


def _table(verdict: Verdict) -> Table:
    table = Table(
        title=f"{verdict.assignment}: {verdict.points:g} points", title_justify="left", box=SIMPLE_HEAD
    )
    table.add_column("function", no_wrap=True)
    for title in ("points", "mistakes", "caught", "named", "others", "false alarms"):
        table.add_column(title, justify="right")
    for row in verdict.rows:
        table.add_row(*_cells(row), style=None if row.ok else "red")
    return table


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.function,
        f"{row.points:g}",
        str(row.mistakes),
        _percent(row.caught, row.trials),
        _percent(row.named, row.trials),
        str(row.cost_others),
        str(row.false_alarms),
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %" if whole else "-"
