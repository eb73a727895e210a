"""Organizations: operators, principals and distributors."""

from typing import Any

import sqlalchemy as sa
from pydantic import BaseModel

from crm import queries, services, web
from crm.api.operations import operation
from crm.api.records import Noun, add, archived, made, page, page_model, patched
from crm.api.schemas import Asking, asking, reading, writing
from crm.enums import Picklist, RecordKind
from crm.models import Organization
from crm.queries.lists import DISTRIBUTORS, ORGANIZATIONS
from crm.services.organizations import Entry


def _create(said: Any) -> Organization:
    own = {} if "owner_id" in said.model_fields_set else {"owner_id": web.person().keeper_id}
    entry = made(Entry, said.model_copy(update=own))
    return services.organizations.create(entry, is_another=said.is_another)


def _change(row: Organization, said: BaseModel, seen: int) -> object:
    return services.organizations.change(row, patched(Entry, row, said), seen=seen)


NOUN = Noun(
    name="organizations",
    one="organization",
    key="organization_id",
    listing=ORGANIZATIONS,
    details=sa.select(Organization),
    reads=reading("Organization", Organization),
    row=queries.organizations.record,
    owners=lambda row: (row.owner_id, row.second_owner_id),
    words={"segment": Picklist.SEGMENT},
    creates=writing("NewOrganization", Entry, is_another=(bool, False)),
    create=_create,
    changes=writing("OrganizationChange", Entry, is_partial=True),
    change=_change,
    archive=archived,
    restore=lambda row: services.records.restore(RecordKind.ORGANIZATION, row.organization_id),
)
DISTRIBUTOR = Noun(
    name="distributors",
    one="distributor",
    key="organization_id",
    listing=DISTRIBUTORS,
    details=NOUN.details,
    reads=NOUN.reads,
    row=NOUN.row,
    owners=NOUN.owners,
)
"""The same records as a list of their own, with the filters of that."""

add(NOUN)


@operation(
    "GET",
    "/principals",
    noun="organizations",
    name="list_principals",
    query=asking(ORGANIZATIONS, leave=("kind",)),
    answers=page_model(NOUN),
)
def principals(asked: Asking) -> BaseModel:
    """The food makers that we represent."""
    return page(NOUN, asked, kind="principal")


@operation(
    "GET",
    "/distributors",
    noun="organizations",
    name="list_distributors",
    query=asking(DISTRIBUTORS),
    answers=page_model(DISTRIBUTOR),
)
def distributors(asked: Asking) -> BaseModel:
    """The distributors that we sell through."""
    return page(DISTRIBUTOR, asked)


def principal(number: int) -> Organization:
    """The principal of that number. Raises `NoResultFound` for an organization that is none."""
    row = queries.organizations.record(number)
    if not row.is_principal:
        raise sa.exc.NoResultFound
    return row


def distributor(number: int) -> Organization:
    """The distributor of that number. Raises `NoResultFound` for an organization that is none."""
    row = queries.organizations.record(number)
    if not row.is_distributor:
        raise sa.exc.NoResultFound
    return row
