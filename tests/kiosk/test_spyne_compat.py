"""spyne loads on every Python that we support, and nothing else may import it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import konbinid
from konbinid.kiosk import spyne_compat

SOURCE = Path(konbinid.__file__).parent


def test_it_loads_without_a_warning():
    """A fresh interpreter with warnings as errors: on 3.12 and 3.13 this is what plain spyne cannot do."""
    program = "from konbinid.kiosk.soap import Soap; Soap('https://localhost/center')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=SOURCE.parent,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_only_one_module_imports_spyne():
    """So that spyne can be mended, frozen or replaced in one place."""
    importing = [
        path.relative_to(SOURCE).as_posix()
        for path in SOURCE.rglob("*.py")
        if re.search(r"^\s*(from|import) spyne\b", path.read_text("utf-8"), re.MULTILINE)
    ]
    assert importing == ["kiosk/spyne_compat.py"]


def test_everything_it_offers_is_used():
    """No name is kept for later."""
    others = "".join(
        path.read_text("utf-8") for path in (SOURCE / "kiosk").glob("*.py") if path.stem != "spyne_compat"
    )
    assert [name for name in spyne_compat.__all__ if not re.search(rf"\b{name}\b", others)] == []
