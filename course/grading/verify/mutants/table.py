"""What became of the variants, as a table, with the code of those that no test finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from course.grading.verify.mutants.trying import Rates


def show(sets: Mapping[str, Sequence[Rates]]) -> None:
    """Print a table of the functions of each problem set, then each survivor, then how many were found."""
    console = Console(soft_wrap=True, markup=False, highlight=False)
    for assignment, functions in sets.items():
        table = Table(title=assignment, title_justify="left", box=SIMPLE_HEAD)
        table.add_column("function", no_wrap=True)
        for title in ("variants", "right", "hung or ate memory", "found by hidden", "by visible"):
            table.add_column(title, justify="right")
        for rates in functions:
            table.add_row(*_cells(rates), style=None if rates.ok else "red")
        console.print(table)
        for rates in functions:
            for problem in rates.problems:
                console.print(f"  ✗ {assignment}.{rates.function}: {problem}")
            for part, survivors in (("hidden", rates.hidden), ("visible", rates.visible)):
                for variant in survivors:
                    console.print(f"  ✗ {assignment}.{rates.function} passes its {part} tests with {variant}")
    console.print(summary([rates for functions in sets.values() for rates in functions]))


def report_progress(assignment: str, rates: Rates) -> None:
    """Say on standard error that a function has been tried: all of them take minutes."""
    Console(stderr=True).print(
        f"{assignment}.{rates.function}: {summary([rates])}", soft_wrap=True, highlight=False, markup=False
    )


def summary(functions: Sequence[Rates]) -> str:
    """Return the counts of all functions, as a sentence."""
    wrong = sum(rates.wrong for rates in functions)
    hidden, visible = (
        wrong - sum(len(getattr(rates, part)) for rates in functions) for part in ("hidden", "visible")
    )
    variants = sum(rates.variants for rates in functions)
    ended = sum(rates.ended for rates in functions)
    return (
        f"{variants} variants of {len(functions)} functions, {wrong} of them wrong: "
        f"hidden tests find {hidden}, visible tests {visible}; "
        f"{ended} of them hung, ate memory or crashed, and were ended."
    )


def _cells(rates: Rates) -> tuple[str, ...]:
    found = (f"{rates.wrong - len(survivors)}/{rates.wrong}" for survivors in (rates.hidden, rates.visible))
    return rates.function, str(rates.variants), str(rates.equivalent), str(rates.ended), *found
