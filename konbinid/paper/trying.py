"""A content is printed to learn what is in the way, and what was printed is dropped at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from konbinid.domain.results import Code
from konbinid.domain.trials import Hindrance, Obstacle, Tried
from konbinid.paper.face import MissingGlyph
from konbinid.paper.fitting import DoesNotFit
from konbinid.paper.form import POINTS
from konbinid.paper.galley import Galley
from konbinid.paper.layout import NoPlace, Sheet, lay_out
from konbinid.paper.press import UnknownForm, Unprintable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from konbinid.domain.content import Content
    from konbinid.paper.press import Press


def tried(press: Press, content: Content, choice: str) -> Tried:
    """What ``press.print`` says of a content. Of 1301 every cell that is in the way, not only the first: whoever mends one must know the others."""
    try:
        press.print(content)
    except UnknownForm:
        return Tried(choice, (Hindrance(Obstacle.FORM_NOT_HERE, content.form_version),), None)
    except Unprintable as refused:
        if refused.code is Code.TOO_MANY_PAGES:
            unread = press.is_far_too_long(content)
            return Tried(choice, None if unread else (), (Hindrance(Obstacle.TOO_MANY_SHEETS),))
        # A seal or a place that the form lacks is no cell's text: then the press's own word stands alone.
        word = tuple(_hindrance(cause) for cause in (refused.cause,) if cause is not None)
        return Tried(choice, _cells(press, content) or word, None)
    return Tried(choice, (), ())


def _cells(press: Press, content: Content) -> tuple[Hindrance, ...]:
    """Every cell whose text cannot be set. A heading stands on every sheet and is told once."""
    return tuple({(each.where, each.characters): each for each in _refused(press, content)}.values())


def _refused(press: Press, content: Content) -> Iterator[Hindrance]:
    form = press.form(content)
    try:
        sheets = lay_out(form, content)
    except NoPlace:
        return
    for spot in (spot for sheet in sheets for spot in sheet.spots):
        try:
            Galley(press.faces, form.height * POINTS).set_sheet(Sheet((), (spot,)))
        except (MissingGlyph, DoesNotFit) as refused:
            yield _hindrance(refused)


def _hindrance(refused: MissingGlyph | DoesNotFit | NoPlace) -> Hindrance:
    match refused:
        case MissingGlyph():
            return Hindrance(Obstacle.NO_GLYPH, refused.where, refused.tokens)
        case DoesNotFit():
            return Hindrance(Obstacle.DOES_NOT_FIT, refused.where)
        case NoPlace():
            return Hindrance(Obstacle.NO_PLACE, refused.where)
