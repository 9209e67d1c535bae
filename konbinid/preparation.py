"""What must be right before anything listens, and what it makes: keys, fonts, forms, layouts, TLS, and a database that fits."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from konbinid.config import Config
from konbinid.config_relay import RelayPort
from konbinid.declared.document import FileRefused
from konbinid.domain.feeds import Feed
from konbinid.domain.kinds import KIND_RULES, REGISTER_KINDS, TITLES, Kind
from konbinid.domain.library import LibraryEntry, Shelf, shelf_at
from konbinid.domain.library_values import BadLibraryValue
from konbinid.fingerprint import Build, Fingerprint, fingerprint, this_build
from konbinid.intake import layout
from konbinid.intake.layout import Layout
from konbinid.ops.startup import (
    StartRefused,
    StartUp,
    Step,
    database_answers,
    database_is_known,
    door_is_free,
    lease_is_there,
    schema_fits,
)
from konbinid.ops.tls import MutualTls, TlsRefused, TlsSettings
from konbinid.ops.witness import WitnessRefused
from konbinid.paper.face import Face, FaceSet
from konbinid.paper.fonts import FontRefused, load_fonts, open_faces
from konbinid.paper.form import Form
from konbinid.paper.form_file import load_forms
from konbinid.paper.gaiji import opened_font
from konbinid.paper.glyf import BadFont
from konbinid.paper.press import Press
from konbinid.paper.template import BadLabel
from konbinid.store.direct import session
from konbinid.store.errors import Unavailable
from konbinid.store.gaiji import gaiji_in_force
from konbinid.store.keyring import Keyring, KeysRefused
from konbinid.store.library_write import approved_entries


@dataclass(frozen=True, slots=True)
class Clocks:
    """now: the wall clock, aware. seconds: only going forward. sleep: waits, before the reactor runs."""

    now: Callable[[], datetime]
    seconds: Callable[[], float]
    sleep: Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What the start-up steps made. ``fonts_digest``, of the base faces, stands in every certificate's record. ``relay_tls``: where there is a relay."""

    build: Build
    fingerprint: Fingerprint
    keyring: Keyring
    press: Press
    forms: frozenset[tuple[Kind, str]]
    fonts_digest: str
    layouts: Mapping[Feed, Layout]
    tls: MutualTls
    relay_tls: MutualTls | None


def prepare(config: Config, clocks: Clocks, alert: Callable[[str], None]) -> Prepared:
    """All steps that need no database. StartRefused names the first that says no."""
    start = StartUp(clocks.seconds)
    keyring = start.run(
        Step(
            "keys", lambda: Keyring.load(config.keys), (KeysRefused,), "Both hosts need the same three keys."
        )
    )
    press = prepare_press(config, start)
    layouts = start.run(Step("layouts", lambda: _layouts(config), (FileRefused,)))
    tls = start.run(Step("tls", lambda: _tls(config, clocks, alert), (TlsRefused,)))
    relay_tls, relay = None, config.relay
    if relay is not None:
        municipality = config.service.municipality
        made = Step("relay tls", lambda: _relay_tls(relay, municipality, clocks, alert), (TlsRefused,))
        relay_tls = start.run(made)
    build = this_build()
    own = fingerprint(config, build, press=press.fingerprint(), keys=keyring.fingerprint())
    service = config.service
    start.log.info(
        "startup.prepared",
        host=service.host,
        build=str(build),
        fingerprint=own.value,
        environment=service.environment,
    )
    return Prepared(
        build=build,
        fingerprint=own,
        keyring=keyring,
        press=press,
        forms=press.versions,
        fonts_digest=press.faces.fingerprint(),
        layouts=layouts,
        tls=tls,
        relay_tls=relay_tls,
    )


def prepare_fonts(config: Config, start: StartUp) -> FaceSet:
    """The faces that the configuration names. StartRefused."""
    return start.run(Step("fonts", lambda: base_faces(config), (FontRefused, FileRefused, BadFont)))


def prepare_press(config: Config, start: StartUp) -> Press:
    """The press alone, for whoever tries out what will be printed. StartRefused."""
    faces = prepare_fonts(config, start)
    forms = start.run(Step("forms", lambda: _forms(config), (FileRefused,)))
    return start.run(Step("templates", lambda: Press(faces, forms, config.limits.pages), (BadLabel,)))


def gaiji_face(config: Config) -> Face | None:
    """The city's 外字 in force, for whoever tries out at a prompt what would be printed; None without any, or when no database answers."""
    try:
        with session(config.database.dsns_of("office"), "gaiji") as made:
            found = gaiji_in_force(made)
    except Unavailable:
        return None
    return None if found is None else opened_font(*found)


def press_in_force(config: Config, start: StartUp) -> Press:
    """``prepare_press`` with the 外字 in force. StartRefused, BadFont."""
    press, gaiji = prepare_press(config, start), gaiji_face(config)
    return press if gaiji is None else press.with_gaiji(gaiji)


def check_database(config: Config, prepared: Prepared, clocks: Clocks) -> None:
    """All steps that need the database: it answers, its schema is this build's, lease and library are there. StartRefused."""
    start = StartUp(clocks.seconds)
    ops, office = (config.database.dsns_of(role) for role in ("ops", "office"))
    start.run(
        Step(
            "database",
            lambda: database_answers(
                ops, within=config.database.start_seconds, clock=clocks.seconds, sleep=clocks.sleep
            ),
        )
    )
    start.run(Step("schema", lambda: schema_fits(ops)))
    start.run(Step("lease", lambda: lease_is_there(ops)))
    start.run(Step("witness", lambda: database_is_known(ops, config.state), (WitnessRefused,)))
    start.run(Step("library", lambda: _check_library(office, prepared.forms, clocks.now())))
    start.run(Step("gaiji", lambda: _check_gaiji(office, prepared.press.faces), (BadFont,)))


def check_doors(config: Config, clocks: Clocks) -> None:
    """The ports are free. StartRefused."""
    start = StartUp(clocks.seconds)
    soap, admin = config.soap, config.admin
    start.run(Step("soap port", lambda: door_is_free("soap port", soap.address, soap.port)))
    start.run(Step("admin port", lambda: door_is_free("admin port", admin.address, admin.port)))
    relay = config.relay
    if relay is not None:
        start.run(Step("relay port", lambda: door_is_free("relay port", relay.address, relay.port)))


def library_faults(
    entries: Sequence[LibraryEntry], forms: frozenset[tuple[Kind, str]], at: datetime
) -> list[str]:
    """What keeps offered kinds from being issued now, in sentences; empty when the library is whole."""
    if not entries:
        return ["The library is empty."]
    shelf = shelf_at(entries, 0, at)
    offered = [kind for kind in Kind if _is_offered(shelf, kind)]
    # A city that passes registers' papers on and draws none needs nobody to sign.
    signed = not offered or any(kind not in REGISTER_KINDS for kind in offered)
    whole: dict[str, object] = {"holidays": shelf.holidays}
    if signed:
        whole = {"mayor": shelf.mayor, "official_seal": shelf.official_seal, **whole}
    faults = [f"No {item} is in force." for item, found in whole.items() if found is None]
    for kind in offered:
        faults += _kind_faults(kind, shelf, forms)
    return faults


def _is_offered(shelf: Shelf, kind: Kind) -> bool:
    offer = shelf.kinds[kind].offer
    return offer is not None and offer.offered


def _kind_faults(kind: Kind, shelf: Shelf, forms: frozenset[tuple[Kind, str]]) -> list[str]:
    own = shelf.kinds[kind]
    needed: dict[str, object] = {"fee": own.fee, "hours": own.hours}
    if kind not in REGISTER_KINDS:
        needed["form"] = own.form_version
    if KIND_RULES[kind].takes_year:
        needed["tax_years"] = shelf.tax_years
    faults = [
        f"{TITLES[kind]} is offered, but no {item} is in force."
        for item, value in needed.items()
        if value is None
    ]
    version = own.form_version
    if kind not in REGISTER_KINDS and version is not None and (kind, version) not in forms:
        faults.append(
            f"{TITLES[kind]} is to be printed with form {version}, which is not in [forms] folder; "
            "put the file there, or name another version."
        )
    return faults


def _check_library(servers: Sequence[str], forms: frozenset[tuple[Kind, str]], at: datetime) -> None:
    advice = "Run `konbinid library import FILE`."
    try:
        with session(servers, "start") as made:
            entries = approved_entries(made)
    except BadLibraryValue as bad:
        raise StartRefused("library", f"An entry is not what an import would take: {bad}.", advice) from bad
    faults = library_faults(entries, forms, at)
    if faults:
        raise StartRefused("library", " ".join(faults), advice)


def _check_gaiji(servers: Sequence[str], bases: FaceSet) -> None:
    """The city's 外字 in force can be printed with these base faces. BadFont, when fonts.toml declares some of them as a face's own."""
    with session(servers, "start") as made:
        found = gaiji_in_force(made)
    if found is not None:
        FaceSet(bases.bases, opened_font(*found))


def base_faces(config: Config) -> FaceSet:
    """The base faces that the configuration names, without 外字. FontRefused, FileRefused, BadFont."""
    folders = (*config.font_folders, config.fonts.parent)
    return FaceSet(open_faces(load_fonts(config.fonts), folders, os.environ))


def _forms(config: Config) -> dict[tuple[Kind, str], Form]:
    forms = load_forms(config.forms)
    if not forms:
        raise StartRefused("forms", f"{config.forms} holds no form (*.toml).")
    return forms


def _layouts(config: Config) -> dict[Feed, Layout]:
    return {feed: _layout_of(feed, setting.layout) for feed, setting in config.feeds.items()}


def _layout_of(feed: Feed, path: Path) -> Layout:
    found = layout.load(path)
    if found.feed is not feed:
        raise StartRefused("layouts", f"{path} is the layout of {found.feed}, but [feeds.{feed}] names it.")
    return found


def _tls(config: Config, clocks: Clocks, alert: Callable[[str], None]) -> MutualTls:
    soap = config.soap
    settings = TlsSettings(soap.certificate, soap.key, soap.client_ca, soap.crl, soap.clients)
    return MutualTls(settings, now=clocks.now, seconds=clocks.seconds, alert=alert)


def _relay_tls(
    relay: RelayPort, municipality: str, clocks: Clocks, alert: Callable[[str], None]
) -> MutualTls:
    clients = relay.clients(municipality)
    settings = TlsSettings(relay.certificate, relay.key, relay.client_ca, relay.crl, clients)
    return MutualTls(settings, now=clocks.now, seconds=clocks.seconds, alert=alert)
