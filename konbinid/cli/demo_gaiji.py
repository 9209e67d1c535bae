"""`konbinid demo --new-gaiji`: a new 外字 for the running demo, and somebody who needs it on the next certificate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.cli.demo_city import JST, CoreSystems
from konbinid.cli.demo_place import DemoFailed
from konbinid.domain.characters import code_points
from konbinid.simulator.gaiji import FURTHER
from konbinid.simulator.personas import persona, stage_for
from konbinid.simulator.rows import CHANGE

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from konbinid.cli.demo_place import Place
    from konbinid.cli.demo_screen import Screen
    from konbinid.simulator.household import Household

_CARD = 1


def send_new_gaiji(screen: Screen, place: Place, now: Callable[[], dt.datetime]) -> None:
    """Drop the next version and, when it is in force, the resident; the daemon is not restarted. DemoFailed."""
    core = CoreSystems(place, 0, Path(), now)
    if not core.place.city.exists():
        raise DemoFailed("No demo city is there yet. Start `konbinid demo` first, in another terminal.")
    further = _sent(place) + 1
    if further > len(FURTHER):
        raise DemoFailed(
            f"All {len(FURTHER)} further characters have been sent. Remove .demo/ to begin again."
        )
    character = FURTHER[further - 1][0]
    with screen.step("外字") as step:
        core.wait_for_receipts([core.drop_new_gaiji(further)], _pass, step.say)
        step.say(f"{code_points(character)} is in force, as version {further + 1}")
    with screen.step("residents") as step:
        change = {"process": CHANGE, "address_supplement": f"外字ハイツ　{character}号室"}
        rows = [resident._replace(**change) for resident in _household(now()).residents]
        core.wait_for_receipts([core.drop_residents(rows)], _pass, step.say)
        step.say(f"the family of card {_CARD} lives behind it now (方書)")
    screen.pairs([("try", f".venv/bin/konbinid kiosk issue --card {_CARD} --kind juminhyo -o gaiji.pdf")])


def _sent(place: Place) -> int:
    """How many versions were sent since the first: the archive has their files, and heartbeats are empty."""
    files = place.spool("archive").rglob("GAIJI_*_D.csv")
    return sum(1 for path in files if path.stat().st_size)


def _household(now: dt.datetime) -> Household:
    today = now.astimezone(JST).date()
    serial = persona(today, _CARD).serial.lower()
    return next(
        household
        for household in stage_for(today).households
        for credential in household.credentials
        if credential.serial.endswith(serial)
    )


def _pass() -> None:
    """The daemon is another terminal's."""
