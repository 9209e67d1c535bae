"""Other people's programs that look at our PDFs."""

from __future__ import annotations

import shutil

PACKAGES = "qpdf poppler-utils mupdf-tools"


def tool(name: str) -> str:
    """The program's path. AssertionError when it is not there: what was not looked at is not right."""
    path = shutil.which(name)
    assert path, f"{name} is not installed: apt-get install {PACKAGES}"
    return path
