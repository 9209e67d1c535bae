"""A family with characters that no face has, the configuration of its daemon, and what is asked of a look."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import cases
from private_database import Database
from town import FONT, ROOT, Town

from konbinid.domain.person import ResidentState
from konbinid.ops.glyph_watch import GlyphWatchSetting
from konbinid.paper.face import FaceSet
from konbinid.paper.fonts import load_fonts, open_faces

LOST, SEQUENCE = "\U00030ede", "葛\U000e0100"  # plane 3, and a sequence that IPAmj明朝 has not
FONTS = ROOT / "fonts" / "fonts.toml"
FACES = FaceSet(open_faces(load_fonts(FONTS), (FONT.parent,), os.environ))
DIGEST = FACES.fingerprint()


def settle(database: Database, keyring_folder: Path) -> Town:
    """The head with a 外字 and a character of plane 3, the spouse with the sequence; and one who moved out with another 外字."""
    town = Town(database, keyring_folder)
    head, spouse, child = cases.family()
    town.settle(
        replace(head, name=f"\ue000田　{LOST}"),
        replace(spouse, name="田　葛\U000e0102", domicile=f"見本県{SEQUENCE}城市"),
        child,
        replace(cases.child(), atena_number="0000000099", name="\ue009", state=ResidentState.MOVED_OUT),
    )
    return town


def setting(database: Database, **changes: Any) -> GlyphWatchSetting:
    """As the daemon makes it of its configuration."""
    made = GlyphWatchSetting([database.dsn("office")], FONTS, (FONT.parent,), DIGEST)
    return replace(made, **changes)


def question(database: Database) -> dict[str, Any]:
    """What the daemon asks of its child."""
    return {
        "dsns": [database.dsn("office")],
        "fonts": str(FONTS),
        "folders": [str(FONT.parent)],
        "digest": DIGEST,
    }
