"""Which papers are tried out to explain 1301 and 1302: only what could be asked for, and the widest of it."""

from __future__ import annotations

from case_strategies import matters
from cases import HEAD, NEWEST_YEAR, case, family_with, kind_shelf, shelf, tax_record
from hypothesis import given

from konbinid.domain.case import Asked
from konbinid.domain.entitlement import decide, option_not_allowed
from konbinid.domain.kinds import HOUSEHOLD_KINDS, KIND_RULES, REGISTER_KINDS, Kind, Scope, Switch
from konbinid.domain.library import Offer
from konbinid.domain.request import Refused
from konbinid.domain.results import Code
from konbinid.domain.trials import ALONE, HOUSEHOLD, trials


@given(matters())
def test_what_is_tried_could_be_asked_for(matter):
    """A trial that no kiosk can ask for would explain a refusal that nobody met: whatever refuses it, its choice never does."""
    one, _ = matter
    for kind in Kind:
        for trial in trials(one, kind):
            assert option_not_allowed(one, trial.asked) is None
            refused = decide(one, trial.asked)
            assert not isinstance(refused, Refused) or refused.code not in {
                *(Code.NO_SUCH_MEMBER, Code.NO_TAX_RECORD, Code.NO_REGISTER, Code.NOT_OFFERED)
            }


def test_the_whole_household_with_everything_that_the_city_allows():
    """The widest choice, and the narrowest beside it."""
    wide, narrow = trials(case(), Kind.JUMINHYO)
    assert (wide.choice, wide.asked.options.scope) == (HOUSEHOLD, Scope.HOUSEHOLD)
    assert wide.asked.options.show == KIND_RULES[Kind.JUMINHYO].switches
    assert (narrow.choice, narrow.asked.options.members, narrow.asked.options.show) == (
        ALONE,
        (1,),
        frozenset(),
    )
    fewer = Offer(
        offered=True, max_copies=1, switches=frozenset({Switch.HOUSEHOLDER, Switch.INDIVIDUAL_NUMBER})
    )
    kinds = {Kind.JUMINHYO: kind_shelf(Kind.JUMINHYO, offer=fewer)}
    one = case(shelf=shelf(kinds=kinds, policy={"individual_number_offered": False}))
    assert trials(one, Kind.JUMINHYO)[0].asked.options.show == {Switch.HOUSEHOLDER}


def test_who_has_no_number_yet_cannot_be_chosen_alone():
    """Only the household is left to try."""
    one = case(household=family_with(HEAD, member_number=0))
    assert [trial.choice for trial in trials(one, Kind.JUMINHYO)] == [HOUSEHOLD]


def test_every_year_that_has_a_record():
    """A year without one has nothing to print."""
    one = case(
        taxes=(tax_record(NEWEST_YEAR), tax_record(NEWEST_YEAR - 2), tax_record(NEWEST_YEAR - 3, defect="x"))
    )
    assert [trial.choice for trial in trials(one, Kind.KAZEI)] == ["令和8年度", "令和6年度"]


def test_nothing_is_composed_that_was_refused_before():
    """Composing needs mayor, seal and form, the register's person and a household that is clear: without them there is nothing to look at."""
    drawn = [kind for kind in Kind if kind not in REGISTER_KINDS]
    for one in (
        case(credential=None),
        case(shelf=shelf(mayor=None)),
        case(shelf=shelf(kinds={kind: kind_shelf(kind, form_version=None) for kind in Kind})),
        case(household=family_with(HEAD, relationship="子")),
        case(household=family_with(HEAD, change_in_progress=True)),
    ):
        assert [trials(one, kind) for kind in drawn] == [()] * len(drawn)
    assert trials(case(seals=()), Kind.INKAN) == ()
    assert [trials(case(), kind) for kind in REGISTER_KINDS] == [()] * len(REGISTER_KINDS)


def test_a_hold_or_the_hour_does_not_hide_a_missing_glyph():
    """Whoever is told to come back tomorrow, or is freed of a hold, must not meet the next refusal then."""
    night = case(at=case().at.replace(hour=3))
    for kind in HOUSEHOLD_KINDS:
        assert len(trials(night, kind)) == 2
    assert Asked(night.municipality, Kind.INKAN).options is None
