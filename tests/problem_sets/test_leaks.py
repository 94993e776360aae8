"""Solutions and hidden tests are found in every file, whatever its name or kind."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import re
import struct
import tarfile
import zipfile
import zlib
from html import escape

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.figure import Figure
from nbconvert import HTMLExporter
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from course.grading.errors import ControlFailed, CourseError
from course.grading.judging import control
from course.grading.judging.grade import grade
from course.grading.pack.packing import pack
from course.grading.problem_sets import leaks, notebooks, release
from course.grading.problem_sets.assignment import load
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
SECRETS = leaks.secrets(SOURCE)


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


def highlighted_pdf() -> bytes:
    """Return a PDF of a solution whose keywords are bold, in a font of their own."""
    buffer = io.BytesIO()
    words = ("def", "double(x):", "return", "2 * x")
    with rc_context({"pdf.fonttype": 42, "font.family": "monospace"}):
        figure = Figure()
        for place, word in enumerate(words):
            figure.text(0.1, 0.9 - place / 10, word, weight="normal" if place % 2 else "bold")
        figure.savefig(buffer, format="pdf")
    return buffer.getvalue()


def pdf_of_page(stream: bytes, attached: bytes = b"", password: str | None = None) -> bytes:
    """Return a PDF whose page is drawn by these commands, with two fonts."""
    writer = PdfWriter()
    page = writer.add_blank_page(600, 800)
    fonts = {"/F1": "/Courier", "/F2": "/Courier-Bold"}
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject(key): font(base) for key, base in fonts.items()})}
    )
    drawing = StreamObject()
    drawing.set_data(zlib.compress(stream))
    drawing[NameObject("/Filter")] = NameObject("/FlateDecode")
    page[NameObject("/Contents")] = writer._add_object(drawing)
    if attached:
        writer.add_attachment("notes.txt", attached)
    if password is not None:
        writer.encrypt(password, "another", algorithm="RC4-128")
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def font(base: str) -> DictionaryObject:
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": base}
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in names.items()})


def png_of(kind: bytes, text: bytes) -> bytes:
    """Return a picture with a comment, in a chunk of this kind."""
    buffer = io.BytesIO()
    Figure((1, 1)).savefig(buffer, format="png")
    start, end = buffer.getvalue()[:33], buffer.getvalue()[33:]
    chunk = kind + b"Comment\0" + text
    return start + struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) + end


def page_of(text: str) -> bytes:
    """Return what nbconvert makes of a notebook with this code: its words are highlighted."""
    page, _ = HTMLExporter().from_notebook_node(notebook(cell(text)))
    return page.encode()


def svg_of(text: str, fonttype: str) -> bytes:
    """Return a picture with a text, each line an element, as text or as outlines."""
    buffer = io.BytesIO()
    with rc_context({"svg.fonttype": fonttype}):
        figure = Figure()
        figure.text(0.1, 0.5, text)
        figure.savefig(buffer, format="svg")
    return buffer.getvalue()


def sheet_of(text: str) -> bytes:
    """Return a spreadsheet's shared strings, a line in each cell."""
    cells = "".join(f'<si><t xml:space="preserve">{escape(line)}</t></si>' for line in text.splitlines())
    return packed(**{"xl/sharedStrings.xml": f'<?xml version="1.0"?><sst>{cells}</sst>'.encode()})


def document_of(text: str) -> bytes:
    """Return a text document whose lines are in pieces, as a word processor saves them."""
    pieces = re.sub(r"(\w+)", r"</w:t></w:r><w:r><w:t>\1", escape(text)).replace(
        "\n", "</w:t></w:r></w:p><w:p>"
    )
    return packed(**{"word/document.xml": f"<w:body><w:p><w:r><w:t>{pieces}</w:p></w:body>".encode()})


# as TeX writes it: a space is a distance, a line another position, a keyword in another font
OF_TEX = (
    rb"BT /F1 10 Tf [(total)-525(=)-525(x)-525(@)]TJ 0 -12 Td [<782e54>-9(+)-525(2)-525(*)-525(x[\060])]TJ "
    rb"/F2 10 Tf 0 -12 Td [(r)-5(eturn)]TJ /F1 10 Tf 40 0 Td [(total)-525(/)-525(len\()-2(x\))]TJ ET"
)
# none of its lines is telling
SHORT = "def double(x):\n    return 2 * x"
QUOTED = "".join(f"> {line}\n" for line in SHORT.splitlines())
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
    "PDF with highlighted words": (highlighted_pdf(), "the solution of double"),
    "PDF of TeX": (pdf_of_page(OF_TEX), "the solution of mean"),
    "PDF with an attachment": (pdf_of_page(b"", attached=BODY.encode()), "the solution of mean"),
    "PDF with a forbidden word": (pdf_of("BEGIN SOLUTION", 3), "'BEGIN SOLUTION'"),
    "PDF that is encrypted": (pdf_of_page(OF_TEX, password="secret"), "an encrypted PDF"),
    "PDF that opens without a password": (pdf_of_page(OF_TEX, password=""), "the solution of mean"),
    "PDF that is broken": (pdf_of_page(OF_TEX)[:300], "cannot be unpacked: it is a broken PDF"),
    "a page of nbconvert": (page_of(SHORT), "the solution of double"),
    "a page in JSON": (json.dumps([page_of(SHORT).decode()]).encode(), "the solution of double"),
    "a quotation": (QUOTED.encode(), "the solution of double"),
    "a quotation in a quotation": (QUOTED.replace("> ", "> >").encode(), "the solution of double"),
    "a quotation in a notebook": (
        notebooks.dumps(notebook(cell(QUOTED, kind="markdown"))).encode(),
        "the solution of double",
    ),
    "code in comments": (("# " + SHORT.replace("\n", "\n  # ")).encode(), "the solution of double"),
    "SVG": (svg_of(SHORT, "none"), "the solution of double"),
    "SVG of outlines": (svg_of(SHORT, "path"), "the solution of double"),
    "a spreadsheet": (sheet_of(SHORT), "the solution of double"),
    "a text document": (document_of(SHORT), "the solution of double"),
    "PNG": (png_of(b"tEXt", SHORT.encode()), "the solution of double"),
    "PNG, compressed": (png_of(b"zTXt", b"\0" + zlib.compress(SHORT.encode())), "the solution of double"),
    "PNG, in any language": (png_of(b"iTXt", b"\0\0en\0\0" + SHORT.encode()), "the solution of double"),
    "PNG, both": (png_of(b"iTXt", b"\1\0en\0\0" + zlib.compress(SHORT.encode())), "the solution of double"),
    "PNG that is broken": (png_of(b"zTXt", b"\0no zlib"), "cannot be unpacked"),
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
        page_of("def mean(x):\n    raise NotImplementedError"),
        png_of(b"zTXt", b"\0" + zlib.compress(b"x, y")),
        np.arange(9.0).tobytes(),
    ],
)
def test_what_gives_nothing_away(content) -> None:
    assert list(leaks.leaks_in_file(SECRETS, content)) == []


STUBS = {
    "as nbgrader writes it": "# YOUR CODE HERE\nraise NotImplementedError()",
    "a function": 'def double(x):\n    """Return twice x."""\n    raise NotImplementedError(\'your turn\')',
    "with marks": "### BEGIN SOLUTION\nraise NotImplementedError\n### END SOLUTION",
    "with a beginning": "def double(x):\n    y = x\n    # YOUR CODE HERE\n    raise NotImplementedError()",
}


@pytest.mark.slow
@pytest.mark.parametrize("stub", STUBS)
def test_a_source_without_solutions_is_released_and_graded_without_the_control(stub, tmp_path) -> None:
    root = small_course(tmp_path)
    why = cell("YOUR ANSWER HERE", "why", kind="markdown", solution=True, grade=True, points=1)
    source = notebook(cell(STUBS[stub], "double", solution=True), graded("t", "assert double(2) == 4"), why)
    notebooks.write(source, root / "source" / "small" / "small.ipynb")
    release.write(root, "small")
    assert list(release.problems(root, "small")) == []
    assignment = load(root, "small")
    with pytest.raises(
        ControlFailed, match=r"no solutions, `c\.SandboxedExecute\.control = False` grades with"
    ):
        control.check(assignment)
    answered = notebooks.with_answers(assignment.skeleton, {"double": "def double(x):\n    return 2 * x"})
    assert grade(assignment, notebooks.dumps(answered).encode()).score == 1


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
