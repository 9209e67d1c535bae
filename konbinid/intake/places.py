"""Where a file's attachments may lie, and what lies there: nothing else may stand in for what cannot be taken. Blocks; runs in threads and in the child."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from konbinid.intake.folder import CLOSED_FOLDER, is_there, opened_folder, read_small, size_of
from konbinid.intake.names import DropName, is_drop_name
from konbinid.intake.problems import Fault


@contextmanager
def attachment_places(name: DropName, folder: int) -> Iterator[list[int | None]]:
    """Where a file's attachments may lie: its own folder first, then beside it. None: something is there that we cannot look into (no right, a link).
    OSError when that cannot be told at this moment."""
    with ExitStack() as stack:
        places: list[int | None] = [folder]
        if is_there(name.stem, folder):
            places.insert(0, _opened(stack, name.stem, folder))
        yield places


def _opened(stack: ExitStack, name: str, folder: int) -> int | None:
    try:
        return stack.enter_context(opened_folder(name, folder))
    except OSError as error:
        if error.errno in CLOSED_FOLDER:
            return None
        raise


def first_content(name: str, places: Sequence[int | None], limit: int) -> bytes | Fault | None:
    """An attachment's bytes from the first place where there is anything of its name; None when there is nothing in any of them.

    A fault when what is there cannot be taken: then nothing else may stand in for it, neither an older file nor what is held already.
    """
    if is_drop_name(name):
        return Fault.ATTACHMENT_MISSING  # a data file that waits for its marker would be carried off
    for place in places:
        if place is None:
            return Fault.ATTACHMENT_MISSING
        if is_there(name, place):
            return _content(name, place, limit)
    return None


def _content(name: str, place: int, limit: int) -> bytes | Fault:
    content = read_small(name, place, limit)
    if content is not None:
        return content
    size = size_of(name, place)
    return Fault.ATTACHMENT_TOO_LARGE if size is not None and size > limit else Fault.ATTACHMENT_MISSING
