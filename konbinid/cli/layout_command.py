"""``konbinid layout``: declared layouts are checked, and files are read by them, before anything is sent or taken in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from konbinid import config
from konbinid.cli.columns import padded, width_of
from konbinid.cli.failure import CommandFailed
from konbinid.cli.options import DEFAULT_CONFIG
from konbinid.declared.document import Document, FileRefused
from konbinid.domain.feeds import Feed
from konbinid.intake.layout import Layout, load
from konbinid.intake.lint_apart import NotLinted, lint_apart
from konbinid.intake.linting import Linted
from konbinid.intake.names import BadName, DropName
from konbinid.intake.receipts import problem_lines

if TYPE_CHECKING:
    import argparse

    from konbinid.cli.options import Subparsers

_CHECK = """\
Reads layouts and tells every mistake with its line. Of a folder it reads every *.toml, and tells which feeds have no layout there (a city need not have them all)
or two, which is a mistake. Without an argument it reads those that the configuration names. The daemon does the same when it starts."""
_TRY = """\
Shows the first rows of a file as they would be read by a layout, field by field, and everything that is wrong with the file. Nothing is taken in."""
_LINT = """\
For whoever writes the files: tells everything that is wrong with a file that can be seen from the file itself, in the words of the report (.ng) that the server would
give: the rows, what they say against each other, and the pictures, fonts and PDFs that lie with them. Needs neither database nor keys. Names no value of a row."""
_PLACES = (Path("config/layouts"), DEFAULT_CONFIG.parent / "layouts")


def add_parser(subparsers: Subparsers) -> None:
    """Add the command with its three parts."""
    parser = subparsers.add_parser(
        "layout", help="Check layouts, and read files by them.", description=_CHECK
    )
    parts = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    checking = parts.add_parser("check", help="Check layouts.", description=_CHECK)
    checking.add_argument(
        "layouts", metavar="LAYOUT", type=Path, nargs="*", help="A layout (*.toml), or a folder of them."
    )
    checking.add_argument(
        "--config",
        metavar="FILE",
        type=Path,
        default=DEFAULT_CONFIG,
        help=f"The configuration to take the layouts from. Without this option it is {DEFAULT_CONFIG}.",
    )
    checking.set_defaults(run=_check)
    trying = parts.add_parser("try", help="Show how a file would be read.", description=_TRY)
    trying.add_argument(
        "--rows", metavar="N", type=int, default=3, help="So many rows. Without this option 3."
    )
    trying.set_defaults(run=_try)
    linting = parts.add_parser("lint", help="Tell what is wrong with a file.", description=_LINT)
    linting.set_defaults(run=_lint)
    for part in (trying, linting):
        part.add_argument("file", metavar="FILE", type=Path, help="The data file (.csv or .dat).")
        part.add_argument(
            "--layout",
            metavar="LAYOUT",
            type=Path,
            help="Its layout. Without this option it is the feed's in config/layouts or /etc/konbinid/layouts.",
        )


def _check(arguments: argparse.Namespace) -> int:
    named = arguments.layouts or [feed.layout for feed in config.load(arguments.config).feeds.values()]
    wrong = [_check_folder(path) if path.is_dir() else not _in_order(path) for path in named]
    return int(any(wrong))


def _check_folder(folder: Path) -> bool:
    """Whether something is wrong with a folder of layouts."""
    paths = sorted(folder.glob("*.toml"))
    if not paths:
        print(f"{folder}: no layout (*.toml) in this folder")
        return True
    wrong = [path for path in paths if not _in_order(path)]
    feeds = [(path.name, _declared_feed(path)) for path in paths]
    doubled = False
    for feed in Feed:
        names = [name for name, its in feeds if its == feed]
        if not names:
            print(f"{folder}: {feed} has no layout here")
        elif len(names) > 1:
            doubled = True
            print(f"{folder}: {feed} has {len(names)} layouts ({', '.join(names)}); one feed has one")
    return doubled or bool(wrong)


def _in_order(path: Path) -> bool:
    try:
        layout = load(path)
    except FileRefused as refused:
        print(refused)
        return False
    print(f"{path}: {layout.feed}, {layout.extension}, {len(layout.columns)} columns, in order")
    return True


def _declared_feed(path: Path) -> object:
    """What a layout calls its feed, whatever else is wrong with it."""
    try:
        return Document(path).values.get("feed")
    except FileRefused:
        return None


def _try(arguments: argparse.Namespace) -> int:
    layout, found = _linted(arguments, max(0, arguments.rows))
    names = {name: layout.name_of(name) for name in layout.spec.targets}
    widest = max(map(width_of, names.values()))
    for line, row in found.first:
        print(f"{line}行目")
        for name, value in row.items():
            print(f"  {padded(names[name], widest)}  {value}")
    return _tell(found)


def _lint(arguments: argparse.Namespace) -> int:
    return _tell(_linted(arguments, 0)[1])


def _linted(arguments: argparse.Namespace, show: int) -> tuple[Layout, Linted]:
    path: Path = arguments.file
    name = None
    try:
        name = DropName.parse(path.name)
    except BadName as bad:
        if arguments.layout is None:
            raise CommandFailed(f"{path.name}: {bad}. Rename it, or name its layout with --layout.") from None
        print(f"ファイル名が規則に合いません（<種別>_<年月日時分秒>_<連番6桁>_<F|D>.<csv|dat>）: {path.name}")
    layout = load(arguments.layout or _layout_of(name))
    if name is not None and name.feed is not layout.feed:
        raise CommandFailed(f"{path.name} is a file of {name.feed}, and the layout is one of {layout.feed}.")
    try:
        return layout, lint_apart(path, layout.path, show, named=name is not None)
    except OSError as error:
        raise CommandFailed(f"{path}: {error.strerror}") from None
    except NotLinted as ended:
        raise CommandFailed(
            f"{path}: 検査を最後まで行えませんでした（{ended}）。ファイルを分けるか、konbinid の担当者に連絡してください。"
        ) from None


def _layout_of(name: DropName | None) -> Path:
    assert name is not None  # without a name of the contract a layout was given
    candidates = [place / f"{name.feed.lower()}.toml" for place in _PLACES]
    found = next((each for each in candidates if each.is_file()), None)
    if found is None:
        raise CommandFailed(
            f"There is no layout at {' or '.join(map(str, candidates))}; name one with --layout."
        )
    return found


def _tell(found: Linted) -> int:
    for note in dict.fromkeys(found.notes):
        print(f"注意: {note}")
    for line in problem_lines(found.problems):
        print(line)
    print(
        f"{found.rows} 件、誤りのある行 {found.problems.bad_rows} 件"
        if found.problems
        else f"{found.rows} 件、誤りはありません。"
    )
    return int(bool(found.problems))
