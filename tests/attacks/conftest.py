"""Around every attack: canaries that nobody may find or touch, and nothing left when it is over."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks import arena
from tests.sandboxes import added_to, belongings

MARK = "CANARY-"
QUICK = {"test_objects", "test_values", "test_messages_do_not_tell_what_is_expected", "test_changed_inputs"}
"""of the attacks, those that are no slow tests"""


def pytest_itemcollected(item: pytest.Function) -> None:
    """Mark an attack as slow."""
    if item.originalname not in QUICK:
        item.add_marker(pytest.mark.slow)


@pytest.fixture
def canary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A text in the course root, another submission, the gradebook, the grader's home and environment."""
    text = MARK + secrets.token_hex(12)
    root, home, temporary = tmp_path / "course", tmp_path / "home", tmp_path / "tmp"
    places = [
        root / "canary.txt",
        root / "gradebook.db",
        root / "source" / "arena" / "arena.ipynb",
        root / "submitted" / "alice" / "arena" / "arena.ipynb",
        home / ".canary",
        home / ".ipython" / "profile_default" / "startup" / "00-first.py",
    ]
    temporary.mkdir()
    for place in places:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(f"# {text}\n")
    monkeypatch.setenv("COURSE_CANARY", text)
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setenv(
        "MPLCONFIGDIR", os.environ.get("MPLCONFIGDIR", str(Path.home() / ".cache" / "matplotlib"))
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(root)
    files = [*root.rglob("*"), *temporary.rglob("*")]
    yield text
    # the grader's own caches may have come into its home
    assert [*root.rglob("*"), *temporary.rglob("*")] == files
    for place in places:
        assert place.read_text() == f"# {text}\n"


@pytest.fixture(autouse=True)
def aftermath(canary: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No attack sees a canary, and none leaves a process, a descriptor, a socket or a file."""
    seen = []
    grade = arena.grade
    monkeypatch.setattr(arena, "grade", lambda *a, **k: seen.append(grade(*a, **k)) or seen[-1])
    before = belongings()
    yield
    assert not added_to(before, up_to=2)  # the tests' own servers have threads
    assert MARK.lower() + "socket" not in Path("/proc/net/unix").read_text().lower()
    assert not list(Path("/dev/shm").glob("attack*"))
    for result in seen:
        fight = arena.Fight(result, {}, {})
        assert canary not in fight.shown
        assert canary not in str(result.notebook)
