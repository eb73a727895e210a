"""A small book for the browser tests: enough of everything that the first thread shows."""

import contextvars
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import crm
from crm.db import db, transaction
from crm.enums import AuthorizationState, SampleVerdict
from crm.models import DistributorPrincipal, ProductDistributor, User
from tests.databases import Database
from tests.factories import PASSWORD, Make

__all__ = ["PASSWORD", "Book", "write_book"]


@dataclass(frozen=True)
class Book:
    """The numbers and names that tests ask for."""

    rep: str
    manager: str
    admin: str
    principal_id: int
    principal: str
    cold_id: int
    busy_id: int
    """A principal with 25 interactions: more than one part of a timeline."""
    contact: str
    organization_id: int
    """Owned by the rep, with a contact, an opportunity and what happened."""
    contact_id: int
    product_id: int
    """A product of `principal_id`, at the distributor under a number."""
    sample_id: int
    distributor_id: int
    """Its authorization of `principal_id` has lapsed."""


def write_book(database: Database) -> Book:
    """Write the book as the owner and commit it."""
    app = crm.create_app("commands", database.settings("commands"))
    return contextvars.Context().run(_write, app)


def _write(app: crm.Flask) -> Book:
    with app.app_context():
        with transaction():
            make = Make(db.session.connection())
            book = _fill(make)
        db.engine.dispose()
    return book


def _fill(make: Make) -> Book:
    now = datetime.now(UTC)
    today = now.date()
    mara = make.user("Mara Lindqvist", email="mara@pantry.example", role="manager")
    nell = make.user("Nell Carrow", email="nell@pantry.example", manager=mara)
    ada = make.user("Ada Reyes", email="ada@pantry.example", role="admin")
    bakery = make.principal("Amberfold Bakery Co.", owner=nell)
    mill = make.principal("Oldfen Grains", owner=nell)
    make.principal("Yarrow & Rye", owner=nell)
    croissant = make.product("Laminated croissant", principal=bakery, category="Bread")
    make.product("Coarse polenta", principal=mill, category="Grains")
    harbor = make.distributor("Harborline Foods", city="Port Ellery")
    make.save(
        ProductDistributor(
            product_id=croissant.product_id, distributor_id=harbor.organization_id, item_number="778-10"
        )
    )
    make.save(
        DistributorPrincipal(
            principal_id=bakery.organization_id,
            distributor_id=harbor.organization_id,
            state=AuthorizationState.AUTHORIZED,
            expires_on=today - timedelta(days=30),
        )
    )
    school = make.organization("Marlowe Bend School District", city="Marlowe Bend", owner=nell)
    marisol = make.contact(
        "Marisol",
        "Quintero-Vane",
        organization=school,
        position="Food service director",
        phone="555-0101",
        owner_id=nell.user_id,
    )
    menu = make.opportunity("Spring breakfast menu", organization=school, products=[croissant], owner=nell)
    make.interaction(
        opportunity=menu, contact=marisol, author=nell, on=now - timedelta(days=20), notes="First call"
    )
    make.interaction(principals=[mill], organization=school, author=nell, on=now - timedelta(days=12))
    for days, note in (
        (-8, "Pick up tasting feedback"),
        (0, "Call about the menu"),
        (3, "Share allergen matrix"),
    ):
        make.interaction(
            opportunity=menu,
            contact=marisol,
            author=nell,
            owner=nell,
            on=now - timedelta(days=21),
            is_touch=False,
            follow_up_date=today + timedelta(days=days),
            follow_up_note=note,
        )
    sample = make.sample(menu, product=croissant, verdict=SampleVerdict.LIKED, feedback="More butter, please")
    soups = make.principal("Kettlewick Soups")
    for days in range(25):
        make.interaction(principals=[soups], author=mara, on=now - timedelta(days=40 + days))
    return Book(
        rep=_email(nell),
        manager=_email(mara),
        admin=_email(ada),
        principal_id=bakery.organization_id,
        principal=bakery.name,
        cold_id=mill.organization_id,
        busy_id=soups.organization_id,
        contact=marisol.full_name,
        organization_id=school.organization_id,
        contact_id=marisol.contact_id,
        product_id=croissant.product_id,
        sample_id=sample.sample_id,
        distributor_id=harbor.organization_id,
    )


def _email(user: User) -> str:
    return user.email
