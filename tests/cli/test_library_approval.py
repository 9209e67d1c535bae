"""`konbinid library enter`, `pending`, `approve`, `withdraw`, `history`: nothing counts by one hand, and what counted when stays known."""

from __future__ import annotations

import re
from contextlib import closing

import psycopg2
import pytest
from city_files import make_printing_city
from PIL import Image

from konbinid.cli.main import main
from konbinid.store import library_write

_FEE = '[[entry]]\nitem = "fee"\nkind = "juminhyo"\neffective_from = {begins}\nvalue = {{ yen = {yen} }}\n'
_MAYOR = '[[entry]]\nitem = "mayor"\neffective_from = 2030-05-01\nvalue = {{ title = "{title}", name = "{name}" }}\n'
_FORM = '[[entry]]\nitem = "form"\nkind = ["juminhyo", "kisaijiko", "inkan"]\neffective_from = 2030-04-01\nvalue = { version = "2026-10" }\n'

_SEAL = """[[entry]]
item = "official_seal"
effective_from = 2030-05-01
value = { image = "seal.png", width_mm = 35, height_mm = 35 }
"""


@pytest.fixture
def config(database, tmp_path):
    """A configuration whose office role reaches this test's database."""
    return make_printing_city(tmp_path, database.server.address(database.name))


@pytest.fixture
def library(config, tmp_path, capsys):
    """Runs `konbinid library …`; gives (exit status, what was said). ``text``: the contents of the file to be entered."""

    def run(*words, text=None):
        if text is not None:
            (tmp_path / "library.toml").write_text(text)
            words = (words[0], str(tmp_path / "library.toml"), *words[1:])
        capsys.readouterr()
        status = main(["library", *map(str, words), "--config", str(config)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return run


def _entered(library, text, by="a"):
    """The numbers of the entries of a text."""
    status, said = library("enter", "--by", by, text=text)
    assert status == 0, said
    return [int(number) for number in re.findall(r"#(\d+) waits", said)]


def _approved(library, text):
    numbers = _entered(library, text)
    status, said = library("approve", *numbers, "--by", "b")
    assert status == 0, said
    return numbers


def test_an_entry_waits_until_somebody_else_approves_it(library, database):
    """Four eyes: entered by one, it counts for nobody; approved by another, it does. Every act stands in the audit."""
    (number,) = _entered(library, _FEE.format(begins="2026-04-01", yen=350))
    assert "yen" not in library("show")[1]
    status, said = library("pending")
    assert status == 0
    assert f'#{number} fee 住民票の写し: {{"yen": 350}} (from 2026-04-01)' in said
    assert f': nothing -> #{number} {{"yen": 350}}' in said
    assert "It counts from its approval on" in said
    status, said = library("approve", number, "--by", "b")
    assert (status, f': nothing -> #{number} {{"yen": 350}}' in said) == (0, True)
    assert 'fee 住民票の写し: {"yen": 350}' in library("show")[1]
    assert "Nothing waits" in library("pending")[1]
    assert database.run("select actor, action, subject, approved_by from ledger.audit order by id") == [
        ("a", "library.enter", "library.toml", None),
        ("a", "library.approve", str(number), "b"),
    ]


def test_what_is_there_is_not_entered_again(library):
    """A file entered twice waits once; one that counts already does not wait at all."""
    text = _FEE.format(begins="2030-04-01", yen=350)
    numbers = _entered(library, text)
    assert _entered(library, text) == []
    library("approve", *numbers, "--by", "b")
    assert _entered(library, text) == []


def test_what_was_withdrawn_may_be_entered_again(library):
    """A withdrawal is for good; whoever needs the entry after all begins anew, with four eyes again."""
    text = _FEE.format(begins="2030-04-01", yen=350)
    (first,) = _approved(library, text)
    library("withdraw", first, "--by", "c", "--reason", "x")
    (second,) = _approved(library, text)
    assert second > first


def test_a_library_that_is_never_free_says_so(library, database, monkeypatch):
    """Papers without a pause, or somebody else at the library: a sentence that tells to try again, and nothing half done."""
    (number,) = _entered(library, _FEE.format(begins="2030-04-01", yen=350))
    monkeypatch.setattr(library_write, "PATIENCE", "set local lock_timeout = '200ms'")
    with closing(psycopg2.connect(database.dsn("desk"))) as desk, desk.cursor() as cur:
        cur.execute("select from ops.kind_state where kind = 'inkan' for share")
        status, said = library("approve", number, "--by", "b")
    assert (status, "nothing was changed. Run the command again." in said) == (1, True)
    assert database.run("select count(*) from library.approval") == [(0,)]


@pytest.mark.parametrize("by", ["山田 a", "山田　Ａ", " 山田A "])
def test_one_person_by_another_spelling_approves_nothing(library, database, by):
    """Spaces, width and case make no second person; and of several entries none is approved when one may not be."""
    mine = _entered(library, _FEE.format(begins="2030-04-01", yen=350), by="山田 A")
    other = _entered(library, _FEE.format(begins="2030-05-01", yen=360), by="c")
    status, said = library("approve", *other, *mine, "--by", by)
    assert (status, "four eyes" in said) == (1, True)
    assert database.run("select count(*) from library.approval") == [(0,)]


def test_what_does_not_wait_cannot_be_approved(library):
    """Approved twice, withdrawn, or never there: refused with the reason."""
    numbers = _approved(library, _FEE.format(begins="2030-04-01", yen=350))
    assert "does not wait: approved by b" in library("approve", *numbers, "--by", "c")[1]
    numbers = _entered(library, _FEE.format(begins="2030-05-01", yen=350))
    library("withdraw", *numbers, "--by", "c", "--reason", "まちがい")
    assert "does not wait: withdrawn by c" in library("approve", *numbers, "--by", "b")[1]
    assert "There is no entry 999." in library("approve", 999, "--by", "b")[1]
    assert "There is no entry 999." in library("withdraw", 999, "--by", "b", "--reason", "x")[1]


def test_a_mistake_is_withdrawn_and_what_counted_before_counts_again(library, database):
    """The wrong fee ends at once, the right one comes back, and the command says so."""
    (right,) = _approved(library, _FEE.format(begins="2026-04-01", yen=300))
    (wrong,) = _approved(library, _FEE.format(begins="2026-05-01", yen=3000))
    status, said = library("withdraw", wrong, "--by", "c", "--reason", "桁のまちがい")
    assert status == 0
    assert f'#{right} {{"yen": 300}} counts in its place.' in said
    assert 'fee 住民票の写し: {"yen": 300}' in library("show")[1]
    assert library("withdraw", wrong, "--by", "c", "--reason", "again")[0] == 1
    assert "nothing counts in its place" in library("withdraw", right, "--by", "c", "--reason", "x")[1]
    assert database.run("select actor, subject, detail->>'reason' from ledger.audit where action = 'library.withdraw' order by id") == [
        ("c", str(wrong), "桁のまちがい"),
        ("c", str(right), "x"),
    ]  # fmt: skip


def test_a_withdrawal_gives_its_reason(library):
    """Who looks at the history later must understand it."""
    (number,) = _approved(library, _FEE.format(begins="2026-04-01", yen=300))
    assert library("withdraw", number, "--by", "c", "--reason", " ")[0] == 1
    assert library("withdraw", number, "--by", "", "--reason", "x")[0] == 1


def test_the_past_is_shown_as_it_was_known_then(library, database):
    """Certificates issued yesterday were made with what counted yesterday; what is approved or withdrawn today cannot change that."""
    old, wrong = (
        *_approved(library, _FEE.format(begins="2026-01-01", yen=300)),
        *_approved(library, _FEE.format(begins="2026-02-01", yen=999)),
    )
    database.run(
        "update library.approval set approved_at = '2026-01-15T00:00+09:00' where entry_id = %s", (old,)
    )
    database.run(
        "update library.approval set approved_at = '2026-02-15T00:00+09:00' where entry_id = %s", (wrong,)
    )
    library("withdraw", wrong, "--by", "c", "--reason", "x")
    database.run("update library.withdrawal set withdrawn_at = '2026-03-15T00:00+09:00'")
    for at, yen in (("2026-01-14", None), ("2026-01-15", 300), ("2026-02-14", 300), ("2026-02-15", 999), ("2026-03-15", 300)):  # fmt: skip
        said = library("show", "--at", at)[1]
        assert ("yen" in said) == (yen is not None)
        assert yen is None or f'{{"yen": {yen}}}' in said
        assert ("see the same with --as-known-at now" in said) == (yen != 300)
    assert '{"yen": 300}' in library("show", "--at", "2026-02-20", "--as-known-at", "now")[1]
    assert '{"yen": 300}' in library("show", "--at", "2026-02-20", "--as-known-at", "2026-02-10")[1]
    assert "nothing" in library("show", "--at", "2026-02-20", "--as-known-at", "2026-01-01")[1]


def test_the_history_tells_everything_that_was_done(library):
    """Entered, approved and withdrawn, by whom, why, and what each entry took the place of."""
    (first,) = _approved(library, _FEE.format(begins="2026-01-01", yen=300))
    (second,) = _approved(library, _FEE.format(begins="2026-02-01", yen=350))
    library("withdraw", second, "--by", "c", "--reason", "まちがい")
    (third,) = _entered(library, _FEE.format(begins="2030-02-01", yen=400))
    status, said = library("history", "fee")
    assert status == 0
    lines = [line.strip() for line in said.splitlines()]
    assert lines[0] == "fee 住民票の写し"
    assert any(
        line.startswith("approved by b") and line.endswith("took the place of nothing") for line in lines
    )
    assert any(line.endswith(f'took the place of #{first} {{"yen": 300}}') for line in lines)
    assert any(line.startswith("withdrawn by c") and line.endswith(": まちがい") for line in lines)
    assert f'#{third} {{"yen": 400}} (from 2030-02-01) waits for approval' in lines
    assert library("history", "fee", "--kind", "inkan")[1] == ""


def test_an_entry_that_would_change_nothing_is_told(library):
    """Whoever approves sees that a later entry stands before it, or that its end has passed."""
    _approved(library, _FEE.format(begins="2026-05-01", yen=350))
    (shadowed,) = _entered(library, _FEE.format(begins="2026-04-01", yen=300))
    assert "another entry is in force when this one begins" in library("approve", shadowed, "--by", "b")[1]
    (over,) = _entered(library, _FEE.format(begins="2026-01-01\neffective_to = 2026-02-01", yen=1))
    assert "its end has passed" in library("approve", over, "--by", "b")[1]


def test_an_acting_mayors_long_title_is_printed(library):
    """職務代理者 signs with two offices in the title: it stands on every shipped form."""
    _approved(library, _FORM)
    _approved(library, _MAYOR.format(title="泉大津市長職務代理者　泉大津市副市長", name="見本　一郎"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (_MAYOR.format(title="市長" * 30, name="見本"), "mayor_title: does not fit"),
        (_MAYOR.format(title="見本市長", name="見本　\U00030ede"), "no glyph for U+30EDE"),
        (_FORM.replace("2030-04", "2031-04").replace("2026-10", "2031-04"), "form 2031-04, from 2031-04-01: this version is not in"),
        (
            _SEAL,
            "seal: does not fit",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_printed_never_counts(library, database, tmp_path, text, words):
    """A title too long, a character without a glyph, a seal larger than its frame, a form that is not there: told when it is entered or
    imported, with the kinds and the day, and nothing is written. Otherwise the kiosks would find out at midnight."""
    Image.new("1", (40, 40), 0).save(tmp_path / "seal.png")
    _approved(library, _FORM)
    for words_of in (("enter", "--by", "a"), ("import", "--entered-by", "a", "--approved-by", "b")):
        status, said = library(*words_of, text=text)
        assert status == 1
        assert words in said
        assert "住民票の写し, form 20" in said
    assert database.run("select count(*) from library.entry") == [(3,)]


def test_what_became_unprintable_while_it_waited_is_not_approved(library, database):
    """The mayor was entered while nothing was printed yet; the form that came first counts when somebody approves."""
    (mayor,) = _entered(library, _MAYOR.format(title="市長" * 30, name="見本"))
    _approved(library, _FORM)
    status, said = library("approve", mayor, "--by", "b")
    assert (status, "mayor_title: does not fit" in said) == (1, True)
    assert database.run("select count(*) from library.approval where entry_id = %s", (mayor,)) == [(0,)]


def test_what_a_withdrawal_leaves_unprintable_is_told(library, database):
    """The title of before may never have met the form of today: whoever withdraws hears it, and nothing hinders the withdrawal."""
    (old,) = _entered(library, _MAYOR.format(title="市長" * 30, name="見本").replace("2030", "2029"))
    assert library("approve", old, "--by", "b")[0] == 0
    (new,) = _approved(
        library, _MAYOR.format(title="見本市長", name="見本　一郎").replace("2030-05-01", "2030-03-31")
    )
    _approved(library, _FORM)
    status, said = library("withdraw", new, "--by", "c", "--reason", "x")
    assert status == 0
    assert f"#{old} " in said
    assert "Warning: 住民票の写し, form 2026-10, from 2030-04-01: 1301: mayor_title: does not fit" in said
    assert database.run("select entry_id from library.withdrawal") == [(new,)]


def test_planned_stops_are_shown_with_the_suspensions(library, config, capsys):
    """Whoever asks what is closed also sees what will be, and which entry to withdraw."""
    stop = '[[entry]]\nitem = "planned_stop"\n{kind}effective_from = {begins}\neffective_to = 2031-01-02T06:30:00\nvalue = {{ reason = "{why}" }}\n'
    (whole,) = _approved(library, stop.format(kind="", begins="2031-01-01", why="電源の工事"))
    (own,) = _approved(
        library, stop.format(kind='kind = "inkan"\n', begins="2026-01-01", why="印鑑システムの入替え")
    )
    capsys.readouterr()
    assert main(["suspensions", "--config", str(config)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "Nothing is suspended.",
        f"Planned stop #{own}, in force: inkan 印鑑登録証明書 (from 2026-01-01 until 2031-01-02 06:30): 印鑑システムの入替え",
        f"Planned stop #{whole}: all (everything) (from 2031-01-01 until 2031-01-02 06:30): 電源の工事",
    ]
    assert main(["resume", "inkan", "--by", "a", "--reason", "b", "--config", str(config)]) == 1
    assert f"Planned stop #{own}, in force" in capsys.readouterr().err
