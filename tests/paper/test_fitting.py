"""A text fits its box in the declared order of steps, or is refused; nothing is cut and nothing runs over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.paper.fitting import LEADING, NARROWEST, DoesNotFit, Room, fit, line_width

KANJI = st.tuples(st.sampled_from("葛城山川"), st.just(1.0))
LATIN = st.tuples(st.sampled_from("AVim-"), st.floats(0.2, 0.9))
SPACE = st.tuples(st.just(" "), st.just(0.3))
TEXTS = st.lists(st.one_of(KANJI, LATIN, SPACE), min_size=1, max_size=120)


@st.composite
def rooms(draw):
    least = draw(st.floats(8, 10))
    return Room(
        draw(st.floats(20, 500)),
        draw(st.floats(8, 60)),
        draw(st.floats(least, 18)),
        least,
        draw(st.booleans()),
        draw(st.integers(1, 4)),
    )


@given(TEXTS, rooms())
def test_fitted_text_is_whole_and_inside(text, room):
    """The property behind every name on paper: all tokens, in order, once, inside the box, never too small or narrow."""
    tokens, widths = [token for token, _ in text], [width for _, width in text]
    try:
        fitted = fit(tokens, widths, room, "name")
    except DoesNotFit:
        return
    assert [at for start, end in fitted.lines for at in range(start, end)] == list(range(len(tokens)))
    assert room.least - 1e-9 <= fitted.size <= room.size + 1e-9
    assert (NARROWEST if room.condense else 1) <= fitted.scale <= 1
    assert 1 <= len(fitted.lines) <= room.lines
    for line in fitted.lines:
        assert line_width(tokens, widths, fitted, line) <= room.width + 0.01
    assert fitted.size * (1 + LEADING * (len(fitted.lines) - 1)) <= room.height + 0.01


@given(TEXTS, rooms())
def test_steps_come_in_order(text, room):
    """Condensing first, then size, then lines (certificates.md): a step is taken only when the one before is not enough."""
    tokens, widths = [token for token, _ in text], [width for _, width in text]
    try:
        fitted = fit(tokens, widths, room, "name")
    except DoesNotFit:
        return
    natural = sum(widths[: len("".join(tokens).rstrip(" "))])
    narrowest = NARROWEST if room.condense else 1
    if fitted.size < room.size:
        assert natural * room.size * narrowest > room.width - 0.01 or room.size > room.height
    if len(fitted.lines) > 1:
        assert natural * room.least * narrowest > room.width - 0.5


def words(text):
    return list(text), [0.3 if char == " " else 0.7 for char in text]


def test_short_text_is_left_alone():
    """No condensing without need."""
    fitted = fit(*words("AB"), Room(100, 20, 12, 8), "name")
    assert (fitted.size, fitted.scale, fitted.lines) == (12, 1.0, ((0, 2),))


def test_condensed_then_smaller():
    """A text of 1.4 times the box is condensed; one of 2 times is at 60 % and smaller."""
    tokens = ["葛"] * 10
    assert fit(tokens, [1.0] * 10, Room(86, 20, 12, 8), "name").scale == pytest.approx(0.716)
    smaller = fit(tokens, [1.0] * 10, Room(60, 20, 12, 8), "name")
    assert (smaller.size, smaller.scale) == (10.0, 0.6)


def test_not_condensed_where_the_form_forbids_it():
    """A form may keep a field at full width: then it only gets smaller."""
    fitted = fit(["葛"] * 10, [1.0] * 10, Room(90, 20, 12, 8, condense=False), "name")
    assert (fitted.size, fitted.scale) == (9.0, 1.0)


def test_roman_names_break_at_spaces():
    """A foreign resident's long name goes to a second line between words."""
    tokens, widths = words("WOLFESCHLEGEL HUBERT BLAINE ALEXANDER")
    fitted = fit(tokens, widths, Room(85, 20, 12, 8, lines=2), "name")
    assert len(fitted.lines) == 2
    start, end = fitted.lines[0]
    assert "".join(tokens[start:end]).endswith(" ")


def test_a_word_longer_than_a_line_is_broken_inside():
    """Rather than refused."""
    tokens, widths = words("A" * 40)
    assert len(fit(tokens, widths, Room(100, 40, 12, 8, lines=4), "name").lines) > 1


def test_too_long_is_refused_with_the_field():
    """Refused, with the field and without the text."""
    with pytest.raises(DoesNotFit) as refused:
        fit(["葛"] * 200, [1.0] * 200, Room(100, 20, 12, 8, lines=2), "entry 1 name")
    assert refused.value.where == "entry 1 name"
    assert "葛" not in str(refused.value)


def test_one_line_only_where_the_box_is_low():
    """Two lines of 8 pt need 17.2 pt of height."""
    with pytest.raises(DoesNotFit):
        fit(["葛"] * 30, [1.0] * 30, Room(100, 17, 12, 8, lines=2), "name")
    assert len(fit(["葛"] * 30, [1.0] * 30, Room(100, 17.3, 12, 8, lines=2), "name").lines) == 2
