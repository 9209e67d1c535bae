"""What vendors and integrators are told of files is what the layouts and the program have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import FormName
from konbinid.intake.layout import load
from konbinid.intake.problems import WORDS, Fault

ROOT = Path(__file__).parents[1]
JAPANESE = (ROOT / "docs" / "ja" / "feeds.md").read_text(encoding="utf-8")
ENGLISH = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
_KEY = re.compile(
    r'(?:section|csv|root)\.(?:text|texts|whole|flag|choice|has|raw)\(\s*"([a-z_]+)"|"(length|width|header|trailer|data)"'
)


@pytest.mark.parametrize("feed", list(Feed))
def test_every_column_is_listed_in_its_order(feed):
    """A vendor makes files by this page alone."""
    part = JAPANESE.split(f"### {feed} ")[1].split("\n### ")[0].split("\n## ")[0]
    listed = re.findall(r"(?m)^\| ([^|]+?) \|", part)[1:]
    assert listed == [
        column.name for column in load(ROOT / "config" / "layouts" / f"{feed.lower()}.toml").columns
    ]


def test_every_fault_is_explained():
    """By its name in the report, in the report's words."""
    assert dict(re.findall(r"(?m)^\| `([a-z_0-9]+)` \| (.+) \|$", JAPANESE)) == {
        str(fault): WORDS[fault] for fault in Fault
    }


def test_every_form_and_key_of_a_layout_is_explained():
    """Whoever declares a layout finds each option on the page."""
    assert set(re.findall(r"(?m)^\| `([a-z_0-9]+)` \|", ENGLISH)) >= {str(form) for form in FormName}
    sources = [
        ROOT / "konbinid" / "intake" / f"{name}.py"
        for name in ("layout", "layout_columns", "layout_extras", "record_types")
    ]
    keys = {
        key
        for path in sources
        for found in _KEY.findall(path.read_text(encoding="utf-8"))
        for key in found
        if key
    }
    assert len(keys) > 30
    missing = [key for key in keys if not re.search(rf"[`\[ ]{key}[`\]]", ENGLISH)]
    assert not missing
