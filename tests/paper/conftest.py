"""The fonts, forms and press that the paper's tests share."""

from __future__ import annotations

import pytest
from paper_samples import FONT, ROOT, gaiji_font

from konbinid.paper.face import Face, FaceSet
from konbinid.paper.form_file import load_forms
from konbinid.paper.press import Press


@pytest.fixture(scope="session")
def base() -> Face:
    return Face.open(FONT, "IPAmjMincho")


@pytest.fixture(scope="session")
def gaiji() -> Face:
    return Face(gaiji_font(), "EUDC").audit()


@pytest.fixture(scope="session")
def faces(base, gaiji) -> FaceSet:
    return FaceSet((base,), gaiji)


@pytest.fixture(scope="session")
def forms():
    return load_forms(ROOT / "config" / "forms")


@pytest.fixture(scope="session")
def press(faces, forms) -> Press:
    return Press(faces, forms)
