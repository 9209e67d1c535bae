"""``konbinid completion``: a script by which bash or zsh completes commands and options, made from the parser itself."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from konbinid.cli.options import Subparsers

_DESCRIPTION = """\
Prints a completion script. For bash put `source <(konbinid completion bash)` into ~/.bashrc, for zsh
`source <(konbinid completion zsh)` into ~/.zshrc."""

_ZSH = "autoload -U +X compinit && compinit -i\nautoload -U +X bashcompinit && bashcompinit\n"
# The words before the cursor that are commands make the place; what may follow is looked up by it. Anything else is a file.
# (zsh reads this too: there, path and words are names of its own.)
_SCRIPT = """\
_konbinid() {
    local current="${COMP_WORDS[COMP_CWORD]}" place="" word known="|%(paths)s|" offer=""
    for word in "${COMP_WORDS[@]:1:$((COMP_CWORD-1))}"; do
        case "$known" in *"|${place:+$place }$word|"*) place="${place:+$place }$word" ;; esac
    done
    case "$place" in
%(cases)s
    esac
    COMPREPLY=($(compgen -W "$offer" -- "$current"))
    if [[ ${#COMPREPLY[@]} -eq 0 && "$current" != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _konbinid konbinid
"""


def add_parser(subparsers: Subparsers, build: Callable[[], argparse.ArgumentParser]) -> None:
    """Add the command; ``build`` makes the whole parser."""
    parser = subparsers.add_parser(
        "completion", help="Print a completion script for a shell.", description=_DESCRIPTION
    )
    parser.add_argument("shell", choices=("bash", "zsh"), help="The shell that will read the script.")
    parser.set_defaults(run=lambda arguments: _run(arguments, build()))


def _run(arguments: argparse.Namespace, parser: argparse.ArgumentParser) -> int:
    print((_ZSH if arguments.shell == "zsh" else "") + script(parser), end="")
    return 0


def script(parser: argparse.ArgumentParser) -> str:
    """The script for bash; zsh reads it by its own emulation."""
    places = dict(_places("", parser))
    cases = "\n".join(f'        "{path}") offer="{" ".join(words)}" ;;' for path, words in places.items())
    return _SCRIPT % {"paths": "|".join(path for path in places if path), "cases": cases}


def _places(path: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, list[str]]]:
    """Every path of commands with the words that may follow."""
    words: list[str] = []
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way to look at a parser
        words += [option for option in action.option_strings if option.startswith("--")]
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - likewise
            words += action.choices
            for name, inner in action.choices.items():
                yield from _places(f"{path} {name}".strip(), inner)
        elif action.choices:
            words += [str(choice) for choice in action.choices]
    yield path, words
