"""What differs between two versions of a form, in words: what moved, grew, came, went, for one content on both.

The pictures show it; the words say where to look and by how much, and find what no picture shows (a smaller least size, another number of lines).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from konbinid.domain.content import Content
from konbinid.paper.form import Form, Frame, Label, Rule
from konbinid.paper.layout import Sheet, fixed_part, lay_out

_SAME = 0.005  # mm: what rounding makes of one place


@dataclass(frozen=True, slots=True)
class _Item:
    """One thing on a sheet: where it is, and how it is set."""

    frame: Frame
    manner: str


def changes(old: tuple[Form, Content], new: tuple[Form, Content]) -> list[tuple[int, str]]:
    """Every difference with its sheet (0: of the whole form), in the order of the sheets. NoPlace when a form has no place for its content."""
    said = []
    if (old[0].width, old[0].height) != (new[0].width, new[0].height):
        said.append(
            (0, f"page: {old[0].width:g} × {old[0].height:g} -> {new[0].width:g} × {new[0].height:g} mm")
        )
    before, after = lay_out(*old), lay_out(*new)
    if len(before) != len(after):
        said.append((0, f"sheets: {len(before)} -> {len(after)}"))
    for number, (one, other) in enumerate(zip(before, after, strict=False), 1):
        lines = [
            *_item_changes(_items(old[0], one), _items(new[0], other)),
            *_rule_changes(_rules(old[0], one), _rules(new[0], other)),
        ]
        said += [(number, line) for line in lines]
    return said


def _items(form: Form, sheet: Sheet) -> dict[str, _Item]:
    """Labels by their text (and a count, where it comes again), boxes by their field, the seals' frames."""
    items: dict[str, _Item] = {}
    seen: Counter[str] = Counter()
    for piece in sheet.pieces:
        for label in fixed_part(form, piece.part).labels:
            text = "".join(label.lines)
            seen[text] += 1
            name = f"label 「{text}」" + (f" ({seen[text]})" if seen[text] > 1 else "")
            items[name] = _Item(label.frame.shifted(piece.x, piece.y), _label_manner(label))
    for spot in sheet.spots:
        kind = spot.box.type
        manner = f"{kind.size:g} pt, at least {kind.least:g}, {kind.lines} lines, {kind.align}" + (
            "" if kind.condense else ", not condensed"
        )
        items[f"field {spot.place}"] = _Item(spot.box.frame.shifted(spot.x, spot.y), manner)
    items["official seal"] = _Item(form.seal, "")
    if form.impression is not None:
        items["impression"] = _Item(form.impression, "")
    return items


def _label_manner(label: Label) -> str:
    return f"{label.size:g} pt, {label.align}, {len(label.lines)} lines"


def _item_changes(old: Mapping[str, _Item], new: Mapping[str, _Item]) -> Iterator[str]:
    for name in (*old, *(each for each in new if each not in old)):
        one, other = old.get(name), new.get(name)
        if one is None or other is None:
            frame = (one or other).frame  # type: ignore[union-attr]  # a name is in one of them
            yield f"{name}: {'new' if one is None else 'gone'} at {frame.x:g}, {frame.y:g} mm"
            continue
        parts = [*_moves(one.frame, other.frame)]
        if one.manner != other.manner:
            parts.append(f"{one.manner} -> {other.manner}")
        if parts:
            yield f"{name}: {'; '.join(parts)}"


def _moves(old: Frame, new: Frame) -> Iterator[str]:
    if abs(old.x - new.x) > _SAME or abs(old.y - new.y) > _SAME:
        yield f"moved by {new.x - old.x:+.2f}, {new.y - old.y:+.2f} mm"
    if abs(old.w - new.w) > _SAME or abs(old.h - new.h) > _SAME:
        yield f"{old.w:g} × {old.h:g} -> {new.w:g} × {new.h:g} mm"


def _rules(form: Form, sheet: Sheet) -> Counter[tuple[float, ...]]:
    """Every line by its ends (hundredths of a millimetre are enough) and its width."""
    return Counter(
        _ends(rule, piece.x, piece.y) for piece in sheet.pieces for rule in fixed_part(form, piece.part).rules
    )


def _ends(rule: Rule, x: float, y: float) -> tuple[float, ...]:
    places = (rule.x1 + x, rule.y1 + y, rule.x2 + x, rule.y2 + y)
    return (*(round(place, 2) for place in places), rule.width)


def _rule_changes(old: Counter[tuple[float, ...]], new: Counter[tuple[float, ...]]) -> Iterator[str]:
    for word, rules in (("gone", old - new), ("new", new - old)):
        for x1, y1, x2, y2, width in sorted(rules):
            yield f"line {word}: {x1:g}, {y1:g} to {x2:g}, {y2:g} mm, {width:g} pt"
