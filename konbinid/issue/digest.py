"""By what two requests are known to be the same."""

from __future__ import annotations

import json

from konbinid.domain.request import IssueRequest, Kiosk, RegistrationApplication
from konbinid.store.keyring import Keyring


def request_digest(keyring: Keyring, request: IssueRequest) -> bytes:
    """Keyed digest of every element but the transactionId, as parsed; switches and member numbers as sets (contract 1, operation 3)."""
    options = request.options
    canonical = {
        "municipality": request.envelope.municipality,
        "kiosk": _place(request.kiosk),
        "credential": [request.credential.type, request.credential.serial],
        "kind": request.kind,
        "copies": request.copies,
        "fee": request.fee,
        "scope": options.scope,
        "members": sorted(set(options.members)),
        "show": sorted(options.show),
        "year": options.year,
    }
    return keyring.digest("request", json.dumps(canonical, ensure_ascii=False, sort_keys=True))


def application_digest(keyring: Keyring, application: RegistrationApplication) -> bytes:
    """The same of applyForRegistration."""
    person = application.applicant
    canonical = {
        "municipality": application.envelope.municipality,
        "kiosk": _place(application.kiosk),
        "credential": [application.credential.type, application.credential.serial],
        "applicant": [person.name, person.kana, person.birth_date.isoformat(), person.address, person.phone],
        "domicile": application.domicile,
        "head_of_register": application.head_of_register,
    }
    return keyring.digest("application", json.dumps(canonical, ensure_ascii=False, sort_keys=True))


def _place(kiosk: Kiosk) -> list[str]:
    return [kiosk.chain_code, kiosk.store_code, kiosk.store_name, kiosk.terminal_id, kiosk.channel]
