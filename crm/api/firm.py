"""The firm: who asks, who works here, and the words that records are told with."""

from typing import Annotated

from flask import g
from pydantic import Field

from crm import queries, web
from crm.api.operations import operation
from crm.api.schemas import Asking, Reading
from crm.enums import Picklist, Role
from crm.models import ApiToken


class Person(Reading):
    """Somebody who can own records and keep promises."""

    user_id: int
    full_name: str


class People(Reading):
    """Everybody who works here, by name."""

    items: list[Person]


class Me(Reading):
    """Whose token it is, and what it opens."""

    user_id: int
    full_name: str
    email: str
    role: Role
    time_zone: str
    scopes: list[str]


class WordsAsked(Asking):
    """Of which list."""

    picklist: Picklist
    under: Annotated[
        str,
        Field(max_length=255, description="Also those offered under this alone: the activities of a type."),
    ] = ""


class Words(Reading):
    """The words of one of the firm's lists, in their order."""

    items: list[str]


@operation("GET", "/me", noun="people", name="read_me", answers=Me)
def me() -> Me:
    """Who you are by this token."""
    token: ApiToken = g.api_token
    person = web.person()
    return Me(
        user_id=person.user_id,
        full_name=person.full_name,
        email=person.email,
        role=person.role,
        time_zone=person.time_zone,
        scopes=token.scopes,
    )


@operation("GET", "/people", noun="people", name="list_people", answers=People)
def people() -> People:
    """The people of the firm, for `owner_id` and the like."""
    return People(items=[Person.model_validate(one) for one in queries.users.colleagues()])


@operation("GET", "/words", noun="people", name="list_words", query=WordsAsked, answers=Words)
def words(asked: WordsAsked) -> Words:
    """The firm's own words: segments, contexts, sources, reasons to close, categories, activities …"""
    under = asked.under.replace("\x00", "") or None
    return Words(items=queries.picklists.words(asked.picklist, under=under))
