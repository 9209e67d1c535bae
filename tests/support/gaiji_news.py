"""A version of the city's 外字 comes into force, by the store's own code, as intake brings it."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

import files_in
from gaiji_samples import eudc
from private_database import Database

from konbinid.paper.gaiji import checked_font


def bring(database: Database, variants: Mapping[str, int], version: str = "1") -> bytes:
    """Every character in its variant, as a difference file; gives the font."""
    font = eudc(variants)
    database.run(
        "insert into intake.attachment (sha256, bytes, content) values (%s, %s, %s) on conflict do nothing",
        (sha256(font).digest(), len(font), font),
    )
    drawn = checked_font(font)
    rows = [
        {
            "code": f"U+{ord(char):04X}",
            "version": version,
            "glyph_hash": drawn.record_hash(char),
            "shape_hash": drawn.shape_hash(char),
            "redefinable": True,
            "font_name": "EUDC.TTE",
            "font_sha256": sha256(font).digest(),
            "note": "",
        }
        for char in variants
    ]
    files_in.apply(database, "GAIJI", *rows)
    return font
