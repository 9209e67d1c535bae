"""A declared file is read strictly: nothing is guessed, and all mistakes are told at once, each with file, line and key."""

from __future__ import annotations

import string
from dataclasses import fields
from enum import StrEnum
from pathlib import Path

import pytest

from konbinid.declared.document import Document, FileRefused, Problem
from konbinid.declared.words import ENGLISH, JAPANESE, Words


class Side(StrEnum):
    """An enumeration to choose from."""

    LEFT = "left"
    RIGHT = "right"


@pytest.fixture
def document_of(tmp_path):
    """Makes a document of a text."""

    def make(text, words=ENGLISH):
        path = tmp_path / "city.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return Document(path, words)

    return make


def told(document):
    with pytest.raises(FileRefused) as refusal:
        document.finish()
    return [f"{each.line} {each.key}: {each.reason}" for each in refusal.value.problems]


def test_right_values_come_as_they_are(document_of):
    """Each reader gives the value in its type, and a file without a mistake finishes."""
    root = document_of(
        """
text = "渡\U000e0100"
side = "right"
whole = 3
number = 3
flag = true
texts = ["a", "b"]
raw = { free = [1] }
file = "city.toml"
folder = "."
folders = ["."]
[table]
inner = 1.5
[[tables]]
name = "one"
[[tables]]
name = "two"
"""
    ).root
    assert root.text("text") == root.wording("text") == "渡\U000e0100"
    assert root.choice("side", tuple(Side)) is Side.RIGHT
    assert root.whole("whole", least=3, most=3) == 3
    number = root.number("number", least=3, most=3)
    assert (number, type(number)) == (3.0, float)
    assert root.flag("flag", default=False)
    assert root.texts("texts") == ("a", "b")
    assert root.raw("raw") == {"free": [1]}
    assert root.file("file") == root.document.path
    assert root.folder("folder", writable=True) == root.document.path.parent
    assert root.folders("folders") == (root.document.path.parent,)
    assert root.table("table").number("inner", least=0, most=2) == 1.5
    assert [each.text("name") for each in root.tables("tables")] == ["one", "two"]
    assert set(root.keys) == set(root.document.values)
    root.document.finish()


def test_defaults_stand_for_what_is_not_there(document_of):
    """An optional key that is missing is no mistake, and its default comes in its type."""
    root = document_of("").root
    assert root.text("text", "x") == "x"
    assert root.choice("side", tuple(Side), Side.LEFT) is Side.LEFT
    assert root.whole("whole", 2, least=1, most=3) == 2
    assert root.number("number", 2, least=1, most=3) == 2
    assert root.flag("flag", default=True)
    assert root.texts("texts", ("a",)) == ("a",)
    assert root.folders("folders") == ()
    assert root.table("table", optional=True).keys == ()
    assert root.tables("tables", optional=True) == ()
    assert not root.has("anything")
    root.document.finish()


MISTAKES = [
    ("", lambda root: root.text("k"), "1 k: missing; it must be text"),
    ("k = 1", lambda root: root.text("k"), "1 k: must be text"),
    ('k = ""', lambda root: root.text("k"), "1 k: must be text"),
    ('k = "a"', lambda root: root.text("k", pattern="[0-9]", shape="a digit"), "1 k: must be a digit"),
    ('k = "\u3000"', lambda root: root.wording("k"), "1 k: must be a text of 1 to 200 characters"),
    ('k = "abc"', lambda root: root.wording("k", longest=2), "1 k: must be a text of 1 to 2 characters"),
    ('k = "up"', lambda root: root.choice("k", tuple(Side)), "1 k: must be one of left, right"),
    ("k = 1", lambda root: root.choice("k", tuple(Side)), "1 k: must be one of left, right"),
    ("k = 4", lambda root: root.whole("k", least=1, most=3), "1 k: must be a whole number from 1 to 3"),
    ("k = true", lambda root: root.whole("k", least=1, most=3), "1 k: must be a whole number from 1 to 3"),
    ("k = 2.0", lambda root: root.whole("k", least=1, most=3), "1 k: must be a whole number from 1 to 3"),
    ("k = nan", lambda root: root.number("k", least=1, most=3), "1 k: must be a number from 1 to 3"),
    ("k = inf", lambda root: root.number("k", least=1, most=3), "1 k: must be a number from 1 to 3"),
    ("k = false", lambda root: root.number("k", least=0, most=3), "1 k: must be a number from 0 to 3"),
    (
        f"k = 1{'0' * 400}",
        lambda root: root.number("k", least=1, most=3),
        "1 k: must be a number from 1 to 3",
    ),
    ("k = 1", lambda root: root.flag("k", default=False), "1 k: must be true or false"),
    ('k = "a"', lambda root: root.texts("k"), "1 k: must be a list of texts"),
    ('k = ["a",\n 1]', lambda root: root.texts("k"), "2 k[2]: must be text"),
    ('k = ["a",\n ""]', lambda root: root.texts("k"), "2 k[2]: must be text"),
    ("", lambda root: root.raw("k"), "1 k: missing"),
    ("k = 1", lambda root: root.file("k"), "1 k: must be a path"),
    ('k = "none"', lambda root: root.file("k"), "none: no such file"),
    ('k = "none"', lambda root: root.folder("k"), "none: no such folder"),
    ('k = ["none"]', lambda root: root.folders("k"), "none: no such folder"),
    ("k = 1", lambda root: root.table("k"), "1 k: must be a table"),
    ("k = 1", lambda root: root.table("k", optional=True).text("x"), "1 k: must be a table"),
    (
        "",
        lambda root: root.table("k").table("x", optional=True).text("y"),
        "1 k: missing; it must be a table",
    ),
    ("", lambda root: root.tables("k"), "1 k: missing; it must be a list of tables"),
    ("k = []", lambda root: root.tables("k"), "1 k: needs at least one"),
    ("k = [{},\n1]", lambda root: root.tables("k"), "2 k[2]: must be a table"),
    ("k = 1", lambda root: None, "1 k: unknown"),
    ("kex = 1", lambda root: root.has("key"), "1 kex: unknown; did you mean key?"),
    ("[t]\nk = 1", lambda root: root.table("t"), "2 t.k: unknown"),
    ("[[t]]\n[[t]]\nk = 1", lambda root: root.tables("t"), "3 t[2].k: unknown"),
]


@pytest.mark.parametrize(("text", "ask", "words"), MISTAKES)
def test_one_mistake_is_one_sentence(document_of, text, ask, words):
    """Each kind of mistake is told once, with line, key and what is wanted; what follows from it is not told."""
    document = document_of(text)
    ask(document.root)
    (problem,) = told(document)
    assert words in problem


@pytest.mark.parametrize(("text", "ask", "words"), MISTAKES)
def test_the_same_mistakes_are_told_in_japanese(document_of, text, ask, words):
    """A file whose comments are in Japanese is refused in Japanese, at the same lines and keys."""
    english, japanese = document_of(text), document_of(text, JAPANESE)
    for document in (english, japanese):
        ask(document.root)
        assert told(document)
    assert [(each.line, each.key) for each in japanese.problems] == [
        (each.line, each.key) for each in english.problems
    ]
    assert all("。" in each.reason for each in japanese.problems)


def test_both_languages_fill_in_the_same():
    """A sentence that forgets the bounds, the path or the choices is found here."""
    for field in fields(Words):
        filled = [
            {name for _, name, _, _ in string.Formatter().parse(getattr(words, field.name)) if name}
            for words in (ENGLISH, JAPANESE)
        ]
        assert filled[0] == filled[1], field.name


def test_all_mistakes_are_told_at_once_in_the_files_order(document_of):
    """Unknown keys of tables above and below included."""
    document = document_of('x = 1\na = "no"\n[t]\nb = 9\ny = 1\n')
    document.root.table("t").whole("b", least=1, most=3)
    document.root.flag("a", default=False)
    problems = told(document)
    assert [problem.split(":")[0] for problem in problems] == ["1 x", "2 a", "4 t.b", "5 t.y"]


def test_a_mistake_reads_like_a_compilers(document_of):
    """file:line: key: reason, which editors jump to; a mistake of the whole file has no key."""
    document = document_of("[a]\n\n[a.b]\nc = [1, 2]")
    assert document.at(("a", "b", "c", 1)) == f"{document.path}:4 a.b.c[2]"
    assert document.at(("a", "b", "missing")) == f"{document.path}:3 a.b.missing"
    assert document.root.table("a").table("b").at() == f"{document.path}:3 a.b"
    assert str(Problem(Path("x.toml"), 7, "a.b", "is wrong")) == "x.toml:7: a.b: is wrong"
    assert str(Problem(Path("x.toml"), 7, "", "is wrong")) == "x.toml:7: is wrong"


def test_mistakes_of_several_files_stand_file_by_file():
    """Whoever reads several files may refuse them together."""
    one, two = Path("a.toml"), Path("b.toml")
    refusal = FileRefused([Problem(two, 1, "", "z"), Problem(one, 9, "", "y"), Problem(one, 2, "", "x")])
    assert str(refusal) == "a.toml:2: x\na.toml:9: y\nb.toml:1: z"


@pytest.mark.parametrize("mode", [0o040, 0o004, 0o020])
def test_a_secret_is_its_owners(document_of, tmp_path, mode):
    """A key or password that another account may use is refused, and so is a folder of them."""
    document = document_of('file = "key"\nfolder = "keys"')
    (tmp_path / "key").write_text("secret")
    (tmp_path / "key").chmod(0o600 | mode)
    (tmp_path / "keys").mkdir(mode=0o700)
    (tmp_path / "keys").chmod(0o700 | mode)
    document.root.secret_file("file")
    document.root.folder("folder", private=True)
    assert [problem.rsplit(";", 1)[1] for problem in told(document)] == [
        " run chmod 600 on it",
        " run chmod 700 on it",
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"a = 1\nb = ", 2),
        (b"a = 1\r\nb = x\r\n", 2),
        (b"a = 1\n\nb = '\xff'\n", 3),
        (b"a = 1\na = 2\n", 2),
        (b"a = 2026-02-30", 1),
        (b"a = " + b"9" * 5000, 1),
        (b"a = " + b"[" * 5000, 1),
    ],
)
@pytest.mark.parametrize("words", [ENGLISH, JAPANESE])
def test_what_is_no_toml_is_refused_with_its_line(document_of, content, line, words):
    """Nothing that stands in a file ends in a traceback."""
    with pytest.raises(FileRefused) as refusal:
        document_of(content, words)
    (problem,) = refusal.value.problems
    assert (problem.line, problem.key) == (line, "")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """With the system's own word for it."""
    with pytest.raises(FileRefused, match=r"none\.toml:1: cannot be read \(No such file"):
        Document(tmp_path / "none.toml")
