"""Solutions and hidden tests are found in every file, whatever its name or kind."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
import zlib

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure

from course.grading.errors import CourseError
from course.grading.pack.packing import pack
from course.grading.problem_sets import leaks, notebooks, release
from tests.helpers import cell, course, graded, notebook, small_course, solution

BODY = "    total = x @ x.T + 2 * x[0]\n    return total / len(x)"
SOURCE = notebook(
    cell(
        f"def mean(x):\n    '''Average.'''\n    ### BEGIN SOLUTION\n{BODY}\n    ### END SOLUTION",
        "mean",
        solution=True,
    ),
    graded(
        "test_mean", "assert mean(1) == 1\n### BEGIN HIDDEN TESTS\nassert mean(3) == 4\n### END HIDDEN TESTS"
    ),
    solution("double", "2 * x"),
    cell(
        "It rises, since every unit adds to the sum.",
        "why",
        kind="markdown",
        solution=True,
        grade=True,
        points=1,
    ),
)
SECRETS = leaks.secrets([SOURCE])


def packed(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred(content: bytes, mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        info = tarfile.TarInfo("notes")
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def array_of(text: str) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, text=np.array(text))
    return buffer.getvalue()


def pdf_of(text: str, fonttype: int) -> bytes:
    """Return a PDF: its fonts are in one of Matplotlib's two formats."""
    buffer = io.BytesIO()
    with rc_context({"pdf.fonttype": fonttype, "font.family": "monospace"}):
        figure = Figure()
        figure.text(0.1, 0.5, text)
        figure.savefig(buffer, format="pdf")
    return buffer.getvalue()


def pdf_stream(content: bytes, settings: bytes) -> bytes:
    return b"%PDF-1.4\n1 0 obj\n<< " + settings + b" >>\nstream\n" + content + b"\nendstream\nendobj\n"


# as TeX writes it: a space is a distance, a line another position
OF_TEX = rb"BT [(total)-525(=)-525(x)-525(@)]TJ 0 -12 Td [<782e54>-9(+)-525(2)-525(*)-525(x[\060])]TJ ET"
FLATE, ASCII = b"/Filter /FlateDecode", b"/Filter [ /ASCII85Decode /FlateDecode ]"
WHOLE = notebooks.dumps(SOURCE).encode()
FILES = {
    "the notebook under another name": (WHOLE, "'BEGIN SOLUTION'"),
    "the notebook in UTF-16": (WHOLE.decode().encode("utf-16"), "'BEGIN SOLUTION'"),
    "UTF-16 without a mark": (BODY.encode("utf-16-be"), "the solution of mean"),
    "UTF-8 with a mark": (BODY.encode("utf-8-sig"), "the solution of mean"),
    "a solution elsewhere indented": (f"if True:\n\n        {BODY}".encode(), "the solution of mean"),
    "one telling line": (b"<pre>total = x @ x.T + 2 * x[0]</pre>", "the solution of mean"),
    "a short solution": (b"def double(x):\n  return 2 * x\n", "the solution of double"),
    "a written answer": (b"(b) It rises, since every unit adds to the sum.", "the solution of why"),
    "a hidden test": (b"try:\n    assert mean(3) == 4\nexcept: pass", "the hidden test test_mean"),
    "the reference": (b"from mlp_ref import grading", "'mlp_ref'"),
    "JSON": (json.dumps({"answers": [BODY]}).encode(), "the solution of mean"),
    "zip": (packed(a=b"nothing", b=WHOLE), "'BEGIN SOLUTION'"),
    "zip in zip": (packed(a=packed(b=BODY.encode())), "the solution of mean"),
    "gzip": (gzip.compress(BODY.encode()), "the solution of mean"),
    "bzip2": (bz2.compress(BODY.encode()), "the solution of mean"),
    "xz": (lzma.compress(BODY.encode()), "the solution of mean"),
    "tar": (tarred(BODY.encode()), "the solution of mean"),
    "tar.gz": (tarred(BODY.encode(), "w:gz"), "the solution of mean"),
    "npz": (array_of(BODY), "the solution of mean"),
    "PDF": (pdf_of(BODY, 3), "the solution of mean"),
    "PDF with a font's own codes": (pdf_of(f"Zoë δ: {BODY}", 42), "the solution of mean"),
    "PDF of TeX": (pdf_stream(zlib.compress(OF_TEX), FLATE), "the solution of mean"),
    "PDF in ASCII": (
        pdf_stream(base64.a85encode(zlib.compress(OF_TEX)) + b"~>", ASCII),
        "the solution of mean",
    ),
    "PDF with a forbidden word": (pdf_of("BEGIN SOLUTION", 3), "'BEGIN SOLUTION'"),
    "PDF that is encrypted": (pdf_stream(b"", b"/Encrypt 2 0 R"), "an encrypted PDF"),
    "PDF that is broken": (pdf_stream(b"no zlib", FLATE), "cannot be unpacked"),
    "a broken archive": (gzip.compress(BODY.encode())[:-12], "cannot be unpacked"),
    "archives without end": (packed(a=packed(b=packed(c=packed(d=b"")))), "nested 3 deep"),
}


@pytest.mark.parametrize("name", FILES)
def test_what_gives_something_away(name) -> None:
    content, words = FILES[name]
    assert words in next(leaks.leaks_in_file(SECRETS, content), "nothing")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1,2\n3,4\n",
        bytes(range(256)) * 8,
        b"def mean(x):\n    '''Average.'''\n    raise NotImplementedError\n",
        b"assert mean(1) == 1\n",
        b"def triple(x):\n    return 3 * x\n",
        b"x = 2 * x\nreturn x\n",
        packed(a=b"1,2\n"),
        pdf_of("def mean(x):\n    raise NotImplementedError", 3),
        pdf_of("It is about means.", 42),
        np.arange(9.0).tobytes(),
    ],
)
def test_what_gives_nothing_away(content) -> None:
    assert list(leaks.leaks_in_file(SECRETS, content)) == []


def test_too_large_to_look_through(monkeypatch) -> None:
    monkeypatch.setattr("course.grading.problem_sets.file_texts.LARGEST", 1 << 10)
    assert "when unpacked" in next(leaks.leaks_in_file(SECRETS, gzip.compress(bytes(2000))))


@pytest.mark.slow
def test_a_release_that_would_leak_is_not_written(tmp_path) -> None:
    root = small_course(tmp_path)
    release.write(root, "small")
    before = {path: path.read_bytes() for path in (root / "release").rglob("*.*")}
    folder = root / "source" / "small"
    (folder / "notes.txt").write_text("def half(x):\n    return x / 2\n")
    (folder / "more.json").write_bytes((folder / "small.ipynb").read_bytes())
    result = course("release", cwd=root)
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.replace("; take it out (nothing was written)", "").splitlines() == [
        "course: source/small/more.json is not for students: it contains 'BEGIN SOLUTION'",
        "source/small/notes.txt is not for students: it holds a part of the solution of half",
    ]
    assert {path: path.read_bytes() for path in (root / "release").rglob("*.*")} == before


@pytest.mark.slow
def test_another_problem_sets_leak_keeps_all_as_they_are(tmp_path) -> None:
    root = small_course(tmp_path)
    other = notebook(solution("triple", "3 * x"), graded("test_triple", "assert triple(1) == 3"))
    notebooks.write(other, root / "source" / "other" / "other.ipynb")
    (root / "source" / "other" / "notes.txt").write_text("def half(x):\n    return x / 2\n")
    with pytest.raises(CourseError, match=r"source/other/notes.txt .* the solution of half"):
        release.write(root, "small", "other")
    assert not (root / "release").exists()


@pytest.mark.slow
def test_verify_and_pack_name_a_leak_in_any_file(tmp_path) -> None:
    root = small_course(tmp_path)
    release.write(root, "small")
    (root / "release" / "small" / "data.npz").write_bytes(array_of("def half(x):\n    return x / 2"))
    words = "release/small/data.npz is not for students: it holds a part of the solution of half"
    with pytest.raises(CourseError, match=words):
        pack(root, "small")
    assert not (root / "small.zip").exists()
    result = course("verify", "small", "--seeds", "1", cwd=root)
    assert result.returncode == 1
    assert f"small: {words}" in result.stdout
