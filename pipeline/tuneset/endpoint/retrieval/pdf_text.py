"""The text of a PDF, page by page, by pdfium (pypdfium2, extra `pdf`). Pictures of text are not read."""

from __future__ import annotations

import re
from pathlib import Path

from tuneset.endpoint.retrieval.unreadable import UnreadableError

_MAGIC = b"%PDF-"
_BROKEN_WORD = re.compile("[\ufffe\x02]\n?")
"""What pdfium has for the hyphen of a word that goes on in the next line."""


def is_pdf(beginning: bytes) -> bool:
    """Whether a file begins as a PDF does, which may stand behind some other bytes (ISO 32000, appendix H)."""
    return _MAGIC in beginning


def pdf_text(path: Path) -> str:
    """The text of all pages, with an empty line between two. Raises UnreadableError where it cannot be read."""
    try:
        import pypdfium2  # noqa: PLC0415  an extra
    except ModuleNotFoundError:
        message = "PDF files are read where the server has pypdfium2: pip install pypdfium2"
        raise UnreadableError("unsupported_file", message) from None
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        why = "it is protected by a password" if error.err_code == pypdfium2.raw.FPDF_ERR_PASSWORD else "it is damaged"
        raise UnreadableError("invalid_file", f"The PDF cannot be read: {why}.") from None
    with document:
        pages = []
        for number in range(len(document)):
            try:
                pages.append(document[number].get_textpage().get_text_bounded())
            except pypdfium2.PdfiumError:
                message = f"The PDF cannot be read: page {number + 1} is damaged."
                raise UnreadableError("invalid_file", message) from None
    return "\n\n".join(_BROKEN_WORD.sub("", page.replace("\r\n", "\n")).strip() for page in pages).strip()
