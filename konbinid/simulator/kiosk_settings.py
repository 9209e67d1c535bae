"""Where the kiosk commands find their server: options, else the environment, else the file that `make demo` leaves.

The file is `.demo/kiosk.json` in the current folder, an object with the keys url, ca, cert, key and municipality.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from konbinid.simulator.addresses import MUNICIPALITY
from konbinid.simulator.kiosk_values import Door, KioskProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

SETTINGS_FILE = Path(".demo/kiosk.json")
NAMES = ("url", "ca", "cert", "key", "municipality")


@dataclass(frozen=True)
class Settings:
    """The server's door and the municipality code that every request carries."""

    door: Door
    municipality: str


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"KONBINID_KIOSK_{name.upper()}"


def read_settings(
    options: Mapping[str, str | None], environment: Mapping[str, str], folder: Path
) -> Settings:
    """Put the settings together; `folder` is where the settings file is looked for.

    KioskProblem names what is missing and every place where it may be said, an address of another kind, or the file that does not exist.
    """
    left_by_demo = _read_file(folder / SETTINGS_FILE)
    values = {"municipality": MUNICIPALITY} | left_by_demo
    values |= {name: environment[variable(name)] for name in NAMES if environment.get(variable(name))}
    values |= {name: value for name in NAMES if (value := options.get(name))}
    if missing := [name for name in NAMES if not values.get(name)]:
        raise KioskProblem(
            f"which server? Missing: {', '.join(missing)}. Say --{missing[0]}, set {variable(missing[0])}, "
            f"or run this in a folder where `make demo` has left {SETTINGS_FILE}."
        )
    # A text without a scheme would be looked for among the files, and anything but TLS has no client certificate.
    if not values["url"].startswith("https://"):
        raise KioskProblem(f"--url: {values['url']} is no address that begins with https://")
    paths = {name: folder / values[name] for name in ("ca", "cert", "key")}
    for name, path in paths.items():
        if not path.is_file():
            raise KioskProblem(f"--{name}: there is no file {path}")
    return Settings(Door(values["url"], **paths), values["municipality"])


def _read_file(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    try:
        content = json.loads(text)
    except ValueError as error:
        raise KioskProblem(f"{path} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise KioskProblem(f"{path} must hold an object with {', '.join(NAMES)}")
    for name, value in content.items():
        if name not in NAMES:
            raise KioskProblem(f"{path} has an unknown key {name!r}; there are {', '.join(NAMES)}")
        if not isinstance(value, str):
            raise KioskProblem(f"{path}: {name} must be text")
    return content
