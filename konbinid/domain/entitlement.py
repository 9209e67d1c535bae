"""Who may have what, now: one rule after the other, in the contract's order (contract 1, below the table of codes).

A rule looks at a case and says why not, or nothing. Deciding stops at the first that speaks; explaining asks them all.
"""

from __future__ import annotations

from collections.abc import Callable

from konbinid.domain import register_rules
from konbinid.domain.case import EVERYTHING, Asked, Case
from konbinid.domain.dates import age_on
from konbinid.domain.granted import Granted, PassedOn, drawn, passed_on
from konbinid.domain.holds import is_change, reaching
from konbinid.domain.hours import opening_today
from konbinid.domain.kinds import (
    HOUSEHOLD_KINDS,
    KIND_RULES,
    REGISTER_KINDS,
    Kind,
    Scope,
    Switch,
)
from konbinid.domain.library import KindShelf
from konbinid.domain.person import Person, ResidentState, SealNameKind
from konbinid.domain.register_papers import birth_date_of, registration_of
from konbinid.domain.request import Refused
from konbinid.domain.results import Code
from konbinid.domain.tax_rules import no_tax_record, offered_years, year_not_allowed

Rule = Callable[[Case, Asked], str | None]


def _shelf(case: Case, asked: Asked) -> KindShelf:
    return case.shelf.kinds[asked.kind]


def other_municipality(case: Case, asked: Asked) -> str | None:
    """1501."""
    return None if asked.municipality == case.municipality else "other_municipality"


def suspended(case: Case, asked: Asked) -> str | None:
    """1202: by staff, by the daemon itself, or by the city's plan."""
    if EVERYTHING in case.suspended:
        return "everything_suspended"
    if asked.kind in case.suspended:
        return "kind_suspended"
    return "planned_stop" if case.shelf.stop_of(asked.kind) is not None else None


def closed(case: Case, asked: Asked) -> str | None:
    """1201. A kind without hours is not offered; that is the next rule's word."""
    hours, holidays = _shelf(case, asked).hours, case.shelf.holidays_of(asked.kind)
    if hours is None or holidays is None:
        return None
    return None if opening_today(hours, holidays, case.at).open_now else "outside_hours"


def not_offered(case: Case, asked: Asked) -> str | None:
    """1105. What the library does not fully say is not offered: a paper needs a fee and hours; one that we draw a form, a mayor and a seal, too."""
    shelf = _shelf(case, asked)
    if shelf.offer is None or not shelf.offer.offered:
        return "not_offered"
    drawn = (shelf.form_version, case.shelf.mayor, case.shelf.official_seal)
    whole = (shelf.fee, shelf.hours, case.shelf.holidays, *(() if asked.kind in REGISTER_KINDS else drawn))
    yearless = KIND_RULES[asked.kind].takes_year and not offered_years(case.shelf)
    return "library_incomplete" if yearless or any(part is None for part in whole) else None


def credential_unknown(case: Case, asked: Asked) -> str | None:
    """1001. A 利用登録 makes a credential known for the register kinds only."""
    if asked.kind in REGISTER_KINDS and registration_of(case) is not None:
        return None
    return "credential_unknown" if case.credential is None else None


def credential_invalid(case: Case, _: Asked) -> str | None:
    """1002: revoked, past its last day, or (by policy) not before the day after its issue."""
    credential = case.credential
    if credential is None:
        return None
    if not credential.valid:
        return "credential_revoked"
    if credential.expires_on is not None and case.today > credential.expires_on:
        return "credential_expired"
    issued = credential.issued_on
    if issued is not None and (
        case.today < issued or (case.shelf.policy.credential_next_day and case.today == issued)
    ):
        return "credential_not_yet_valid"
    return None


def stale(case: Case, asked: Asked) -> str | None:
    """1203."""
    return "source_too_old" if asked.kind in case.stale else None


def no_register(case: Case, asked: Asked) -> str | None:
    """1101: not, or no longer, on the register; for inkan also no seal that can be printed."""
    if asked.kind in REGISTER_KINDS:
        return register_rules.no_register(case, asked)
    applicant = case.applicant
    if applicant is None:
        return "not_on_register"
    if not applicant.state.is_living:
        return f"resident_{applicant.state.name.lower()}"
    return _no_seal(case, applicant) if asked.kind is Kind.INKAN else None


def _no_seal(case: Case, applicant: Person) -> str | None:
    seal = case.seal
    if seal is None:
        return "no_seal"
    if seal.impression is None or seal.defect:
        return "seal_defective"
    # I-06: a changed name ends the seal by itself until the seal office has spoken after the change.
    if case.names_stamp is not None and seal.file_stamp <= case.names_stamp:
        return "seal_older_than_name"
    return None if _seal_name(applicant, seal.name_kind) else "seal_name_not_recorded"


def _seal_name(applicant: Person, name_kind: SealNameKind) -> str:
    """The name that a seal was registered in; empty when the paper of this resident's class does not show such a name."""
    names = {SealNameKind.NAME: applicant.name}
    if applicant.is_foreign:
        names |= {SealNameKind.ALIAS: applicant.alias, SealNameKind.KATAKANA: applicant.name_katakana}
    else:
        names |= {SealNameKind.FORMER_NAME: applicant.former_name}
    return names.get(name_kind, "")


def may_not_be_issued(case: Case, asked: Asked) -> str | None:
    """1102: any hold but 異動処理中 and doubt."""
    found = [hold for hold in reaching(case, asked) if not is_change(hold)]
    return f"hold_{found[0].source}_{found[0].category}" if found else None


def under_age(case: Case, asked: Asked) -> str | None:
    """1103, by the applicant's latest possible birthday. A city whose minimum is 0 has none."""
    applicant, policy = case.applicant, case.shelf.policy
    born = birth_date_of(case, asked.kind, applicant)
    if born is None or policy.minimum_age == 0:
        return None
    age = age_on(born, case.today, eve=policy.age_reached_on_eve)
    return "under_age" if age < policy.minimum_age else None


def change_in_progress(case: Case, asked: Asked) -> str | None:
    """1104: of the person or the household, a provisional hold, or a household that contradicts itself."""
    if any(is_change(hold) for hold in reaching(case, asked)):
        return "hold_change_or_doubt"
    concerned = case.concerned(asked)
    if any(person.change_in_progress for person in concerned):
        return "change_in_progress"
    if any(person.state is ResidentState.LEAVING for person in concerned):
        return "leaving"
    # Contract 2: a household's 住登 members without exactly one 世帯主 are held, whatever they ask for.
    applicant, household = case.applicant, case.household
    if applicant is not None and applicant.state.is_living and household and household.householder is None:
        return "householder_unclear"
    if asked.kind in REGISTER_KINDS:
        return register_rules.change_in_progress(case, asked)
    return _household_change(case) if asked.kind in HOUSEHOLD_KINDS else None


def _household_change(case: Case) -> str | None:
    if case.household is None:
        return None
    if case.household_in_doubt:
        return "household_in_doubt"
    if case.has_leaving_member and case.shelf.policy.leaving_member_closes_household:
        return "leaving_member"
    if any(person.change_in_progress for person in case.household.living):
        return "change_in_household"
    if len({person.full_address for person in case.household.living}) > 1:
        return "addresses_differ"
    return None


def no_such_member(case: Case, asked: Asked) -> str | None:
    """1106: a number unknown, doubled or gone, MEMBERS without numbers."""
    options = asked.options
    if (
        options is None
        or options.scope is not Scope.MEMBERS
        or Scope.MEMBERS not in KIND_RULES[asked.kind].scopes
    ):
        return None
    if not options.members:
        return "no_member_chosen"
    if len(set(options.members)) != len(options.members):
        return "member_doubled"
    if asked.kind in REGISTER_KINDS:
        return register_rules.no_such_member(case, asked)
    return None if len(case.printed(asked)) == len(options.members) else "member_unknown"


def allowed_switches(case: Case, kind: Kind) -> frozenset[Switch]:
    """Which switches the city allows for a kind today."""
    offer = case.shelf.kinds[kind].offer
    if offer is None:
        return frozenset()
    allowed = KIND_RULES[kind].switches & offer.switches
    return allowed if case.shelf.policy.individual_number_offered else allowed - {Switch.INDIVIDUAL_NUMBER}


def option_not_allowed(case: Case, asked: Asked) -> str | None:
    """1107."""
    options, rule, offer = asked.options, KIND_RULES[asked.kind], _shelf(case, asked).offer
    if options is None or offer is None:
        return None
    if not 1 <= asked.copies <= offer.max_copies:
        return "copies"
    if (options.scope is None) != (not rule.scopes) or (options.scope and options.scope not in rule.scopes):
        return "scope"
    if options.members and options.scope is not Scope.MEMBERS:
        return "numbers_without_members"
    if not options.show <= allowed_switches(case, asked.kind):
        return "switch"
    return year_not_allowed(case, asked)


def fee_differs(case: Case, asked: Asked) -> str | None:
    """1108."""
    return None if asked.fee is None or asked.fee == _shelf(case, asked).fee else "fee_differs"


# The contract's order. 1401 and 1404 stand before these and are the ledger's; 1301 and 1302 are found on paper.
RULES: tuple[tuple[Code, Rule], ...] = (
    (Code.OTHER_MUNICIPALITY, other_municipality),
    (Code.SUSPENDED, suspended),
    (Code.CLOSED, closed),
    (Code.NOT_OFFERED, not_offered),
    (Code.CREDENTIAL_UNKNOWN, credential_unknown),
    (Code.CREDENTIAL_INVALID, credential_invalid),
    (Code.STALE, stale),
    (Code.NO_REGISTER, no_register),
    (Code.MAY_NOT_BE_ISSUED, may_not_be_issued),
    (Code.UNDER_AGE, under_age),
    (Code.CHANGE_IN_PROGRESS, change_in_progress),
    (Code.NO_SUCH_MEMBER, no_such_member),
    (Code.OPTION_NOT_ALLOWED, option_not_allowed),
    (Code.NO_TAX_RECORD, no_tax_record),
    (Code.FEE_DIFFERS, fee_differs),
)
# What is looked at again before a document is given a second time (contract 1, operation 3).
REPLAY_CODES = (
    Code.SUSPENDED,
    Code.CREDENTIAL_UNKNOWN,
    Code.CREDENTIAL_INVALID,
    Code.MAY_NOT_BE_ISSUED,
    Code.CHANGE_IN_PROGRESS,
)


def explain(case: Case, asked: Asked) -> tuple[tuple[Code, str | None], ...]:
    """Every rule's word, in order; None where it has nothing against it."""
    return tuple((code, rule(case, asked)) for code, rule in RULES)


def refusal(case: Case, asked: Asked, codes: tuple[Code, ...] | None = None) -> Refused | None:
    """The first refusal in the contract's order, of all rules or of some codes only."""
    for code, rule in RULES:
        if codes is None or code in codes:
            said = rule(case, asked)
            if said is not None:
                return Refused(code, said)
    return None


def decide(case: Case, asked: Asked) -> Granted | PassedOn | Refused:
    """The decision about one request. ``asked.options`` must be given."""
    refused = refusal(case, asked) or register_rules.not_to_be_passed_on(case, asked)
    if refused is not None:
        return refused
    fee = _shelf(case, asked).fee
    assert fee is not None
    return passed_on(case, asked, fee) if asked.kind in REGISTER_KINDS else drawn(case, asked, fee)
