"""The text in a PDF, without spaces: what its pages show and its notes say, and the files attached to it."""

from __future__ import annotations

import io
import logging
import unicodedata

from course.grading.problem_sets.plain_texts import squeezed


def is_pdf(content: bytes) -> bool:
    """Say whether a file is a PDF."""
    return b"%PDF-" in content[:1024]


def contents(content: bytes) -> tuple[str, list[bytes]]:
    """Return the text of a PDF, without spaces and line breaks, and the files attached to it.

    Raises ValueError where it cannot be read.
    """
    from pypdf import PdfReader  # late: most commands open no PDF
    from pypdf.errors import FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # of what it repairs
    try:
        reader = PdfReader(io.BytesIO(content))
        texts = [page.extract_text() for page in reader.pages]
        notes = [note for page in reader.pages for note in page.get("/Annots") or ()]
        texts += [str(note.get_object().get("/Contents", "")) for note in notes]
        files = [file for versions in reader.attachments.values() for file in versions]
    except FileNotDecryptedError:
        raise ValueError("it is an encrypted PDF") from None
    except Exception as error:  # broken ones cause many kinds
        raise ValueError(f"it is a broken PDF ({error})") from error
    return squeezed(unicodedata.normalize("NFKC", "\n".join(texts))), files
