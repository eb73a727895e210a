"""The trail across records: managers and admins see who changed what, and find what they look for."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa
from bs4 import BeautifulSoup

from crm import queries
from crm.db import db
from crm.models import ContactAdvocacy, Organization, Sample, User
from crm.queries.audit import NOUNS, Asked
from crm.queries.timeline import Place
from tests.clients import Client
from tests.conftest import Counting
from tests.factories import Make, as_role

SignIn = Callable[[User], Client]
As = Callable[[User | None], None]


@pytest.fixture
def bakery(make: Make, nell: User, mara: User, acting_as: As) -> Organization:
    """An account that Nell renamed and Mara archived."""
    made = make.organization("Juniper Bakery", owner=nell)
    acting_as(nell)
    db.session.execute(sa.text("update organizations set name = 'Juniper & Rye', city = 'Toledo'"))
    acting_as(mara)
    db.session.execute(sa.text("update organizations set deleted_at = now()"))
    return made


def rows(client: Client, address: str = "/audit") -> list[str]:
    """What each change says, in words of one space between them."""
    soup = BeautifulSoup(client.get(address).text, "lxml")
    return [" ".join(row.get_text(" ").split()) for row in soup.select("main tbody tr")]


def test_who_did_what_to_which_record_from_what_to_what(
    bakery: Organization, mara: User, sign_in: SignIn
) -> None:
    client = sign_in(mara)
    told = rows(client, "/audit?noun=organizations")
    assert "Archived by Mara Lindqvist Juniper & Rye Organization Archived" in told[0]
    changed = [line for line in told if "Changed by Nell Okafor" in line]
    assert len(changed) == 1
    assert changed[0].endswith("City Empty Toledo")
    assert told[told.index(changed[0]) + 1] == "Name Juniper Bakery Juniper & Rye"
    page = BeautifulSoup(client.get("/audit?noun=organizations").text, "lxml")
    assert page.select_one(f"a[href='/organizations/{bakery.organization_id}']")


@pytest.mark.parametrize(
    ("asked", "deeds"),
    [
        ("deed=archived", ["Archived"]),
        ("deed=changed", ["Changed"]),
        ("deed=added", ["Added"]),
        ("deed=removed", []),
        ("deed=restored", []),
        ("who=system", ["Added"]),
        ("since=2020-01-01", ["Archived", "Changed", "Added"]),
        ("until=2020-01-01", []),
        ("since=2199-01-01", []),
        ("noun=contacts", []),
        ("noun=nonsense'--&who=x&deed=%00&since=31&after=now", ["Archived", "Changed", "Added"]),
    ],
)
def test_each_filter_finds_what_it_says(
    asked: str, deeds: list[str], bakery: Organization, mara: User, sign_in: SignIn
) -> None:
    noun = "" if "noun" in asked else "noun=organizations&"
    told = rows(sign_in(mara), f"/audit?{noun}{asked}")
    assert [
        deed
        for line in told
        for deed in ("Archived", "Changed", "Added")
        if f"{deed} by" in line and "Juniper" in line
    ] == deeds


def test_one_person_and_one_record(
    bakery: Organization, make: Make, nell: User, mara: User, sign_in: SignIn
) -> None:
    other = make.organization("Elsewhere")
    client = sign_in(mara)
    assert all(
        "Nell Okafor" in line or line.startswith("Name")
        for line in rows(client, f"/audit?who={nell.user_id}")
    )
    alone = rows(client, f"/audit?noun=organizations&record={other.organization_id}")
    assert len([line for line in alone if "Elsewhere" in line]) == 1
    assert not [line for line in alone if "Juniper" in line]


def test_what_is_asked_stands_as_chips_that_lead_out_of_it(
    bakery: Organization, mara: User, sign_in: SignIn
) -> None:
    page = BeautifulSoup(
        sign_in(mara).get(f"/audit?noun=organizations&record={bakery.organization_id}&deed=archived").text,
        "lxml",
    )
    chips = {chip.get_text(strip=True): chip["href"] for chip in page.select("main .chips a")}
    assert chips == {
        "Record: Juniper & Rye": "/audit?noun=organizations&deed=archived",
        "What: archived": f"/audit?noun=organizations&record={bakery.organization_id}",
    }


def test_parts_of_a_record_are_told_with_it(make: Make, nell: User, ada: User, sign_in: SignIn) -> None:
    maker = make.principal("Copperpot Preserves")
    product = make.product("Fig jam", principal=maker)
    deal = make.opportunity("Hotel breakfast", products=[product])
    chef = make.contact(first_name="Ines", last_name="Duarte")
    make.save(
        ContactAdvocacy(
            contact_id=chef.contact_id,
            principal_id=maker.organization_id,
            status="Champion",
            since_on=date(2026, 1, 5),
        )
    )
    told = " ".join(rows(sign_in(ada)))
    assert "Hotel breakfast Product of an opportunity" in told
    assert "Product Empty Fig jam" in told
    assert "Ines Duarte How a contact speaks of a principal" in told
    assert "Principal Empty Copperpot Preserves" in told
    assert deal.name in told


def test_the_trail_goes_on_page_by_page_and_misses_nothing(
    make: Make, mara: User, acting_as: As, sign_in: SignIn
) -> None:
    for number in range(7):
        make.organization(f"Account {number}")
    acting_as(mara)
    asked = Asked(noun="organizations")
    seen: list[int] = []
    after: Place | None = None
    while True:
        entries, after = queries.audit.page(asked, after=after, limit=3)
        seen += [entry.change.number for entry in entries]
        if after is None:
            break
    whole, _ = queries.audit.page(asked, limit=100)
    assert seen == [entry.change.number for entry in whole]
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.slow
@pytest.mark.parametrize("asked", ["", "?noun=opportunities", "?who=system&deed=added"])
def test_a_full_page_takes_as_many_statements_as_a_short_one_at_most_six(
    asked: str, make: Make, mara: User, nell: User, sign_in: SignIn, statements: Counting
) -> None:
    def book(names: str) -> None:
        maker = make.principal(f"Maker {names}", owner=nell)
        product = make.product(f"Jam {names}", principal=maker)
        deal = make.opportunity(f"Deal {names}", products=[product])
        sample = make.sample(deal)
        make.save(
            ContactAdvocacy(
                contact_id=make.contact().contact_id,
                principal_id=maker.organization_id,
                status="Champion",
                since_on=date(2026, 1, 5),
            )
        )
        with as_role(make.connection, "kp_owner"):
            make.connection.execute(
                sa.update(Sample).where(Sample.sample_id == sample.sample_id).values(feedback="Fine")
            )

    client = sign_in(mara)
    book("one")
    with statements() as few:
        client.get(f"/audit{asked}")
    for number in range(12):
        book(str(number))
    with statements() as many:
        assert len(rows(client, f"/audit{asked}")) >= 50
    assert len(many) <= len(few) <= 6


PLANS = {
    "ix_audit_log_moment": Asked(),
    "ix_audit_log_user_moment": Asked(by=1),
    "ix_audit_log_table_moment": Asked(noun="people"),
    "ix_audit_log_row": Asked(noun="people", record=1),
}


@pytest.mark.parametrize("index", PLANS)
def test_a_deep_page_is_found_by_its_index(index: str, mara: User, make: Make, acting_as: As) -> None:
    with as_role(make.connection, "kp_owner"):
        make.connection.exec_driver_sql(
            "insert into audit_log (table_name, row_id, action, user_id)"
            " select case mod(n, 20) when 1 then 'users' else 'contacts' end, n, 'insert', mod(n, 40)"
            " from generate_series(1, 4000) n"
        )
        make.connection.exec_driver_sql("analyze audit_log")
    acting_as(mara)
    chosen = queries.audit._chosen(PLANS[index], Place(datetime.now(UTC), 0, 7), 51)
    db.session.execute(sa.text("set local enable_seqscan = off"))
    db.session.execute(sa.text("set local enable_sort = off"))
    text = str(chosen.compile(db.session.connection(), compile_kwargs={"literal_binds": True}))
    plan = "\n".join(db.session.execute(sa.text(f"explain {text.replace(':', chr(92) + ':')}")).scalars())
    assert index in plan


def test_reps_and_the_database_keep_it_from_others(nell: User, sign_in: SignIn, acting_as: As) -> None:
    client = sign_in(nell)
    refused = client.get("/audit")
    assert refused.status_code == 403
    assert "The history of each record stands on its page" in refused.text
    assert "/audit" not in client.get("/team").text
    acting_as(nell)
    assert queries.audit.page(Asked()) == ([], None)


def test_managers_find_it_among_the_pages_of_the_firm(mara: User, sign_in: SignIn) -> None:
    page = BeautifulSoup(sign_in(mara).get("/team").text, "lxml")
    assert page.select_one("nav.tabs a[href='/audit']")


def test_the_file_has_a_line_for_each_field_and_no_formula(
    make: Make, mara: User, nell: User, acting_as: As, sign_in: SignIn
) -> None:
    account = make.organization("Juniper Bakery", owner=nell)
    acting_as(nell)
    db.session.execute(sa.text("update organizations set name = '=1+1', city = 'Toledo'"))
    answer = sign_in(mara).get(
        f"/audit/export.csv?noun=organizations&record={account.organization_id}&deed=changed"
    )
    lines = list(csv.reader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))
    answer.close()
    assert lines[0] == ["When", "Who", "What", "Of what", "Record", "Field", "Before", "After"]
    assert sorted(line[1:] for line in lines[1:]) == [
        ["Nell Okafor", "Changed", "Organization", "'=1+1", "City", "", "Toledo"],
        ["Nell Okafor", "Changed", "Organization", "'=1+1", "Name", "Juniper Bakery", "'=1+1"],
    ]


def test_nothing_found_and_nothing_yet_say_so(mara: User, sign_in: SignIn) -> None:
    client = sign_in(mara)
    assert "Nothing was changed that fits" in client.get("/audit?deed=removed&until=2020-01-01").text
    assert client.get("/audit?record=7").status_code == 200


def test_every_audited_table_can_be_asked_for(database: sa.Connection) -> None:
    audited = set(
        database.execute(
            sa.text(
                "select tgrelid::regclass::text from pg_trigger join pg_proc on pg_proc.oid = tgfoid "
                "where proname = 'audit'"
            )
        ).scalars()
    )
    assert audited == {table for tables in NOUNS.values() for table in tables}
