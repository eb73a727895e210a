"""Finding whom it was with by three letters."""

from collections.abc import Callable

import pytest

from crm import queries
from crm.models import User
from tests.factories import Make

As = Callable[[User], None]


@pytest.fixture
def nell_searches(nell: User, acting_as: As) -> Callable[[str], list[str]]:
    def search(letters: str) -> list[str]:
        acting_as(nell)
        return [f"{subject.kind} {subject.title}" for subject in queries.whom.search(letters)]

    return search


def test_three_letters_find_contacts_organizations_principals_and_opportunities(
    make: Make, nell_searches: Callable[[str], list[str]]
) -> None:
    school = make.organization("Marlowe Bend School District")
    make.contact("Marisol", "Quintero-Vane", organization=school)
    make.principal("Marigold Farms")
    make.opportunity("Spring market menu", organization=school)
    assert nell_searches("mar") == [
        "contact Marisol Quintero-Vane",
        "principal Marigold Farms",
        "organization Marlowe Bend School District",
        "opportunity Spring market menu",
    ]


def test_names_that_begin_with_the_letters_come_before_those_that_hold_them(
    make: Make, nell_searches: Callable[[str], list[str]]
) -> None:
    for name in ("Aramark", "The Mark", "Mark's Grill"):
        make.organization(name)
    assert nell_searches("mark") == [
        "organization Mark's Grill",
        "organization The Mark",
        "organization Aramark",
    ]


@pytest.mark.parametrize("letters", ["creme", "CRÈME", "  crème   bru"])
def test_case_accents_and_blanks_do_not_matter(
    letters: str, make: Make, nell_searches: Callable[[str], list[str]]
) -> None:
    make.organization("Crème Brûlée House")
    assert nell_searches(letters) == ["organization Crème Brûlée House"]


@pytest.mark.parametrize(
    "letters", ["", "ab", "%%%", "___", "\\\\\\", "a\x00b", "🍋🍋🍋", "'; drop table users --"]
)
def test_nothing_strange_finds_everything_or_breaks(
    letters: str, make: Make, nell_searches: Callable[[str], list[str]]
) -> None:
    make.organization("Abacus Kitchen")
    assert nell_searches(letters) == []


def test_archived_ones_are_not_offered(make: Make, nell_searches: Callable[[str], list[str]]) -> None:
    from datetime import UTC, datetime

    make.organization("Marlowe Bend", deleted_at=datetime.now(UTC))
    assert nell_searches("marlowe") == []


def test_each_kind_shows_six_at_most(make: Make, nell_searches: Callable[[str], list[str]]) -> None:
    for number in range(10):
        make.organization(f"Harvest {number}")
    assert len(nell_searches("harvest")) == 6


@pytest.mark.parametrize(
    "value", ["", "contact", "contact:", "contact:x", "contact:-1", "user:1", "contact:" + "9" * 30]
)
def test_what_is_no_subject_is_nobody(value: str, nell: User, acting_as: As) -> None:
    acting_as(nell)
    assert queries.whom.get(value) is None


def test_open_opportunities_are_their_own_and_those_they_deliver_for(
    make: Make, nell: User, acting_as: As
) -> None:
    trucks, school = make.distributor(), make.organization()
    make.opportunity("Own", organization=trucks)
    make.opportunity("Delivered", organization=school, distributor_id=trucks.organization_id)
    make.opportunity("Closed", organization=trucks, stage="Closed - Won")
    make.opportunity("Somebody else's", organization=school)
    acting_as(nell)
    subject = queries.whom.get(f"organization:{trucks.organization_id}")
    assert [choice.name for choice in queries.whom.open_opportunities(subject)] == ["Own", "Delivered"]


def test_principals_offered_are_named_ones_then_placed_ones_then_the_persons_own(
    make: Make, nell: User, acting_as: As
) -> None:
    own, placed, named = make.principal("Own", owner=nell), make.principal("Placed"), make.principal("Named")
    make.principal("Nobody's business")
    school = make.organization()
    make.opportunity(organization=school, principals=[placed])
    acting_as(nell)
    subject = queries.whom.get(f"organization:{school.organization_id}")
    offered = queries.whom.principals(subject, of_user=nell.user_id, named=[named.organization_id])
    assert [choice.name for choice in offered] == ["Named", "Placed", "Own"]
    assert own.organization_id in {choice.choice_id for choice in offered}
