"""A picture is told by its bytes."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from urllib.parse import quote

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course.grading.pages.harmless import harmless_markdown
from course.grading.pages.markdown import markdown_html
from course.grading.problem_sets.assignment import with_tests
from course.grading.submissions.pictures import attached_pictures, is_picture
from course.grading.submissions.rebuild import rebuild
from tests.helpers import cell, notebook
from tests.hostile_pages import png

KINDS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/gif": "GIF", "image/webp": "WEBP"}


def content(name: str, size: tuple[int, int] = (30, 20), **options: object) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, name, **options)
    return file.getvalue()


def packed(data: bytes) -> str:
    return base64.encodebytes(data).decode()


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_all_kinds(kind: str) -> None:
    data = packed(content(KINDS[kind]))
    assert [name for name in [*KINDS, "image/svg+xml", "text/html"] if is_picture(name, data)] == [kind]


def test_every_form_of_webp_and_of_jpeg() -> None:
    assert is_picture("image/webp", packed(content("WEBP", lossless=True)))
    assert is_picture(
        "image/webp", packed(content("WEBP", save_all=True, append_images=[Image.new("RGB", (30, 20))]))
    )
    assert is_picture("image/jpeg", packed(content("JPEG", progressive=True, comment=b"x" * 60_000)))


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.binary(max_size=60), start=st.integers(0, 40))
def test_any_bytes(kind: str, data: bytes, start: int) -> None:
    is_picture(kind, packed(data))
    is_picture(kind, packed(content(KINDS[kind])[:start] + data))


@pytest.mark.parametrize("data", [None, 5, ["x"], "", "no base64!", "x", png()[:20], packed(b"<script>")])
def test_what_is_none(data: object) -> None:
    assert not any(is_picture(kind, data) for kind in KINDS)


@pytest.mark.slow
def test_one_too_large_to_be_shown() -> None:
    assert is_picture("image/png", png(7000, 7000))
    assert not is_picture("image/png", png(8000, 8000))
    assert not is_picture("image/png", packed(base64.b64decode(png()) + bytes(6 << 20)))


@pytest.mark.parametrize(
    "attachments", [None, 5, [], {"a": 5}, {"a": {"image/png": 5}}, {'"><script>': {"image/png": png()}}]
)
def test_attachments_that_are_none(attachments: object) -> None:
    assert attached_pictures(attachments) == {}


def test_attachments() -> None:
    bundle = {"image/png": png() + "\n", "text/html": "<script>"}
    assert attached_pictures({"my plot.png": bundle, "x": {"text/html": "y"}}) == {
        "my plot.png": {"image/png": png()}
    }


@pytest.mark.parametrize(
    "name",
    ["Screenshot at 1.00.50\u202fPM.png", "Ann's plot (1).png", "größe – 100%.png", "a&b[1].png"],
)
def test_a_picture_stays_whatever_it_is_called(name: str) -> None:
    attachments = {name: {"image/png": png()}}
    link = quote(name, safe="()'&[]")
    source = harmless_markdown(f"![a plot](attachment:{link})", attachments)
    assert "data:image/png" in markdown_html(source, attachments)


def test_a_released_picture_that_a_text_names_is_attached() -> None:
    released = [
        cell("see ![x](plots/fig.png)", "text", kind="markdown", locked=True),
        cell("y", kind="markdown"),
    ]
    files = {"plots/fig.png": base64.b64decode(png()), "y": b"no picture"}
    assignment = replace(with_tests("a", notebook(*released), notebook(*released)), files=files)
    first, second = rebuild(assignment, nbformat.writes(notebook(*released)).encode()).notebook.cells
    assert first.attachments == {"plots/fig.png": {"image/png": png()}}
    assert "attachments" not in second
    assert harmless_markdown(first.source, first.attachments) == first.source
    assert f'<img src="data:image/png;base64,{png()}" alt="x">' in markdown_html(
        first.source, first.attachments
    )
