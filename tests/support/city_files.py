"""A city's folder as the configuration wants it, made from config/konbinid.toml with everything it points to."""

from __future__ import annotations

from pathlib import Path

from konbinid.declared.document import Document

EXAMPLE = Path(__file__).parents[2] / "config" / "konbinid.toml"

_FILES = (
    "soap.certificate",
    "soap.client_ca",
    "soap.crl",
    "relay.certificate",
    "relay.client_ca",
    "relay.crl",
    "fonts.list",
)
_SECRETS = (
    "soap.key",
    "relay.key",
    *(f"database.{role}.password_file" for role in ("desk", "intake", "office", "ops")),
)
_FOLDERS = (
    "state.folder",
    "inbox.folder",
    "inbox.outbox",
    "inbox.archive",
    "inbox.quarantine",
    "forms.folder",
)


def make_city_files(folder: Path, text: str | None = None) -> Path:
    """Write the configuration (the commented example unless `text` is given) and touch what the example names.

    Returns the path of the configuration, `folder`/config/konbinid.toml.
    """
    path = folder / "config" / "konbinid.toml"
    path.parent.mkdir(exist_ok=True)
    example = Document(EXAMPLE)
    layouts = [f"feeds.{name}.layout" for name in example.root.table("feeds").keys]
    for key in (*_FILES, *layouts):
        _touch(path.parent / _named(example, key), 0o644)
    for key in _SECRETS:
        _touch(path.parent / _named(example, key), 0o600)
    for key in _FOLDERS:
        (path.parent / _named(example, key)).mkdir(parents=True, exist_ok=True)
    (path.parent / _named(example, "keys.folder")).mkdir(mode=0o700, exist_ok=True)
    path.write_text(EXAMPLE.read_text(encoding="utf-8") if text is None else text, encoding="utf-8")
    return path


def make_printing_city(folder: Path, address: str) -> Path:
    """The same for commands that ask the database at ``address`` (without user) and print with the forms and fonts of this repository."""
    path = make_city_files(folder)
    text = path.read_text(encoding="utf-8")
    for old, new in (
        ("host=127.0.0.1 port=5432 dbname=konbinid", address),
        ('list = "../fonts/fonts.toml"', f'list = "{EXAMPLE.parents[1]}/fonts/fonts.toml"'),
        ('folder = "forms"', f'folder = "{EXAMPLE.parent}/forms"'),
    ):
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def _named(document: Document, key: str) -> str:
    *tables, last = key.split(".")
    section = document.root
    for table in tables:
        section = section.table(table)
    return section.text(last)


def _touch(path: Path, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret\n", encoding="utf-8")
    path.chmod(mode)
