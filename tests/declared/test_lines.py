"""Every mistake has its line: the scanner knows where each key of any TOML text stands."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from konbinid.declared.lines import locate

_KEYS = st.one_of(
    st.from_regex(r"[A-Za-z0-9_-]{1,6}", fullmatch=True), st.sampled_from(['"a b"', "'c.d'", '"\\u3042"'])
)
_SCALARS = st.sampled_from(
    ['"x # y"', "'[z]'", '"""\n[no]\nk = "v"\n"""', "'''\n'q'\n'''", '""""q""""', "1_000", "1979-05-27 07:32:00", "-inf",
     "[1, 2]", "[\n  'a]', # ]\n  {k = \"}\"},\n]", "{}", "[]", "{a = 1, b.c = [{d = 2}]}", '"\\"]"']
)  # fmt: skip
_PAIRS = st.lists(st.tuples(st.lists(_KEYS, min_size=1, max_size=2), _SCALARS), max_size=4)
_TABLES = st.lists(st.tuples(st.booleans(), st.lists(_KEYS, min_size=1, max_size=3), _PAIRS), max_size=4)


def _places(value, place=()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*place, key)
        yield from _places(inner, (*place, key))


@given(_PAIRS, _TABLES)
def test_lines_are_known_for_every_key_of_any_file(top, tables):
    """Whatever a TOML file looks like, every key has a line, and the key's own name stands on that line."""
    lines = [f"{'.'.join(keys)} = {value} # note" for keys, value in top]
    for doubled, keys, pairs in tables:
        lines.append(("[[{}]]" if doubled else "[{}]").format(" . ".join(keys)))
        lines += [f"  {'.'.join(keys)}={value}" for keys, value in pairs]
    text = "\n".join(lines)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = locate(text)
    assert set(found) == set(_places(data))
    for place, line in found.items():
        if isinstance(place[-1], str) and place[-1].isascii():
            assert place[-1] in text.split("\n")[line - 1]


def test_lines_of_every_kind_of_value():
    """The scanner follows strings, comments, nested arrays and tables of TOML."""
    text = (
        'a = "x # ] }"\n'
        "[t.u] # comment\n"
        "k = [1,\n"
        "  2, # no ]\n"
        "  { f = 'a,}', g = [3, 4] },\n"
        "  { f = '''m\n"
        "  n''', h = 2 },\n"
        "]\n"
        "[[r]]\n"
        "[[r.s]]\n"
        'y."p q".z = 1\n'
        "[[r.s]]\n"
        "[[r]]\n"
        "x = 1979-05-27T07:32:00Z\n"
    )
    for ends in ("\n", "\r\n"):
        lines = locate(text.replace("\n", ends))
        assert lines["a",] == 1
        assert lines["t", "u"] == 2
        assert [lines["t", "u", "k", index] for index in range(4)] == [3, 4, 5, 6]
        assert lines["t", "u", "k", 2, "g", 1] == 5
        assert lines["t", "u", "k", 3, "h"] == 7
        assert lines["r", 0, "s", 0, "y", "p q", "z"] == 11
        assert lines["r", 0, "s", 1] == 12
        assert lines["r", 1, "x"] == 14
