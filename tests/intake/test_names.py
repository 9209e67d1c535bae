"""Names of dropped files and their markers."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konbinid.domain.feeds import Feed
from konbinid.intake.names import BadEnd, BadName, DropName, EndMarker, is_plain


def test_a_name_tells_feed_stamp_sequence_and_kind():
    """What contract 2 puts into a name is what is read out of it."""
    name = DropName.parse("JUMIN_20261123093000_000042_D.csv")
    assert (name.feed, name.stamp, name.sequence, name.full) == (
        Feed.JUMIN,
        datetime.fromisoformat("2026-11-23T09:30:00"),
        42,
        False,
    )
    assert (name.stem, name.end) == ("JUMIN_20261123093000_000042_D", "JUMIN_20261123093000_000042_D.csv.end")


@pytest.mark.parametrize(
    "text",
    [
        "JUMIN_20261123093000_000000_D.csv",
        "JUMIN_20261323093000_000001_D.csv",
        "JUMIN_20261123093060_000001_D.csv",
        "JUMIN_20261123093000_1_D.csv",
        "JUMIN_20261123093000_000001_X.csv",
        "JUMIN_20261123093000_000001_D.txt",
        "jumin_20261123093000_000001_D.csv",
        "NAZO_20261123093000_000001_D.csv",
        "JUMIN_20261123093000_000001_D.csv\n",
        "../JUMIN_20261123093000_000001_D.csv",
        "JUMIN_２０２６1123093000_000001_D.csv",
    ],
)
def test_a_name_that_is_none_is_refused(text):
    """No name is taken for another, and none with a path or a full-width digit in it."""
    with pytest.raises(BadName):
        DropName.parse(text)


def test_a_marker_is_one_line():
    """The one form that contract 2 gives, with either line end or none."""
    for ending in (b"", b"\n", b"\r\n"):
        assert EndMarker.parse(b"rows=7 sha256=" + b"aB" * 32 + ending) == EndMarker(
            7, bytes.fromhex("ab" * 32)
        )


@given(st.binary(max_size=200))
def test_no_other_bytes_are_a_marker(content):
    """Anything else rejects the file; nothing crashes."""
    with pytest.raises(BadEnd):
        EndMarker.parse(content)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a\\b", "あ.bmp", "a b", "a\x00", "a" * 256, "a\n"])
def test_names_of_attachments_are_plain(name):
    """Nothing that could leave the folder, or that two systems write differently."""
    assert not is_plain(name)


def test_plain_names_are_plain():
    """Points are allowed inside."""
    assert is_plain("A-1_b.2.bmp")
    assert is_plain("..a")
