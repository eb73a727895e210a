"""The rules of a contact that no form shows: who is dated when, and what the trail says."""

from collections.abc import Callable
from datetime import date

import pytest

from crm import queries, services
from crm.enums import AdvocacyStatus
from crm.errors import Refused
from crm.models import User
from crm.services.contacts import Entry
from tests.factories import Make

Acting = Callable[[User | None], None]
DAY = date(2026, 11, 2)


def test_a_move_is_dated_by_the_person_who_knows_the_day(make: Make, nell: User, acting_as: Acting) -> None:
    kit = make.contact("Kit", "Farraday", owner_id=nell.user_id)
    first = kit.organization_id
    inn = make.organization("Inn")
    acting_as(nell)
    services.contacts.leave(kit, on=DAY, to=inn.organization_id, position="Chef", seen=kit.version, by=nell)
    steps = queries.contacts.steps(kit.contact_id)
    assert [(one.organization_id, one.started_on, one.ended_on) for one in steps] == [
        (inn.organization_id, DAY, None),
        (first, None, DAY),
    ]


def test_who_comes_back_works_there_again(make: Make, nell: User, acting_as: Acting) -> None:
    kit = make.contact("Kit", "Farraday", owner_id=nell.user_id)
    first = kit.organization_id
    acting_as(nell)
    services.contacts.leave(kit, on=DAY, seen=kit.version, by=nell)
    services.contacts.leave(kit, on=DAY, to=first, seen=kit.version, by=nell)
    assert kit.left_on is None
    assert kit.organization_id == first


def test_a_superior_works_at_the_same_organization(make: Make, nell: User, acting_as: Acting) -> None:
    elsewhere = make.contact("El", "Sewhere")
    inn = make.organization("Inn")
    acting_as(nell)
    entry = Entry(first_name="Kit", organization_id=inn.organization_id, reports_to_id=elsewhere.contact_id)
    with pytest.raises(Refused) as refused:
        services.contacts.create(entry, by=nell)
    assert refused.value.field == "reports_to_id"


def test_nobody_speaks_of_an_organization_that_is_no_principal(
    make: Make, nell: User, acting_as: Acting
) -> None:
    kit, inn = make.contact("Kit", owner_id=nell.user_id), make.organization("Inn")
    acting_as(nell)
    with pytest.raises(Refused) as refused:
        services.contacts.advocate(
            kit, AdvocacyStatus.CHAMPION, principal_id=inn.organization_id, on=DAY, seen=kit.version
        )
    assert refused.value.field == "principal_id"
