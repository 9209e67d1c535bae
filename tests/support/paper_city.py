"""The city as contract 2 has it, kept by hand: who may have a juminhyo or an inkan at most, after any files in any order.

Written from the contract and without any code of ours, for test_any_order.py to hold the product against. It knows JUMIN, YOKUSHI and INKAN, as far as
these decide whether somebody may have a paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

Fields = dict[str, Any]
LIVING = {"1", "2"}
_BESIDES = {
    "stamp",
    "operation",
    "fault",
    "brings",
    "named",
}  # what a row says about the file and not about anybody


@dataclass(eq=False)
class File:
    """One file as the core system wrote it. ``rows``: what each says, by name; ``fault`` of a row: ``bad`` (it names whom it is about) or ``unread``
    (nobody can say whom). ``torn``: its hash does not fit."""

    feed: str
    sequence: int
    stamp: int
    full: bool
    rows: list[Fields]
    torn: bool = False
    name: str = ""
    state: str = "received"
    approved: bool = False
    compared: bool = False  # an operator wants it only compared
    doubted: set[str] = field(default_factory=set)
    homes: set[str] = field(default_factory=set)
    closes: bool = False

    def end_doubt(self) -> None:
        """It is resolved."""
        self.doubted, self.homes, self.closes = set(), set(), False


@dataclass
class Shelf:
    """One feed: what was applied, up to which number, and which file stops it."""

    data: dict[Any, Fields] = field(default_factory=dict)
    last: int = 0
    newest: int = 0
    stopped: File | None = None
    files: list[File] = field(default_factory=list)


class PaperCity:
    """``share``: a file that removes more than this part of a feed waits for an operator; YOKUSHI: any."""

    def __init__(self, share: float) -> None:
        self._share = share
        self.shelves = {feed: Shelf() for feed in ("JUMIN", "YOKUSHI", "INKAN")}
        self.ended: dict[str, int] = {}  # person -> stamp of the last change of name or residence
        self._known: set[str] = set()

    # ---- files in their order

    def arrive(self, file: File) -> None:
        """It is complete in the drop folder. The same name again, with other content, is refused at the next look."""
        self.shelves[file.feed].files.append(file)

    def look(self, feed: str) -> None:
        """Everything is done that can be done now."""
        shelf = self.shelves[feed]
        for _ in count():
            if not self._step(shelf):
                return

    def _step(self, shelf: Shelf) -> bool:
        fresh = [file for file in shelf.files if file.state in {"received", "waiting"}]
        for file in fresh:
            twins = [each for each in shelf.files if each is not file and each.name == file.name]
            is_second = any(shelf.files.index(each) < shelf.files.index(file) for each in twins)
            if is_second or file.sequence <= shelf.last:
                return self._refuse(file)
        here = sorted(
            (file for file in fresh if file.sequence == shelf.last + 1), key=lambda file: file.stamp
        )
        if here and shelf.stopped and here[0].stamp <= shelf.stopped.stamp:
            return self._refuse(here[0])
        if here:
            return self._take(shelf, here[-1])
        if shelf.stopped and shelf.stopped.approved:
            return self._take(shelf, shelf.stopped)
        for file in fresh:
            if file.state == "received":
                file.state = "waiting"
                self._doubt(file)
                return True
        return False

    def _take(self, shelf: Shelf, file: File) -> bool:
        if file.full and file.stamp < shelf.newest:
            return self._pass(shelf, file)
        after, ended = self._applied(shelf, file)
        removed = shelf.data.keys() - after.keys()
        if file.torn or any(row.get("fault") for row in file.rows) or self._contradicts(shelf, file, after):
            return self._stop(shelf, file, "rejected")
        if file.full and file.compared and not file.approved:
            return self._compare(shelf, file, after)
        most = 0.0 if file.feed == "YOKUSHI" else self._share
        if len(removed) > most * len(shelf.data) and not file.approved:
            for key in removed:
                file.doubted.add(shelf.data[key]["person"])
            return self._stop(shelf, file, "held")
        if file.feed == "JUMIN":
            self._known |= {row["person"] for row in file.rows if row["operation"] != "9"}
        shelf.data, shelf.last, shelf.newest = after, file.sequence, max(shelf.newest, file.stamp)
        for person in ended:
            self.ended[person] = max(self.ended.get(person, 0), file.stamp)
        self._settle(shelf, file, "received", "waiting", "held", "rejected")
        shelf.stopped, file.state = None, "applied"
        return True

    @staticmethod
    def _settle(shelf: Shelf, file: File, *states: str) -> None:
        """Its place is taken: whatever else claims it is over, and its own doubt."""
        for each in shelf.files:
            if each is file or (each.sequence == file.sequence and each.state in states):
                each.end_doubt()
                each.state = "superseded"

    @staticmethod
    def _pass(shelf: Shelf, file: File) -> bool:
        """A full file that is older than what was applied says nothing."""
        file.end_doubt()
        file.closes, file.state = _is_unread(file), "refused"
        if shelf.stopped is None:
            shelf.last = file.sequence
        return True

    def _applied(self, shelf: Shelf, file: File) -> tuple[dict[Any, Fields], set[str]]:
        """What the feed would hold, and whose name or residence would change on the way."""
        after, ended = ({} if file.full else dict(shelf.data)), set()
        for row in file.rows:
            key, person = row["key"], row["person"]
            before = shelf.data.get(key) if file.full else after.get(key)
            if row["operation"] == "9":
                after.pop(key, None)
            else:
                after[key] = row | {"stamp": file.stamp}
            if file.feed == "JUMIN" and self._ends(before, None if row["operation"] == "9" else row, person):
                ended.add(person)
        if file.feed == "JUMIN":
            ended |= {row["person"] for key, row in shelf.data.items() if key not in after}
        return after, ended

    def _ends(self, before: Fields | None, now: Fields | None, person: str) -> bool:
        """Whether a seal from before it is over: another name, gone, or back."""
        if before is None or now is None:
            return before is not now and (before is not None or person in self._known)
        return before["name"] != now["name"] or (before["state"] in LIVING) != (now["state"] in LIVING)

    @staticmethod
    def _contradicts(shelf: Shelf, file: File, after: dict[Any, Fields]) -> bool:
        """Two registered seals of one person, or a picture that is neither brought nor held for its owner."""
        if file.feed != "INKAN":
            return False
        owners = [row["person"] for row in after.values() if row["state"] == "1"]
        for row in file.rows:
            held = shelf.data.get(row["key"])
            own = (
                held is not None
                and not file.full
                and (held["person"], held["image"]) == (row["person"], row["image"])
            )
            if row["operation"] != "9" and not row["brings"] and not own:
                return True
        return len(owners) != len(set(owners))

    def _compare(self, shelf: Shelf, file: File, after: dict[Any, Fields]) -> bool:
        """Those who differ are in doubt, and nobody else by this file."""
        file.end_doubt()
        for key in after.keys() | shelf.data.keys():
            before, now = (each.get(key, {}) for each in (shelf.data, after))
            if any(
                before.get(name) != now.get(name)
                for name in before.keys() | now.keys()
                if name not in _BESIDES
            ):
                file.doubted |= {each["person"] for each in (before, now) if each}
                file.homes |= {now["home"]} if now and file.feed == "JUMIN" else set()
        file.state, shelf.stopped = "held", file
        return True

    def _stop(self, shelf: Shelf, file: File, state: str) -> bool:
        file.state, shelf.stopped = state, file
        self._doubt(file)
        return True

    def _refuse(self, file: File) -> bool:
        file.state = "refused"
        self._doubt(file)
        return True

    def _doubt(self, file: File) -> None:
        held = self.shelves[file.feed].data
        for row in file.rows:
            file.doubted.add(row["person"])
            if file.feed == "JUMIN":
                file.homes.add(row["home"])
            elif row["key"] in held:
                file.doubted.add(held[row["key"]]["person"])
        file.closes = file.closes or _is_unread(file)

    # ---- what operators say

    def open_files(self, *states: str) -> Iterator[File]:
        """Files in one of these states."""
        return (file for shelf in self.shelves.values() for file in shelf.files if file.state in states)

    def release(self, file: File) -> None:
        """Let go unapplied."""
        shelf = self.shelves[file.feed]
        file.end_doubt()
        if shelf.stopped is file:
            shelf.stopped, shelf.last = None, file.sequence
            self._settle(shelf, file, "held", "rejected")
        file.state = "released"

    def compare(self, file: File) -> None:
        """A full file that waits or is held is looked at again, and only compared."""
        shelf = self.shelves[file.feed]
        file.compared, file.state = True, "waiting"
        shelf.stopped = None if shelf.stopped is file else shelf.stopped

    # ---- who may have what, at most

    def _doubts(self) -> Iterable[File]:
        return [file for shelf in self.shelves.values() for file in shelf.files]

    def members(self, person: str) -> list[Fields]:
        """Everybody with the person's 世帯番号."""
        people = self.shelves["JUMIN"].data
        return [each for each in people.values() if each["home"] == people[person]["home"]]

    def may(self, person: str, kind: str) -> bool:
        """The most that the contract allows."""
        mine = self.shelves["JUMIN"].data.get(person)
        if mine is None or mine["state"] != "1":
            return False
        household = self.members(person)
        living = [each for each in household if each["state"] in LIVING]
        heads = [each for each in household if each["state"] == "1" and each["head"]]
        doubted = {each for file in self._doubts() for each in file.doubted}
        closed = {file.feed for file in self._doubts() if file.closes}
        if len(heads) != 1 or person in doubted or "YOKUSHI" in closed:
            return False
        holds = [row for row in self.shelves["YOKUSHI"].data.values() if not row["over"]]
        if kind == "inkan":
            reached = any(row["person"] == person and row["kinds"] in {"ALL", kind} for row in holds)
            return "INKAN" not in closed and not reached and self.seal(person) is not None
        names = {each["person"] for each in living}
        reached = any(
            row["person"] in names and (row["kinds"] in {"ALL", kind} or row["wide"]) for row in holds
        )
        homes = {home for file in self._doubts() for home in file.homes}
        in_doubt = mine["home"] in homes or any(each["person"] in doubted for each in household)
        return not reached and not in_doubt and all(each["state"] == "1" for each in living)

    def seal(self, person: str) -> int | None:
        """The picture (its ink) of the one seal that may be printed."""
        registered = [
            row
            for row in self.shelves["INKAN"].data.values()
            if row["person"] == person and row["state"] == "1"
        ]
        if len(registered) != 1 or registered[0]["stamp"] <= self.ended.get(person, 0):
            return None
        return int(registered[0]["ink"])


def _is_unread(file: File) -> bool:
    """Whether nobody can say whom a row is about, in a feed where that closes its kinds."""
    return file.feed != "JUMIN" and (file.torn or any(row.get("fault") == "unread" for row in file.rows))
