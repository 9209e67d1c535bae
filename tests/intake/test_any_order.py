"""I-06: files of JUMIN, YOKUSHI and INKAN in any order, and after each of them nobody may have a paper whom the contract does not allow one."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import datetime, timedelta
from itertools import count
from types import SimpleNamespace

import cases
import psycopg2
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from paper_city import File, PaperCity
from private_database import drop_database, make_database
from town import Town

from konbinid.domain.case import Asked
from konbinid.domain.dates import JST
from konbinid.domain.entitlement import refusal
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import CredentialType, Kind, Scope
from konbinid.domain.request import CredentialKey, Options
from konbinid.domain.results import Code
from konbinid.intake.clerk import FeedIntake
from konbinid.issue.reading import read_case
from konbinid.store import intake_files, intake_gap, intake_settle
from konbinid.store.direct import read_now
from konbinid.store.intake_link import connect, transaction
from konbinid.store.library import LibraryReader

# CI's share takes some seconds; who changes intake lets it run for thousands.
EXAMPLES = int(os.environ.get("ANY_ORDER_EXAMPLES", "4"))
STEPS = 25
SHARE = 0.4
BEGIN = datetime.now(JST).replace(tzinfo=None, microsecond=0) - timedelta(days=20)
PEOPLE = ("1", "2", "3")
# Hours, fees and the like are not what files decide.
ASKED = (
    Code.CREDENTIAL_UNKNOWN,
    Code.CREDENTIAL_INVALID,
    Code.STALE,
    Code.NO_REGISTER,
    Code.MAY_NOT_BE_ISSUED,
    Code.CHANGE_IN_PROGRESS,
    Code.NO_SUCH_MEMBER,
)

person = st.sampled_from(PEOPLE)
operation = st.sampled_from("11229")
fault = st.sampled_from(["", "", "", "", "", "", "", "bad", "unread"])
jumin_row = st.fixed_dictionaries(
    {
        "operation": operation,
        "person": person,
        "home": st.sampled_from("112"),
        "state": st.sampled_from("11111123"),
        "name": st.sampled_from("ああああい"),
        "head": st.booleans(),
        "fault": fault,
    }
)
hold_row = st.fixed_dictionaries(
    {
        "operation": operation,
        "person": person,
        "key": st.sampled_from("ab"),
        "category": st.sampled_from(["01", "02", "04"]),
        "kinds": st.sampled_from(["ALL", "juminhyo", "inkan"]),
        "household": st.booleans(),
        "over": st.booleans(),
        "fault": fault,
    }
)
seal_row = st.fixed_dictionaries(
    {
        "operation": operation,
        "person": person,
        "key": st.sampled_from(["100", "200"]),
        "state": st.sampled_from("111123"),
        "brings": st.sampled_from([True, True, False]),
        "fault": fault,
    }
)
ROWS = {"JUMIN": jumin_row, "YOKUSHI": hold_row, "INKAN": seal_row}
written = st.sampled_from(list(ROWS)).flatmap(
    lambda feed: st.tuples(st.just(feed), st.lists(ROWS[feed], max_size=3))
)

HOW = st.fixed_dictionaries(
    {
        "full": st.sampled_from([False, False, True]),
        "torn": st.sampled_from([False] * 9 + [True]),
        "early": st.sampled_from([0, 0, 0, 0, 1, 3]),
    }
)


class AnyOrder(RuleBasedStateMachine):
    """``city`` is kept by hand; ``hall`` has the product's intake; the desk's own reading and rules say who may have what."""

    def __init__(self, hall_type, postgres, layouts, rows, folder) -> None:
        super().__init__()
        self.rows = rows
        self.database = make_database(postgres)
        folder.mkdir()
        self.town = Town(self.database, folder.parent / "keys")
        feeds = {Feed(feed): FeedIntake(layouts[Feed(feed)], SHARE, 1) for feed in ("JUMIN", "INKAN", "JPKI")}
        feeds[Feed.YOKUSHI] = FeedIntake(layouts[Feed.YOKUSHI], 0.0, 0)
        self.hall = hall_type(self.database, folder, folder.parent / "keys", feeds)
        self.city = PaperCity(SHARE)
        self.contents: dict[str, list[tuple]] = {}
        self.stamps, self.earlier, self.inks = count(10_000, 1000), count(1), count(1)
        self.equipment = SimpleNamespace(
            settings=SimpleNamespace(
                fingerprint="f", municipality=cases.MUNICIPALITY, feeds={}, register_pages=20
            ),
            library=LibraryReader(),
        )
        self.link = psycopg2.connect(self.database.dsn("desk"))
        self.link.set_session(isolation_level="REPEATABLE READ")
        self.seen = dict.fromkeys(("granted", "refused", "stricter"), 0)

    def teardown(self) -> None:
        self.link.close()
        self.hall.restart()
        drop_database(self.database)

    @initialize()
    def begin(self) -> None:
        """Everybody has a card; two people live together, and one has a seal."""
        self.hall.take("JPKI", [self.rows.serial(int(each), f"a{each}") for each in PEOPLE], full=True)
        people = [
            {
                "operation": "1",
                "person": each,
                "home": "1" if each < "3" else "2",
                "state": "1",
                "name": "あ",
                "head": each != "2",
                "fault": "",
            }
            for each in PEOPLE
        ]
        self.write(1, "JUMIN", people, full=True)
        self.write(1, "YOKUSHI", [], full=True)
        seal = {"operation": "1", "person": "1", "key": "100", "state": "1", "brings": True, "fault": ""}
        self.write(1, "INKAN", [seal], full=True)
        self.look()
        assert self.city.may("1", "inkan")
        assert self.city.may("2", "juminhyo")

    # ---- the core systems

    def write(self, sequence, feed, said, *, full=False, torn=False, early=0, name=""):
        """A file with its marker. ``early``: it bears a stamp from before that many others."""
        if full:  # every row is an addition there, and a key stands once
            said = list(
                {
                    each["person"] if feed == "JUMIN" else each["key"]: each | {"operation": "1"}
                    for each in said
                }.values()
            )
        stamp = next(self.stamps)
        if early:  # no two files have the same
            stamp -= 1000 * early + next(self.earlier)
        attachments = {}
        said = [self.filled(feed, dict(each), attachments) for each in said]
        when = BEGIN + timedelta(seconds=stamp)
        name = name or self.hall.name(feed, full=full, sequence=sequence, stamp=when)
        lines = [LINES[feed](self.rows, each) for each in said]
        data = "".join(map(self.rows.line, lines)).encode()
        self.hall.put(
            feed,
            data,
            name=name,
            attachments=attachments,
            **({"end": f"rows={len(lines)} sha256={'0' * 64}\n".encode()} if torn else {}),
        )
        if data not in self.contents.setdefault(name, []):
            self.contents[name].append(data)
            when = stamp if len(self.contents[name]) == 1 else self.stamp_of(name)
            self.city.arrive(File(feed, sequence, when, full, said, torn, name))

    def stamp_of(self, name):
        return next(
            file.stamp for shelf in self.city.shelves.values() for file in shelf.files if file.name == name
        )

    def filled(self, feed, each, attachments):
        """What the contract's rules look at besides, and a picture of its own for a seal."""
        if feed == "JUMIN":
            return each | {"key": each["person"]}
        if feed == "YOKUSHI":
            each["wide"] = each["household"] or each["category"] == "01"
            return each | ({"key": None} if each["fault"] == "unread" else {})
        held = self.city.shelves["INKAN"].data.get(each["key"], {"image": "none.bmp", "ink": 0})
        ink = next(self.inks) if each["brings"] and each["operation"] != "9" else held["ink"]
        image = f"{each['key']}-{ink}.bmp" if each["brings"] else held["image"]
        if each["brings"] and each["operation"] != "9":
            attachments[image] = self.rows.bmp(ink=ink)
        return each | {
            "ink": ink,
            "image": image,
            "named": each["person"],
            "person": "" if each["fault"] == "unread" else each["person"],
        }

    @rule(
        file=written,
        ahead=st.sampled_from([0, 0, 0, 0, 0, 1, 2, -1]),
        how=HOW,
        at_once=st.sampled_from([True, True, False]),
    )
    def a_file_comes(self, file, ahead, how, at_once) -> None:
        """The next one (of a stopped feed: a correction), one behind a gap, or one that is late."""
        feed, said = file
        self.write(max(1, self.city.shelves[feed].last + 1 + ahead), feed, said, **how)
        if at_once:
            self.look()

    @rule(data=st.data(), other=st.booleans())
    def a_file_comes_again(self, data, other) -> None:
        """Under the same name: the same bytes, or others. What is overwritten before anybody looked never came."""
        self.look()
        file = data.draw(
            st.sampled_from([file for shelf in self.city.shelves.values() for file in shelf.files])
        )
        if other:
            said = data.draw(st.lists(ROWS[file.feed], min_size=1, max_size=2))
            self.write(file.sequence, file.feed, said, full=file.full, name=file.name)
        else:
            content = self.contents[file.name][0]
            self.hall.put(file.feed, content, name=file.name)
        self.look()

    # ---- operators

    def decide(self, act, file, *said) -> None:
        with closing(connect(self.database.dsn("intake"), "test")) as link, transaction(link) as cur:
            same = [each for each in self.city.shelves[file.feed].files if each.name == file.name]
            act(cur, intake_files.by_name(cur, file.name)[same.index(file)].id, *said, "an operator")

    def open_files(self, *states):
        return list(self.city.open_files(*states))

    @precondition(lambda self: self.open_files("waiting", "held", "rejected", "refused"))
    @rule(data=st.data())
    def released(self, data) -> None:
        """Any file that is not settled."""
        file = data.draw(st.sampled_from(self.open_files("waiting", "held", "rejected", "refused")))
        self.decide(intake_settle.release, file)
        self.city.release(file)
        self.look()

    @precondition(lambda self: self.open_files("held"))
    @rule(data=st.data())
    def approved(self, data) -> None:
        """A removal is agreed to."""
        file = data.draw(st.sampled_from(self.open_files("held")))
        self.decide(intake_settle.approve, file)
        file.approved = True
        self.look()

    def comparable(self):
        return [each for each in self.open_files("waiting", "held") if each.full and not each.approved]

    @precondition(lambda self: self.comparable())
    @rule(data=st.data())
    def only_compared(self, data) -> None:
        """A full file is held with what differs."""
        file = data.draw(st.sampled_from(self.comparable()))
        self.decide(intake_settle.verify, file)
        self.city.compare(file)
        self.look()

    @precondition(
        lambda self: any(self.city.shelves[each.feed].stopped is None for each in self.open_files("waiting"))
    )
    @rule(data=st.data())
    def gap_given_up(self, data) -> None:
        """The feed goes on behind what is missing."""
        waiting = [
            each for each in self.open_files("waiting") if self.city.shelves[each.feed].stopped is None
        ]
        nearest = {
            feed: min((each for each in waiting if each.feed == feed), key=lambda each: each.sequence)
            for feed in {each.feed for each in waiting}
        }
        file = data.draw(st.sampled_from(sorted(nearest.values(), key=lambda each: each.feed)))
        self.decide(intake_gap.give_up, file, file.sequence - 1)
        self.city.shelves[file.feed].last = file.sequence - 1
        self.look()

    @rule()
    def restarted(self) -> None:
        """Nothing is remembered but by the database and the folders."""
        self.hall.restart()

    # ---- what must hold

    def look(self) -> None:
        """Both take in what has come; then everybody asks for everything."""
        self.hall.look()
        for feed in ROWS:
            self.city.look(feed)
        self.compare()

    def compare(self) -> None:
        for each in PEOPLE:
            for kind in (Kind.JUMINHYO, Kind.INKAN):
                case, refused = self.desk_says(each, kind)
                allowed = self.city.may(each, kind)
                assert refused is not None or allowed, f"{each} is given {kind}"
                self.seen["granted" if refused is None else "stricter" if allowed else "refused"] += 1
                assert not (allowed and refused), f"{each} is refused {kind}: {refused}"
                if kind is Kind.INKAN and refused is None:
                    row = case.seal.impression.rows[: (case.seal.impression.width + 7) // 8]
                    assert int.from_bytes(row, "big").bit_count() == self.city.seal(each), (
                        "another seal's picture"
                    )

    def desk_says(self, each, kind):
        key = CredentialKey.of(CredentialType.CARD, f"a{each}")
        options = Options(Scope.HOUSEHOLD) if kind is Kind.JUMINHYO else Options()
        with self.link, self.link.cursor() as cur:
            case = read_now(cur, lambda tx: read_case(tx, self.equipment, key, kind)).case
        return case, refusal(case, Asked(cases.MUNICIPALITY, kind, options=options), ASKED)


def _jumin(rows, each):
    broken = {"bad": {"sex": "7"}, "unread": {"atena_number": "12"}}.get(each["fault"], {})
    return rows.person(
        int(each["person"]),
        int(each["home"]),
        each["operation"],
        state=each["state"],
        name=f"試験　{each['name']}",
        relationship="世帯主" if each["head"] else "子",
        **broken,
    )


def _hold(rows, each):
    broken = {"bad": {"starts_on": "20269999"}, "unread": {"hold_number": ""}}.get(each["fault"], {})
    return rows.hold(
        int(each["person"]),
        each["key"] or "",
        each["operation"],
        **(
            {
                "category": each["category"],
                "kinds": each["kinds"],
                "household": str(int(each["household"])),
                "ends_on": "20260401" if each["over"] else "",
            }
            | broken
        ),
    )


def _seal(rows, each):
    broken = {"bad": {"name_kind": "7"}, "unread": {"atena_number": "12"}}.get(each["fault"], {})
    return rows.seal(
        int(each["named"]),
        each["key"],
        each["operation"],
        state=each["state"],
        image_name=each["image"],
        **broken,
    )


LINES = {"JUMIN": _jumin, "YOKUSHI": _hold, "INKAN": _seal}


def test_no_order_of_files_gives_anybody_a_paper(hall, postgres, city_layouts, rows, tmp_path):
    """Corrections, repeats, gaps, late, torn and full files, and what operators say, against a city that was written from the contract by hand."""
    folders, totals = count(), {}

    def machine():
        made = AnyOrder(type(hall), postgres, city_layouts, rows, tmp_path / f"city-{next(folders)}")
        totals[len(totals)] = made.seen
        return made

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # shrinking takes minutes; a failure prints its steps
        ),
    )
    for name in ("granted", "refused"):
        assert sum(each[name] for each in totals.values()), f"nothing was {name}"
