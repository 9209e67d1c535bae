"""What vendors and integrators are told of files is what the layouts and the program have."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from konbinid.declared.document import Document
from konbinid.domain.feeds import Feed
from konbinid.intake.feeds import FormName
from konbinid.intake.fields import _read_cell
from konbinid.intake.layout import load
from konbinid.intake.layout_columns import Column, read_column
from konbinid.intake.layout_texts import Writing
from konbinid.intake.problems import WORDS, BadValue, Fault
from konbinid.intake.records import Reader
from konbinid.intake.specs import SPECS

ROOT = Path(__file__).parents[1]
JAPANESE = (ROOT / "docs" / "ja" / "feeds.md").read_text(encoding="utf-8")
ENGLISH = (ROOT / "docs" / "feeds.md").read_text(encoding="utf-8")
LANGUAGE = JAPANESE.split("\n## 7. ")[1]
_BLOCK = re.compile(r"(?ms)^```toml\n(.*?)^```\n(?:\n```(?:csv|dat)\n(.*?)^```\n)?(?:\n((?:^\|[^\n]*\n)+))?")
_CELLS = re.compile(r"(?m)^\| (`.*?`|\(なし\)) \| (.*?) \|$")


def written(cell: str) -> str:
    """A cell of a table: ␣ is a space, (なし) nothing, 「誤り」 stands before the fault's name."""
    text = cell.replace("\\|", "|").replace("`", "")
    return "" if text == "(なし)" else text.replace("␣", " ")


EXAMPLES = [
    (toml, file, [(written(cell), written(value)) for cell, value in _CELLS.findall(table)])
    for toml, file, table in _BLOCK.findall(LANGUAGE)
]
"""(layout or column, the file below it, the cells and values in the table below it)."""
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
    part = JAPANESE.split("\n## 6. ")[1].split("\n## ")[0]
    assert dict(re.findall(r"(?m)^\| `([a-z_0-9]+)` \| (.+) \|$", part)) == {
        str(fault): WORDS[fault] for fault in Fault
    }


def keys_in_the_code() -> set[str]:
    """Every key that a layout may have, as the modules that read layouts ask for it."""
    sources = [
        ROOT / "konbinid" / "intake" / f"{name}.py"
        for name in ("layout", "layout_columns", "layout_extras", "record_types")
    ]
    return {
        key
        for path in sources
        for found in _KEY.findall(path.read_text(encoding="utf-8"))
        for key in found
        if key
    }


def test_every_form_and_key_of_a_layout_is_explained():
    """Whoever declares a layout finds each option on the page, in either language."""
    keys = keys_in_the_code()
    assert len(keys) > 30
    for page in (ENGLISH, LANGUAGE):
        assert set(re.findall(r"(?m)^\| `([a-z_0-9]+)` \|", page)) >= {str(form) for form in FormName}
        assert [key for key in keys if not re.search(rf"[`\[ ]{key}[`\]]", page)] == []


def keys_of(shown: object) -> set[str]:
    """All keys of a parsed example but those of tables from the vendor's codes."""
    if isinstance(shown, list):
        return set().union(*map(keys_of, shown)) if shown else set()
    if not isinstance(shown, dict):
        return set()
    inner = (keys_of(value) for key, value in shown.items() if key not in {"codes", "eras"})
    return set(shown).union(*inner)


def test_every_form_and_key_has_an_example():
    """A vendor copies what is shown: there is an example of each option."""
    parsed = [tomllib.loads(toml) for toml, _, _ in EXAMPLES]
    shown = keys_of(parsed)
    assert keys_in_the_code() - shown == set()
    forms = {column["form"] for each in parsed for column in each.get("column", [])}
    assert forms == {str(form) for form in FormName}


@pytest.mark.parametrize("place", range(len(EXAMPLES)))
def test_every_example_does_what_is_said_of_it(tmp_path, place):
    """A whole layout loads, and the file below it is read by it without a fault; a single column reads each cell of the table below it as the value there."""
    toml, file, table = EXAMPLES[place]
    path = tmp_path / "layout.toml"
    if toml.startswith("feed"):
        path.write_text(toml, encoding="utf-8")
        layout = load(path)
        reader = Reader(layout, full=True)
        rows = [block for data in (file.encode(),) for block in [*reader.feed(data), *reader.finish()]]
        assert (reader.problems.entries, sum(len(block.lines) for block in rows)) == ([], 1)
        return
    feed = Feed(toml.partition("\n")[0].removeprefix("# "))
    path.write_text(toml, encoding="utf-8")
    document = Document(path)
    if not document.root.has("column"):
        city = (ROOT / "config" / "layouts" / f"{feed.lower()}.toml").read_text(encoding="utf-8")
        key = toml.split("\n")[1].partition(" ")[0]
        path.write_text(toml + re.sub(rf"(?m)^{key} = .*\n", "", city), encoding="utf-8")
        assert load(path).threshold == tomllib.loads(toml)[key]
        return
    (section,) = document.root.tables("column")
    fixed = section.has("width")
    column = read_column(section, SPECS[feed], Writing() if fixed else Writing(",", '"'))
    document.finish()
    assert table
    assert [(cell, read_as(column, cell)) for cell, _ in table] == table


def read_as(column: Column, cell: str) -> str:
    """What the document says of a cell."""
    try:
        return _read_cell(column, cell)
    except BadValue as bad:
        return f"誤り {bad.fault}"
