"""The command line: what an operator types, what is answered, and with which exit status."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from contextlib import closing
from datetime import datetime

import psycopg2
import pytest
from private_database import run
from running_daemon import make_city

from konbinid.cli.completion import script
from konbinid.cli.main import build_parser, main
from konbinid.domain.dates import JST
from konbinid.domain.kinds import Kind
from konbinid.domain.library import Item
from konbinid.store import migrate
from konbinid.store.library_write import NewEntry, import_entries

_COMMANDS = (
    "check-config",
    "migrate",
    "library",
    "form",
    "fingerprint",
    "demo",
    "kiosk",
    "city",
    "completion",
)


@pytest.fixture
def city(database, tmp_path):
    return make_city(tmp_path, database)


def _parsers(parser, path="konbinid"):
    import argparse

    yield path, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from _parsers(inner, f"{path} {name}")


def test_every_command_and_option_is_explained_in_sentences():
    """--help is written for somebody who has never seen the product: full sentences everywhere."""
    wrong = []
    for path, parser in _parsers(build_parser()):
        if not (parser.description or "").rstrip().endswith("."):
            wrong.append(f"{path}: description")
        for action in parser._actions:
            choices = getattr(action, "_choices_actions", [])
            for each in [action, *choices]:
                if each.dest == "help" or (each is action and choices):
                    continue
                if not re.fullmatch(r"(?s)[^a-z].*\.", each.help or ""):
                    wrong.append(f"{path} {each.dest}: {each.help}")
    assert not wrong, "\n".join(wrong)


def test_the_commands_are_there(capsys):
    """What the README names exists."""
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in _COMMANDS)


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["library"], ["library", "import", "x.toml"], ["check-config", "--no"]]
)
def test_wrong_usage_ends_with_2(arguments, capsys):
    """Scripts tell a wrong call from a refusal."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: konbinid" in capsys.readouterr().err


def test_a_wrong_kind_is_answered_with_the_words_to_type(capsys):
    """The list of what there is shows no type of Python's."""
    with pytest.raises(SystemExit):
        main(["suspend", "jumin", "--by", "a", "--reason", "b"])
    said = capsys.readouterr().err
    assert "'juminhyo'" in said
    assert "<" not in said


def test_a_refusal_is_sentences_and_status_1(tmp_path, capsys):
    """A missing file is no traceback."""
    assert main(["check-config", "--config", str(tmp_path / "none.toml")]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"konbinid: {tmp_path}/none.toml:1: cannot be read (No such file or directory)\n"


def test_check_config_with_and_without_database(city, capsys):
    """Everything that start-up checks can be checked before a restart."""
    assert main(["check-config", "--config", str(city), "--with-database"]) == 0
    assert capsys.readouterr().out == f"{city} and everything it names are in order.\n"
    (city.parent / "keys" / "number.key").write_bytes(b"short")
    assert main(["check-config", "--config", str(city)]) == 1
    assert "holds 5 bytes, not 32" in capsys.readouterr().err


def test_check_config_tells_what_is_reserved_and_cannot_be_printed(city, database, capsys):
    """A form's file that went away after its approval is told while there is time, not on its first day."""
    begins = datetime(2099, 4, 1, tzinfo=JST)
    entry = NewEntry(Item.FORM, Kind.INKAN, begins, None, {"version": "2099-04"})
    with closing(psycopg2.connect(database.dsn("office"))) as made:
        made.autocommit = True
        import_entries(made, [entry], entered_by="a", approved_by="b", source="x")
    assert main(["check-config", "--config", str(city), "--with-database"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert (
        said[0]
        == "Warning: 印鑑登録証明書, form 2099-04, from 2099-04-01: this version is not in [forms] folder."
    )
    assert said[1].endswith("are in order.")


def test_a_fingerprint_is_approved_by_a_named_person(city, database, capsys):
    """I-05: nobody's host becomes fit by itself; who approved stands in the database and in the audit."""
    assert main(["fingerprint", "--config", str(city)]) == 0
    said = capsys.readouterr().out
    assert "none yet" in said
    own = re.search(r"fingerprint: +([0-9a-f]{32})\n", said)[1]
    assert main(["fingerprint", "--config", str(city), "--approve"]) == 1
    assert "--by NAME" in capsys.readouterr().err
    assert main(["fingerprint", "--config", str(city), "--approve", "--by", "見本 一郎"]) == 0
    assert "this one, by 見本 一郎" in capsys.readouterr().out
    assert database.run("select fingerprint, approved_by from ops.fingerprint") == [(own, "見本 一郎")]
    assert database.run(
        "select actor, action, subject from ledger.audit where action like 'fingerprint%%'", []
    ) == [("見本 一郎", "fingerprint.approve", own)]
    assert main(["fingerprint", "--config", str(city), "--offline"]) == 0
    assert own in capsys.readouterr().out


def test_migrate_brings_an_empty_database_up_and_then_does_nothing(city, postgres, capsys):
    """`konbinid migrate` with the owner's DSN; a second run changes nothing."""
    name = "empty_for_migrate"
    migrate.create_database(postgres.dsn(), name)
    try:
        owner = postgres.dsn(name, migrate.OWNER)
        assert main(["migrate", "--config", str(city)]) == 1
        assert "[database.owner]" in capsys.readouterr().err
        assert main(["migrate", "--owner-dsn", owner]) == 0
        assert capsys.readouterr().out.count("applied ") == migrate.expected_version()
        assert main(["migrate", "--owner-dsn", owner]) == 0
        assert capsys.readouterr().out == f"The schema is at {migrate.expected_version()}.\n"
    finally:
        run(postgres.dsn(), f"drop database {name} with (force)")


def test_a_database_that_is_away_is_one_sentence(city, capsys):
    """PostgreSQL's own words, without a traceback and without a password."""
    city.write_text(city.read_text().replace("dbname=test_", "dbname=none_"))
    assert main(["library", "show", "--config", str(city)]) == 1
    said = capsys.readouterr().err
    assert said.startswith("konbinid: ")
    assert "does not exist" in said
    assert said.count("\n") == 1


def test_a_closed_pipe_is_no_traceback(city):
    """`konbinid library show | head -1` ends quietly."""
    call = f"{sys.executable} -c 'import sys; from konbinid.cli.main import main; sys.exit(main())' library show --config {city} | head -1"
    done = subprocess.run(["bash", "-c", call], capture_output=True, text=True, check=False)
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("konbinid ", {"check-config", "library", "demo"}),
        ("konbinid libr", {"library"}),
        ("konbinid library ", {"import", "show"}),
        ("konbinid library import --", {"--entered-by", "--approved-by", "--config", "--help"}),
        ("konbinid library show --config x --", {"--at"}),
        ("konbinid completion ", {"bash", "zsh"}),
    ],
)
def test_bash_completes_commands_and_options(tmp_path, line, words):
    """The printed script works in the shell that it is for."""
    (tmp_path / "script").write_text(script(build_parser()))
    program = (
        'source "$1"; COMP_WORDS=($2); [[ "$2" == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]}-1));'
        ' COMPREPLY=(); _konbinid; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "-c", program, "bash", str(tmp_path / "script"), line],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.stderr == ""
    assert words <= set(done.stdout.split())


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh")
def test_zsh_reads_the_script(tmp_path):
    """The script for zsh is valid there."""
    (tmp_path / "script").write_text(
        "autoload -U +X compinit && compinit -i -D\nautoload -U +X bashcompinit && bashcompinit\n"
        + script(build_parser())
    )
    done = subprocess.run(
        ["zsh", "-f", str(tmp_path / "script")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_completion_prints_what_was_tried_above(capsys):
    """The command gives the same script, with what zsh needs in front."""
    assert main(["completion", "bash"]) == 0
    bash = capsys.readouterr().out
    assert bash == script(build_parser())
    assert main(["completion", "zsh"]) == 0
    assert capsys.readouterr().out.endswith(bash)
