"""The library's import file: TOML with one ``[[entry]]`` per decision of the city, checked as a whole before anything is written.

    [[entry]]
    item = "fee"                        # konbinid.domain.library.Item
    kind = ["juminhyo", "inkan"]        # one text or several, for the items that are per kind; holidays and planned_stop may have it
    effective_from = 2026-04-01         # a date (00:00) or a time, Japan time unless it has an offset
    effective_to = 2027-04-01           # optional, exclusive
    value = { yen = 300 }               # konbinid.domain.library_values
    note = "…"                          # optional

The official seal's value names an image beside the file instead of pixels: ``image``, ``width_mm``, ``height_mm`` and, for an image
with greys, ``threshold`` (0 to 255: darker is ink).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from konbinid.declared.document import Document
from konbinid.declared.section import Section, readable
from konbinid.domain.dates import in_japan
from konbinid.domain.kinds import Kind
from konbinid.domain.library import CITY_OR_KIND, PER_KIND, Item, kinds_of
from konbinid.domain.library_values import MAX_SEAL_PIXELS, BadLibraryValue, read_value, write_value
from konbinid.store.library_write import NewEntry


def read_library_file(path: Path) -> list[NewEntry]:
    """All entries of the file, in its order. FileRefused names every mistake with its line."""
    document = Document(path.absolute())
    entries: list[NewEntry] = []
    taken: set[tuple[Item, Kind | None, datetime]] = set()
    for section in document.root.tables("entry"):
        found = _entries(section)
        places = {(entry.item, entry.kind, entry.effective_from) for entry in found}
        if places & taken:
            section.complain("effective_from", "another entry of this file begins at the same time")
        taken |= places
        entries += found
    document.finish()
    return entries


def read_seal_image(path: Path, threshold: int | None) -> tuple[int, int, bytes]:
    """(width, height, rows): 1 bit a pixel, rows padded to bytes, most significant bit first, 1 = ink.

    ValueError when it is no picture, too large, transparent, or has greys and no threshold is given.
    """
    try:
        with Image.open(path) as picture:
            if max(picture.size) > MAX_SEAL_PIXELS:
                raise ValueError(f"is larger than {MAX_SEAL_PIXELS} pixels")
            if picture.has_transparency_data:
                raise ValueError("has transparent pixels; save it on white")
            grey = picture.convert("L")
    except (OSError, UnidentifiedImageError) as error:
        raise ValueError("is not a picture that can be read (PNG or BMP)") from error
    if threshold is None:
        if any(grey.histogram()[1:255]):
            raise ValueError("has greys: give threshold (128 for a clean scan) or save it in black and white")
        threshold = 128
    # Pillow packs white as 1; ink is 1 here.
    ink = grey.point([255 if level < threshold else 0 for level in range(256)]).convert("1")
    return ink.width, ink.height, ink.tobytes()


def _entries(section: Section) -> list[NewEntry]:
    item = section.choice("item", tuple(Item))
    kinds = _kinds(section, item)
    begins, ends = _instant(section, "effective_from"), None
    if section.has("effective_to"):
        ends = _instant(section, "effective_to")
        if begins is not None and ends is not None and ends <= begins:
            section.complain("effective_to", "must be after effective_from")
    elif item is Item.PLANNED_STOP:
        section.complain(
            "effective_to", "missing: a planned stop ends; use `konbinid suspend` for one without an end"
        )
    note = section.text("note", "", pattern="[^\x00-\x1f]{0,200}", shape="one line of at most 200 characters")
    if item is Item.OFFICIAL_SEAL:
        value, rows = _seal(section.table("value"))
    else:
        value, rows = section.raw("value"), None
    if begins is None or value is None:
        return []
    entries = []
    for kind in kinds:
        try:
            checked = write_value(read_value(item, kind, value, rows))
        except BadLibraryValue as bad:
            place = (*section.place, "value", *((bad.field,) if bad.field else ()))
            section.document.complain(place, bad.reason)
            break  # the same mistake for every kind is one mistake
        entries.append(NewEntry(item, kind, begins, ends, checked, rows, note))
    return entries


def _kinds(section: Section, item: Item) -> list[Kind | None]:
    if None in kinds_of(item) and not section.has("kind"):
        return [None]
    if item not in PER_KIND | CITY_OR_KIND:
        section.complain("kind", f"{item} is for the whole city and has no kind")
        return [None]
    given = section.raw("kind")
    names = [given] if isinstance(given, str) else given
    if names is None:
        return []
    if not isinstance(names, list) or not names or not all(name in tuple(Kind) for name in names):
        section.complain("kind", f"must be one or several of {', '.join(Kind)}")
        return []
    return [Kind(name) for name in names]


def _instant(section: Section, key: str) -> datetime | None:
    value = section.raw(key)
    if isinstance(value, date):  # a datetime is one too
        return in_japan(value)
    if value is not None:
        section.complain(
            key, "must be a date like 2026-04-01 or a time like 2026-04-01T09:00:00, without quotes"
        )
    return None


def _seal(section: Section) -> tuple[Mapping[str, Any] | None, bytes | None]:
    path = section.file("image")
    threshold = section.whole("threshold", least=1, most=255) if section.has("threshold") else None
    size = {key: section.raw(key) for key in ("width_mm", "height_mm")}
    if None in size.values() or not section.has("image") or not readable(path):
        return None, None
    try:
        width, height, rows = read_seal_image(path, threshold)
    except ValueError as error:
        section.complain("image", f"{path}: {error}")
        return None, None
    return {"width": width, "height": height, **size}, rows
