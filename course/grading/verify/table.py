"""What `course verify` found out, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from course.grading.verify.prove import FunctionProof, Proof


def show(proofs: Sequence[Proof], seeds: int) -> None:
    """Print one table a problem set, then what is wrong, a line each."""
    console = Console(soft_wrap=True)
    console.print(
        f"Hidden inputs drawn {seeds} times. Cost elsewhere: mistakes that cost points in another cell."
    )
    for proof in proofs:
        console.print(_table(proof))
        problems = [f"{proof.assignment}: {problem}" for problem in proof.problems]
        for function in proof.functions:
            problems += [
                f"{proof.assignment}.{function.function}: {problem}" for problem in function.problems
            ]
        for problem in problems:
            console.print(f"  ✗ {problem}", markup=False, style="red")
    functions = [function for proof in proofs for function in proof.functions]
    tried, caught, named, refused = (
        sum(getattr(function, name) for function in functions)
        for name in ("trials", "caught", "named", "false_alarms")
    )
    console.print(
        f"{sum(function.mistakes for function in functions)} mistakes on {seeds} seeds: "
        f"{_percent(caught, tried)} caught, {_percent(named, tried)} named; {refused} right answers refused."
    )
    console.print(_summary(proofs))


def _summary(proofs: Sequence[Proof]) -> str:
    wrong = [proof.assignment for proof in proofs if not proof.ok]
    if wrong:
        return f"Not ready: {', '.join(wrong)}"
    tried = sum(len(proof.functions) for proof in proofs)
    untried = sum(len(proof.untried) for proof in proofs)
    if untried:
        return f"Nothing is wrong with what was tried: {tried} of {tried + untried} functions."
    return "Ready to be given to a class."


def report_progress(assignment: str, proof: FunctionProof) -> None:
    """Say on standard error that a function has been tried: all of them take a while."""
    Console(stderr=True).print(
        f"{assignment}.{proof.function}: {proof.mistakes} mistakes, {_percent(proof.caught, proof.trials)} "
        f"caught, {_percent(proof.named, proof.trials)} named, {proof.false_alarms} false alarms",
        soft_wrap=True,
        highlight=False,
    )


def _table(proof: Proof) -> Table:
    table = Table(title=f"{proof.assignment}: {proof.points:g} points", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("function", no_wrap=True)
    for title in ("points", "mistakes", "caught", "named", "cost elsewhere", "false alarms"):
        table.add_column(title, justify="right")
    for function in proof.functions:
        table.add_row(*_cells(function), style=None if function.ok else "red")
    return table


def _cells(proof: FunctionProof) -> tuple[str, ...]:
    return (
        proof.function,
        f"{proof.points:g}",
        str(proof.mistakes),
        _percent(proof.caught, proof.trials),
        _percent(proof.named, proof.trials),
        str(proof.cost_others),
        str(proof.false_alarms),
    )


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.3g} %" if whole else "-"
