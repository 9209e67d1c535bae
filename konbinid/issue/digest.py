"""By what two requests are known to be the same."""

from __future__ import annotations

import json

from konbinid.domain.request import IssueRequest
from konbinid.store.keyring import Keyring


def request_digest(keyring: Keyring, request: IssueRequest) -> bytes:
    """Keyed digest of every element but the transactionId, as parsed; switches and member numbers as sets (contract 1, operation 3)."""
    kiosk, options = request.kiosk, request.options
    canonical = {
        "municipality": request.envelope.municipality,
        "kiosk": [kiosk.chain_code, kiosk.store_code, kiosk.store_name, kiosk.terminal_id, kiosk.channel],
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
