"""The documents tell the truth: links lead somewhere, commands can be typed, options exist, and every event and word is explained."""

from __future__ import annotations

import argparse
import re
import shlex
import shutil
import tomllib
from pathlib import Path

import pytest
from city_files import make_city_files

from konbinid import relay_config
from konbinid.cli.library_file import read_library_file
from konbinid.cli.main import build_parser
from konbinid.config import read
from konbinid.declared.document import Document
from konbinid.office import status_view, words
from konbinid.ops.event_catalogue import CATALOGUE

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "fonts" / "README.md", *(ROOT / "docs").rglob("*.md")])
JAPANESE = sorted((ROOT / "docs" / "ja").glob("*.md"))
OPERATE = (ROOT / "docs" / "ja" / "operate.md").read_text(encoding="utf-8")

_FENCE = re.compile(r"(?ms)^( *)```([a-z]*)\n(.*?)^ *```$")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_INLINE = re.compile(r"`([^`\n]+)`")
_OPTION = re.compile(r"\[+([A-Za-z][A-Za-z.]*)\]+(?: ([a-z_]+))?")
_EVENT = re.compile(r"(?m)^\| ((?:`[a-z_.]+`、?)+) \|")


def _named(path):
    return str(path.relative_to(ROOT))


def _blocks(path, *languages):
    """The fenced blocks of some languages, each without its indent."""
    for indent, language, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        if language in languages:
            yield re.sub(f"(?m)^{indent}", "", text)


def _outside_blocks(path):
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def _command(line):
    """What `konbinid` is given on a line of a shell, or None when the line is another program's."""
    given = shlex.split(line, comments=True)
    if given[:2] == ["sudo", "-u"]:
        given = given[3:]
    if not given or Path(given[0]).name != "konbinid":
        return None
    ends = [place for place, word in enumerate(given) if word in {"|", "&&", ";", ">"}]
    return given[1 : min(ends, default=len(given))]


def _choices(parser):
    """The sub-commands of a parser, empty for one that has none."""
    found = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    return found[0].choices if found else {}


@pytest.mark.parametrize("path", DOCUMENTS, ids=_named)
def test_every_link_leads_somewhere(path):
    """A relative link names a file or folder of this repository."""
    targets = [target.split("#")[0] for target in _LINK.findall(_outside_blocks(path)) if ":" not in target]
    missing = [target for target in targets if target and not (path.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("path", DOCUMENTS, ids=_named)
def test_every_command_can_be_typed(path):
    """Each `konbinid …` line of a block parses as it stands: no option or argument that does not exist, none forgotten."""
    indented = re.findall(r"(?m)^ {4}(\S*konbinid .+)$", _outside_blocks(path))
    lines = [
        line for block in _blocks(path, "sh") for line in block.replace("\\\n", " ").splitlines()
    ] + indented
    wrong = []
    for line in lines:
        given = _command(line)
        if given is not None:
            try:
                build_parser().parse_args(given)
            except SystemExit:
                wrong.append(line)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("path", DOCUMENTS, ids=_named)
def test_every_command_in_a_sentence_exists(path):
    """`konbinid …` within a text: its sub-commands and options exist (arguments may be left out there)."""
    wrong = []
    for text in _INLINE.findall(_outside_blocks(path)):
        if not text.startswith("konbinid "):
            continue
        parser, rest = build_parser(), text.split()[1:]
        while rest and _choices(parser):
            if rest[0] not in _choices(parser):
                break
            parser = _choices(parser)[rest.pop(0)]
        options = {option for action in parser._actions for option in action.option_strings}
        stuck = bool(rest) and bool(_choices(parser)) and not rest[0].startswith(("-", "…"))
        if stuck or {word for word in rest if word.startswith("--")} - options:
            wrong.append(text)
    assert not wrong


def _configuration(tmp_path):
    """Every option that the daemon and the relay ask their configurations for, as (table, key), and the names of the tables."""
    asked = set()
    for path, reading in (
        (make_city_files(tmp_path), read),
        (ROOT / "config" / "relay.toml", relay_config.read),
    ):
        document = Document(path)
        reading(document)
        asked |= set(document.root.asked())
    return asked, {table for table, _ in asked}


@pytest.mark.parametrize("path", JAPANESE, ids=_named)
def test_every_option_named_exists(path, tmp_path):
    """「`[inbox] folder`」 is an option of the configuration; a section alone may also be one of a form, a layout or a font list."""
    asked, tables = _configuration(tmp_path)
    others = {"face", "entry"}
    for declared in [
        *(ROOT / "config" / "forms").glob("*.toml"),
        *(ROOT / "config" / "layouts").rglob("*.toml"),
    ]:
        others |= set(tomllib.loads(declared.read_text(encoding="utf-8")))
    wrong = []
    for text in _INLINE.findall(_outside_blocks(path)):
        named = _OPTION.fullmatch(text)
        if named is None:
            continue
        table, key = named.groups()
        if table not in tables | (set() if key else others) or (key and (table, key) not in asked):
            wrong.append(text)
    assert not wrong


@pytest.mark.parametrize("path", [*JAPANESE, ROOT / "fonts" / "README.md"], ids=_named)
def test_every_declaration_shown_is_taken(path, tmp_path):
    """Library entries in a block would be imported as they stand; options of the configuration in a block exist."""
    asked, _ = _configuration(tmp_path)
    shutil.copy(ROOT / "config" / "demo" / "official_seal.png", tmp_path)
    for place, block in enumerate(_blocks(path, "toml")):
        shown = tomllib.loads(block)
        if "entry" in shown:
            file = tmp_path / f"{place}.toml"
            file.write_text(block, encoding="utf-8")
            assert read_library_file(file)
        elif "face" not in shown and path.name != "feeds.md":  # layouts: tests/test_feeds_documents.py
            assert set(_pairs(shown)) <= asked


def _pairs(shown, table=""):
    for key, value in shown.items():
        inner = f"{table}.{key}".strip(".")
        if isinstance(value, dict):
            yield from _pairs(value, inner)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            yield from (pair for each in value for pair in _pairs(each, inner))
        else:
            yield table, key


def test_every_event_and_alert_is_explained():
    """Whatever stands in the log or on the status page can be looked up, and nothing is explained that does not exist."""
    alerts = {*words.ALERTS, "tls.problem", "fitness.not_started"}
    alerts |= {f"fitness.{reason}" for reason in status_view._UNFIT_BECAUSE if reason != "start"}
    known = alerts | {kind.name for kind in CATALOGUE.values()}
    explained = {name for row in _EVENT.findall(OPERATE) for name in re.findall(r"`([^`]+)`", row)}
    assert known <= explained
    assert {name for name in explained if "." in name} <= known


def test_every_word_of_the_status_page_is_explained():
    """Somebody who sees a state for the first time finds it in the document."""
    headlines = [
        value[0] for name, value in vars(status_view).items() if name.isupper() and isinstance(value, tuple)
    ]
    said = [*headlines, status_view._UNFIT, *words.SERVICE_STATES.values(), words.NOT_OFFERED]
    assert len(headlines) >= 6
    assert [each.words for each in said if f"| {each.words} |" not in OPERATE] == []


def test_every_message_quoted_is_said():
    """An English message that a table explains is one of the program's; 「…」 stands for what is filled in."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "konbinid").rglob("*.py")))
    install = (ROOT / "docs" / "ja" / "install.md").read_text(encoding="utf-8")
    cells = [cell for row in re.findall(r"(?m)^\| (`[^|]+`) \|", install) for cell in _INLINE.findall(row)]
    messages = [cell for cell in cells if " " in cell and not cell.startswith(("[", "/", "konbinid"))]
    parts = [part for message in messages for part in re.split("…|[.?]$", message) if len(part.strip()) > 5]
    assert len(parts) > 10
    assert [part for part in parts if part not in source] == []
