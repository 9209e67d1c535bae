"""``konbinid form``: a form is looked at before it counts, for any day and any kind of household, and compared with the one before."""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.failure import CommandFailed
from konbinid.cli.form_comparison import compare_forms
from konbinid.cli.options import add_config_option, instant, loaded
from konbinid.domain.dates import japan_day
from konbinid.domain.kinds import TITLES, Kind
from konbinid.domain.library import Item, Mayor, in_force
from konbinid.ops.startup import StartUp
from konbinid.paper import readback
from konbinid.paper.face import FaceSet
from konbinid.paper.form_file import load_form, load_forms
from konbinid.paper.pictures import page_pictures
from konbinid.paper.press import Press, Printed, Unprintable
from konbinid.paper.sample_people import PersonaName
from konbinid.paper.samples import SPECIMEN_MAYOR, sample_contents
from konbinid.paper.template import BadLabel
from konbinid.preparation import gaiji_face, prepare_fonts
from konbinid.store.direct import session
from konbinid.store.errors import Unavailable
from konbinid.store.library_write import approved_entries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from konbinid.cli.options import Subparsers
    from konbinid.config import Config
    from konbinid.domain.content import Content, OfficialSeal
    from konbinid.paper.form import Form

_ALL = "all"
_PREVIEW = """\
Prints a form for invented people, with 見本 across every sheet: a file that no daemon knows yet, or a version of the configured folder. Mayor and seal
are those that the library has for that day, or specimen ones when the database does not answer or has none."""
_COMPARE = """\
Prints the same invented people with two versions of a form and compares them: what moved, came or went as a list, and every sheet that looks different
as a picture: old, new, and both with what differs marked. Exits with 1 when anything differs."""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its two parts."""
    parser = subparsers.add_parser("form", help="Preview a form, or compare two.", description=_PREVIEW)
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    looking = parts.add_parser("preview", help="Print a form for invented people.", description=_PREVIEW)
    looking.add_argument("form", metavar="FORM", help="A form's file (*.toml), or a version with --kind.")
    looking.add_argument(
        "--persona",
        choices=(_ALL, *PersonaName),
        default=PersonaName.TYPICAL,
        help="Who is printed; all: each in a file of their own. Without this option it is typical.",
    )
    looking.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        required=True,
        help="Where to, as .pdf, or as .png (150 dpi; the sheets of a certificate of several are numbered).",
    )
    _add_common(looking)
    looking.set_defaults(run=run_preview)
    comparing = parts.add_parser("compare", help="Compare two versions of a form.", description=_COMPARE)
    comparing.add_argument("old", metavar="OLD", help="The file or version of before.")
    comparing.add_argument("new", metavar="NEW", help="The file or version to come.")
    comparing.add_argument(
        "-o",
        "--output",
        metavar="FOLDER",
        type=Path,
        required=True,
        help="An empty or new folder for the pictures.",
    )
    _add_common(comparing)
    comparing.set_defaults(run=run_compare)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kind", choices=tuple(Kind), help="The kind of certificate; needed where a version is named."
    )
    parser.add_argument(
        "--at",
        metavar="WHEN",
        type=instant,
        help="The day or time of issue, like 2027-04-01. Without this option it is now.",
    )
    add_config_option(parser)


@dataclass(frozen=True, slots=True)
class Samples:
    """What stands on the samples besides the people: the instant of issue, mayor and seal, and where these come from."""

    at: datetime
    mayor: Mayor
    seal: OfficialSeal | None
    source: str

    def contents(self, form: Form) -> Mapping[PersonaName, Content]:
        """A certificate of each persona. CommandFailed for a kind that nobody has samples of."""
        contents = sample_contents(form.kind, form.version, japan_day(self.at), self.mayor, self.seal)
        if not contents:
            raise CommandFailed(f"There are no samples of {form.kind} ({TITLES[form.kind]}).")
        return contents


def run_preview(arguments: argparse.Namespace) -> int:
    """Print."""
    output = arguments.output
    if output.suffix not in {".pdf", ".png"}:
        raise CommandFailed("--output must end in .pdf or .png.")
    config = loaded(arguments)
    form = form_named(arguments.form, arguments.kind, config)
    press = press_of(form, _faces(config), config)
    samples = samples_at(config, arguments.at or datetime.now(UTC))
    print(f"{TITLES[form.kind]}, form {form.version}, {japan_day(samples.at)}; {samples.source}")
    refused = 0
    for name, content in samples.contents(form).items():
        if arguments.persona not in {_ALL, name}:
            continue
        try:
            printed = press.print(content)
        except Unprintable as refusal:
            print(f"{name}: refused: {refusal}")
            refused = 1
            continue
        readback.check(printed.document, content, press)
        place = output if arguments.persona != _ALL else output.with_stem(f"{output.stem}-{name}")
        for path in _written(printed, place):
            print(f"{name}: {path}")
    return refused


def _written(printed: Printed, place: Path) -> list[Path]:
    """The files of one certificate."""
    if place.suffix == ".pdf":
        place.write_bytes(printed.document)
        return [place]
    pictures = page_pictures(printed.document)
    several = len(pictures) > 1
    paths = [place.with_stem(f"{place.stem}-{n}") if several else place for n in range(1, len(pictures) + 1)]
    for path, picture in zip(paths, pictures, strict=True):
        picture.save(path)
    return paths


def run_compare(arguments: argparse.Namespace) -> int:
    """Compare."""
    folder: Path = arguments.output
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandFailed(
            f"{folder} is not an empty folder: pictures of another comparison would stay in it."
        )
    config = loaded(arguments)
    forms = [form_named(named, arguments.kind, config) for named in (arguments.old, arguments.new)]
    if forms[0].kind is not forms[1].kind:
        raise CommandFailed(
            f"{arguments.old} is a form of {forms[0].kind}, {arguments.new} of {forms[1].kind}."
        )
    samples = samples_at(config, arguments.at or datetime.now(UTC))
    faces = _faces(config)
    old, new = ((form, press_of(form, faces, config), samples.contents(form)) for form in forms)
    folder.mkdir(parents=True, exist_ok=True)
    said = compare_forms(old, new, folder)
    print(f"{TITLES[forms[0].kind]}: {forms[0].version} -> {forms[1].version}; {samples.source}")
    print("\n".join(said) if said else "No difference.")
    return 1 if said else 0


def form_named(named: str, kind: Kind | None, config: Config) -> Form:
    """A form by its file, or by its version and kind in the configured folder. FileRefused, CommandFailed."""
    path = Path(named)
    if path.suffix == ".toml":
        if not path.is_file():
            raise CommandFailed(f"{path}: no such file.")
        form = load_form(path.absolute())
        if kind is not None and form.kind is not Kind(kind):
            raise CommandFailed(f"{path} is a form of {form.kind}, not of {kind}.")
        return form
    if kind is None:
        raise CommandFailed(f"{named} is a version: say of which --kind.")
    forms = load_forms(config.forms)
    if (Kind(kind), named) not in forms:
        raise CommandFailed(f"{config.forms} has no form {named} of {kind}.")
    return forms[Kind(kind), named]


def _faces(config: Config) -> FaceSet:
    """As the city prints now: a mayor may have a 外字 in the name. StartRefused, BadFont."""
    return FaceSet(prepare_fonts(config, StartUp(time.monotonic)).bases, gaiji_face(config))


def press_of(form: Form, faces: FaceSet, config: Config) -> Press:
    """A press with this form only: two files may say the same version. CommandFailed when its labels cannot be drawn."""
    try:
        return Press(faces, {(form.kind, form.version): form}, config.limits.pages)
    except BadLabel as bad:
        raise CommandFailed(str(bad)) from bad


def samples_at(config: Config, at: datetime) -> Samples:
    """Mayor and seal of that instant, from the library as it is known now."""
    try:
        with session(config.database.dsns_of("office"), "form preview") as made:
            entries = approved_entries(made)
    except Unavailable:
        return Samples(at, SPECIMEN_MAYOR, None, "the database does not answer: specimen mayor and seal.")
    mayor, seal = (in_force(entries, item, None, at) for item in (Item.MAYOR, Item.OFFICIAL_SEAL))
    said = [
        f"{word} of the library (#{entry.id})" if entry is not None else f"specimen {word}"
        for word, entry in (("mayor", mayor), ("seal", seal))
    ]
    return Samples(
        at,
        SPECIMEN_MAYOR if mayor is None else mayor.value,
        None if seal is None else seal.value,
        ", ".join(said) + ".",
    )
