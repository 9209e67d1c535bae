"""Papers that are tried out to explain 1301 and 1302: which ones, and what was found to be in the way.

Nobody gets such a paper. A trial is of the widest usual choice, so that whatever can be in the way is found, and where there is a narrower one that
would still be printed, of that one, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from konbinid.domain.case import Asked, Case
from konbinid.domain.entitlement import allowed_switches, refusal
from konbinid.domain.kinds import HOUSEHOLD_KINDS, REGISTER_KINDS, Kind, Scope, Switch
from konbinid.domain.redact import Redacted
from konbinid.domain.register_papers import own_rows, register_of
from konbinid.domain.register_rules import not_to_be_passed_on
from konbinid.domain.registers import RegisterState
from konbinid.domain.request import Options
from konbinid.domain.results import Code
from konbinid.domain.tax_rules import no_tax_record, offered_years

HOUSEHOLD, ALONE = "世帯全員・すべての項目", "本人のみ・選択項目なし"
_ALL, _WITH_DOMICILE = "全員", "・本籍と筆頭者あり"

# What must be settled before there is anything to compose: mayor, seal and form; the person, the seal; who the household is.
_DRAWN_NEEDS = (Code.NOT_OFFERED, Code.NO_REGISTER, Code.CHANGE_IN_PROGRESS)


class Obstacle(StrEnum):
    """What keeps a paper from being printed; words of the same kind as a rule's."""

    NO_GLYPH = "no_glyph"
    DOES_NOT_FIT = "does_not_fit"
    NO_PLACE = "no_place"
    TOO_MANY_SHEETS = "too_many_sheets"
    FORM_NOT_HERE = "form_not_here"  # says nothing about the paper: it could not be tried


@dataclass(frozen=True, slots=True, repr=False)
class Hindrance(Redacted):
    """One obstacle. ``rule`` is an Obstacle, or the word of a register's rule; ``where`` names the cell as the press does (or the form's version),
    ``characters`` the code points without a glyph. Never a value."""

    rule: str
    where: str = ""
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Trial(Redacted):
    """One paper to try. ``choice`` says which in Japanese, empty where the kind has no choice."""

    choice: str
    asked: Asked


@dataclass(frozen=True, slots=True, repr=False)
class Tried(Redacted):
    """What was in the way of one paper: ``text`` of 1301, ``sheets`` of 1302; None when it was not looked at."""

    choice: str
    text: tuple[Hindrance, ...] | None
    sheets: tuple[Hindrance, ...] | None


def trials(case: Case, kind: Kind) -> tuple[Trial, ...]:
    """The papers of a kind that we draw, to be composed and printed; none while a rule says that there is nothing to compose."""
    applicant, right = case.applicant, Asked(case.municipality, kind)
    if kind in REGISTER_KINDS or applicant is None or refusal(case, right, _DRAWN_NEEDS) is not None:
        return ()
    if kind is Kind.KAZEI:
        each_year = (
            Trial(each.title, _asked(case, kind, Options(year=each.year)))
            for each in offered_years(case.shelf)
        )
        return tuple(trial for trial in each_year if no_tax_record(case, trial.asked) is None)
    if kind not in HOUSEHOLD_KINDS:
        return (Trial("", _asked(case, kind, Options())),)
    everything = Options(Scope.HOUSEHOLD, (), allowed_switches(case, kind))
    found = [Trial(HOUSEHOLD, _asked(case, kind, everything))]
    if applicant.member_number:
        found.append(Trial(ALONE, _asked(case, kind, Options(Scope.MEMBERS, (applicant.member_number,)))))
    return tuple(found)


def tried_registers(case: Case, kind: Kind) -> tuple[Tried, ...]:
    """Every paper of a register kind, by the rule that the desk asks: whether its PDF is here, and how many sheets it has."""
    if register_of(case, kind) is None or refusal(case, Asked(case.municipality, kind), (Code.NO_REGISTER,)):
        return ()
    return tuple(_passed_on(case, trial) for trial in _register_trials(case, kind))


def _register_trials(case: Case, kind: Kind) -> list[Trial]:
    if kind is Kind.KOSEKI_ZENBU:
        return [Trial("", _asked(case, kind, Options(Scope.ALL)))]
    register, own = register_of(case, kind), own_rows(case, kind)
    assert register is not None
    members = [row for row in register.members if row.number and row.state is not RegisterState.REMOVED]
    holder = {row.member for row in own}
    choices: list[tuple[str, Scope, tuple[int, ...]]] = [
        (f"構成員 {row.member}{' (本人)' if row.member in holder else ''}", Scope.MEMBERS, (row.number,))
        for row in members
    ]
    if kind is Kind.FUHYO:
        choices = [(_ALL, Scope.ALL, ()), *choices]
    found = [Trial(choice, _asked(case, kind, Options(scope, numbers))) for choice, scope, numbers in choices]
    if Switch.DOMICILE in allowed_switches(case, kind):
        shown = frozenset({Switch.DOMICILE})
        found += [
            Trial(choice + _WITH_DOMICILE, _asked(case, kind, Options(scope, numbers, shown)))
            for choice, scope, numbers in choices
        ]
    return found


def _passed_on(case: Case, trial: Trial) -> Tried:
    refused = not_to_be_passed_on(case, trial.asked)
    if refused is None:
        return Tried(trial.choice, (), ())
    found = (Hindrance(refused.rule),)
    return (
        Tried(trial.choice, found, None)
        if refused.code is Code.UNPRINTABLE
        else Tried(trial.choice, (), found)
    )


def _asked(case: Case, kind: Kind, options: Options) -> Asked:
    return Asked(case.municipality, kind, options=options)
