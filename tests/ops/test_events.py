"""The log: what the code says is in the catalogue, and what is not in the catalogue cannot get out."""

from __future__ import annotations

import ast
import io
import json
import logging
from pathlib import Path

import pytest
from twisted.logger import Logger, LogPublisher
from twisted.python.failure import Failure

from konbinid.domain.kinds import Kind
from konbinid.ops.event_catalogue import CATALOGUE
from konbinid.ops.events import JsonLines, silence_other_loggers
from konbinid.store.errors import StatementFailed

_PACKAGE = Path(__file__).parents[2] / "konbinid"
_SAYS = {"debug", "info", "warn", "error", "critical", "failure"}
_PLANTED = "植田　花子"


def _calls():
    """Every call of a logger in the daemon's packages: place, template (None when it is no constant), field names."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        if path.relative_to(_PACKAGE).parts[0] in {"cli", "simulator"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            target = node.func.value
            name = target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")
            if node.func.attr in _SAYS and name in {"log", "_log"}:
                template = (
                    node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
                )
                yield f"{path.relative_to(_PACKAGE)}:{node.lineno}", template, {k.arg for k in node.keywords}


def test_everything_the_code_says_is_in_the_catalogue():
    """A new event needs its line in the catalogue, with its fields: only those are ever written."""
    wrong = []
    for place, template, fields in _calls():
        known = CATALOGUE.get(template)
        if known is None:
            wrong.append(f"{place}: {template!r} is not in konbinid/ops/event_catalogue.py")
        elif not fields <= set(known.fields):
            wrong.append(f"{place}: the catalogue does not allow {sorted(fields - set(known.fields))}")
    assert not wrong, "\n".join(wrong)


def test_everything_in_the_catalogue_is_said_somewhere():
    """The catalogue is what operators read: it lists no event that does not exist. Threads hand theirs over by name."""
    said = {template for _, template, _ in _calls()}
    by_name = (_PACKAGE / "ops" / "lease.py").read_text(encoding="utf-8")
    assert {t for t in CATALOGUE if t not in said and f'"{t}"' not in by_name} == set()


def _written(say, namespace="konbinid.test"):
    stream = io.StringIO()
    publisher = LogPublisher(JsonLines(stream))
    say(Logger(namespace=namespace, observer=publisher))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_of_json():
    """Time with offset, level, name, and the fields of the catalogue."""
    (line,) = _written(
        lambda log: log.info("issue.asked", client="center", transaction_id="t-1", kind=Kind.INKAN)
    )
    assert line["event"] == "issue.asked"
    assert line["level"] == "info"
    assert line["time"].endswith("+00:00")
    assert line["data"] == {"client": "center", "transaction_id": "t-1", "kind": "inkan"}


def test_a_field_outside_the_catalogue_is_not_written():
    """A name given to the logger by mistake stays out of the log."""
    (line,) = _written(lambda log: log.warn("issue.refused", code="1104", rule="hold", name=_PLANTED))
    assert _PLANTED not in json.dumps(line, ensure_ascii=False)


def test_an_object_is_never_written_as_its_text():
    """What is no plain value is told by its class only: its repr may hold anything."""

    class Person:
        def __repr__(self):
            return _PLANTED

    (line,) = _written(lambda log: log.info("issue.refused", code=Person(), rule=[Person()]))
    assert line["data"] == {"code": "<Person>", "rule": ["<Person>"]}


@pytest.mark.parametrize("namespace", ["spyne.protocol", "txpostgres", "log_legacy"])
def test_other_libraries_say_no_values(namespace):
    """A library that logs a whole request or statement gets none of it through."""
    said = _written(lambda log: log.error(f"bad input {_PLANTED} {{x}}", x=_PLANTED), namespace)  # noqa: G004 - the mistake is what is tried
    assert _PLANTED not in json.dumps(said, ensure_ascii=False)


def test_twisteds_own_noise_is_left_out_and_its_errors_are_not():
    """An operator reads what matters; an unhandled error of Twisted is there with its constant template."""
    assert _written(lambda log: log.info("Starting factory {factory!r}", factory=1), "twisted.internet") == []
    (line,) = _written(
        lambda log: log.error("Unhandled error in Deferred: {x}", x=_PLANTED), "twisted.internet.defer"
    )
    assert line["data"] == {"template": "Unhandled error in Deferred: {x}"}


def test_an_exception_is_told_by_its_class_and_places():
    """The text of a foreign exception may hold a value (a KeyError's does); the text of ours never does."""
    try:
        {}[_PLANTED]
    except KeyError:
        foreign = Failure()
    own = Failure(StatementFailed("42P01"))
    (line,) = _written(lambda log: log.failure("shutdown.failed", foreign))
    assert line["failure"]["class"] == "builtins.KeyError"
    assert line["failure"]["places"][-1].startswith("test_events.py:")
    assert _PLANTED not in json.dumps(line, ensure_ascii=False)
    (line,) = _written(lambda log: log.failure("shutdown.failed", own))
    assert line["failure"]["text"] == "statement failed with SQLSTATE 42P01"


def test_the_logging_module_is_silent(capfd):
    """What spyne cannot read it writes, whole, to logging; without a handler Python would print them to stderr."""
    before = (logging.getLogger().handlers[:], logging.getLogger("spyne").level)
    try:
        silence_other_loggers()
        logging.getLogger("spyne.protocol.soap.soap11.invalid").error("%s", _PLANTED)
        logging.getLogger("anything.else").error("%s", _PLANTED)
    finally:
        logging.getLogger().handlers[:] = before[0]
        logging.getLogger("spyne").setLevel(before[1])
    assert _PLANTED not in "".join(capfd.readouterr())
