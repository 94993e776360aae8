"""What README and the guides link to, pictures among it, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.guides import GUIDES
from tests.helpers import ROOT

LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


@pytest.mark.parametrize("guide", [*GUIDES, "docs/developing.md", "CONTRIBUTING.md", "tests/README.md"])
def test_links_lead_somewhere(guide: str) -> None:
    page = ROOT / guide
    found = LINK.findall(page.read_text(encoding="utf-8"))
    assert [link for link in found if not Path(page.parent, link).is_file()] == []


def test_every_picture_is_shown() -> None:
    pages = [ROOT / guide for guide in GUIDES]
    shown = {page.parent / link for page in pages for link in LINK.findall(page.read_text(encoding="utf-8"))}
    assert set((ROOT / "docs" / "images").iterdir()) <= shown
