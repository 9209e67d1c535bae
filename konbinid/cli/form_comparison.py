"""Two versions of a form, printed for the same invented people and compared picture by picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from konbinid.domain.content import Content
from konbinid.paper.form import Form
from konbinid.paper.form_change import changes
from konbinid.paper.pictures import compare_pages, page_pictures
from konbinid.paper.press import Press, Unprintable
from konbinid.paper.sample_people import PersonaName

Side = tuple[Form, Press, Mapping[PersonaName, Content]]
REPORT = "changes.txt"


def compare_forms(old: Side, new: Side, folder: Path) -> list[str]:
    """Every difference in a line, with the personas and sheets that show it; none when nothing differs.

    The pictures of sheets that look different, and the lines, go to ``folder``.
    """
    said: dict[str, list[str]] = {}
    if old[0].version == new[0].version and old[0].digest != new[0].digest:
        said["both have the same version: give the new one its own; what is in force is never edited"] = []
    for name in old[2]:
        for sheet, line in _persona(name, old, new, folder):
            said.setdefault(line, []).append(f"{name} {sheet}" if sheet else str(name))
    lines = [line + (f" [{', '.join(shown)}]" if shown else "") for line, shown in said.items()]
    if lines:
        (folder / REPORT).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return lines


def _persona(name: PersonaName, old: Side, new: Side, folder: Path) -> Iterator[tuple[int, str]]:
    """Differences with their sheets, 0 for the whole certificate."""
    one, other = (_printed(press, contents[name]) for _, press, contents in (old, new))
    if isinstance(one, bytes) and isinstance(other, bytes):
        yield from changes((old[0], old[2][name]), (new[0], new[2][name]))
        yield from _pictures(name, one, other, folder)
    elif one != other:
        words = ["printed" if isinstance(each, bytes) else f"refused: {each}" for each in (one, other)]
        yield 0, " -> ".join(words)


def _printed(press: Press, content: Content) -> bytes | str:
    """The document, or why there is none."""
    try:
        return press.print(content).document
    except Unprintable as refused:
        return str(refused)


def _pictures(name: PersonaName, old: bytes, new: bytes, folder: Path) -> Iterator[tuple[int, str]]:
    for number, (before, after) in enumerate(zip_longest(page_pictures(old), page_pictures(new)), 1):
        compared = compare_pages(before, after)
        if compared.places:
            path = folder / f"{name}-{number}.png"
            compared.picture.save(path)
            places = ", ".join(f"{x:.0f},{y:.0f} ({w:.0f} × {h:.0f} mm)" for x, y, w, h in compared.places)
            yield number, f"looks different at {places}: {path.name}"
