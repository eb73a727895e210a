"""Who gets what by a token: the same as on the pages, as far as the token reaches; and nobody by a cookie."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from crm.api import OPERATIONS
from crm.enums import TokenKind
from crm.models import ApiToken, DistributorPrincipal, OpportunityContact, ProductDistributor, User
from crm.services.tokens import service_address
from tests.api.conftest import ComeIn
from tests.clients import Client
from tests.factories import Make
from tests.test_access import in_vain

LATER = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()

BODIES: dict[str, dict[str, Any]] = {
    "advocate": {"status": "Blocker"},
    "leave": {"left_on": "2026-01-05"},
    "create_organization": {"name": "X"},
    "move_opportunity": {"stage": "Demo Scheduled"},
    "send_samples": {"product_ids": [1], "sent_on": "2026-01-05", "follow_up_on": LATER},
    "move_sample": {"status": "tasted"},
    "hear_of_sample": {"verdict": "liked"},
    "add_stock_line": {"distributor_id": 1},
    "begin_authorization": {"distributor_id": 1},
    "set_follow_up_status": {"status": False},
}
"""What is sent, where an empty object is not enough."""

FOR_EVERYONE = {"set_follow_up_status"}
"""Operations with a number that anybody who is signed in may use on anybody's record."""
ITS_ASKERS = {
    *("read_file_of_job", "cancel_job", "retry_job", "take_job_back", "take_changes_back"),
    *("check_import", "apply_import", "revert_import"),
}
"""Operations on what only its asker finds: 404 for everybody else."""

KEEPERS = sorted(
    name
    for name, one in OPERATIONS.items()
    if one.numbers and one.method != "GET" and name not in FOR_EVERYONE | ITS_ASKERS
)


def path_of(name: str, numbers: dict[str, int]) -> str:
    path = OPERATIONS[name].path
    for number in OPERATIONS[name].numbers:
        path = path.replace(f"<{number}>", str(numbers.get(number, 1)))
    return f"/api/v1{path}"


def until_refused(ask: Callable[[], TestResponse]) -> list[TestResponse]:
    """Answers up to the one that says to wait. Where two are allowed it is the third, or one of the next two:
    what Redis does not count within half a second is counted anew in the memory of the process.
    """
    answers = [ask()]
    while answers[-1].status_code != 429:
        assert len(answers) < 5, "nobody says to wait"
        answers.append(ask())
    return answers


def test_no_operation_answers_without_a_good_token_nor_to_a_cookie(
    app: Flask, client: Client, nell: User, ada: User, token_of: Callable[..., str], make: Make
) -> None:
    past = datetime.now(UTC) - timedelta(minutes=1)
    off = make.user("Theo Vantongeren", active=False)
    secrets = {
        "none": "",
        "made up": "kp_nothing",
        "revoked": token_of(nell, "write", revoked_at=past),
        "expired": token_of(nell, "write", expires_at=past),
        "of somebody who left": token_of(off, "write"),
        "of a calendar": token_of(nell, "write", kind=TokenKind.CALENDAR),
    }
    client.sign_in(ada)
    wrong = []
    for name, one in OPERATIONS.items():
        for what, secret in secrets.items() if name == "list_contacts" else [("none", "")]:
            headers = {"Authorization": f"Bearer {secret}"} if secret else {}
            answer = client.open(path_of(name, {}), method=one.method, headers=headers, json={})
            if (answer.status_code, answer.mimetype) != (401, "application/problem+json"):
                wrong.append(f"{name}, token {what}: {answer.status_code}")
    assert not wrong


def test_no_operation_goes_beyond_the_scopes_of_a_token(nell: User, come_in: ComeIn) -> None:
    script = come_in(nell, "read")
    wrong = [
        f"{name}: {answer.status_code}"
        for name, one in OPERATIONS.items()
        if one.method != "GET"
        for answer in [script.ask(one.method, path_of(name, {}), json={})]
        if answer.status_code != 403
    ]
    assert not wrong
    narrow = come_in(nell, "contacts:write")
    assert narrow.get("/contacts").status_code == 200
    refused = narrow.get("/products")
    assert (refused.status_code, "products:read" in refused.json["detail"]) == (403, True)


@pytest.fixture
def of_cleo(make: Make) -> dict[str, int]:
    """Records of somebody in another team, by the names of their numbers."""
    vera = make.user("Vera Holm", role="manager")
    cleo = make.user("Cleo Marsh", manager=vera)
    maker = make.principal(owner=cleo, is_distributor=True)
    opportunity = make.opportunity(owner=cleo)
    product = make.product(principal=maker)
    contact = make.contact(owner_id=cleo.user_id)
    make.save(OpportunityContact(opportunity_id=opportunity.opportunity_id, contact_id=contact.contact_id))
    return {
        "organization_id": maker.organization_id,
        "principal_id": maker.organization_id,
        "contact_id": contact.contact_id,
        "product_id": product.product_id,
        "opportunity_id": opportunity.opportunity_id,
        "interaction_id": make.interaction(author=cleo, follow_up_date=date(2099, 1, 1)).interaction_id,
        "sample_id": make.sample(opportunity).sample_id,
        "product_distributor_id": make.save(
            ProductDistributor(
                product_id=product.product_id, distributor_id=make.distributor().organization_id
            )
        ).product_distributor_id,
        "distributor_principal_id": make.save(
            DistributorPrincipal(
                principal_id=maker.organization_id, distributor_id=make.distributor().organization_id
            )
        ).distributor_principal_id,
    }


def test_a_colleagues_record_is_theirs_their_managers_and_an_admins_to_change(
    of_cleo: dict[str, int], nell: User, ada: User, come_in: ComeIn, database: sa.Connection
) -> None:
    wrong = []
    for who, expected in ((nell, {403}), (ada, {200, 201, 204, 422})):
        script = come_in(who)
        for name in KEEPERS:
            one = OPERATIONS[name]
            with in_vain(database):
                said = {"json": BODIES.get(name, {})} if one.body else {}
                answer = script.ask(one.method, path_of(name, of_cleo), headers={"If-Match": "*"}, **said)
            if answer.status_code not in expected:
                wrong.append(f"{who.full_name} {name}: {answer.status_code} {answer.text[:200]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", sorted(ITS_ASKERS))
def test_what_somebody_else_asked_for_is_not_found(name: str, nell: User, come_in: ComeIn) -> None:
    one = OPERATIONS[name]
    answer = come_in(nell).ask(one.method, path_of(name, {}), json={})
    assert answer.status_code == 404


def test_who_is_signed_in_beside_a_token_does_not_matter(nell: User, ada: User, come_in: ComeIn) -> None:
    script = come_in(nell)
    script.client.sign_in(ada)
    assert script.get("/me").json["user_id"] == nell.user_id


def test_a_token_remembers_when_it_was_used_and_a_person_stands_in_the_trail(
    nell: User, come_in: ComeIn, database: sa.Connection
) -> None:
    script = come_in(nell)
    made = script.post("/organizations", {"name": "Harbor Deli"})
    assert made.status_code == 201
    assert made.json["owner_id"] == nell.user_id
    used = database.execute(sa.select(ApiToken.last_used_at)).scalar_one()
    assert datetime.now(UTC) - used < timedelta(minutes=1)
    trail = sa.text(
        "select user_id from audit_log where table_name = 'organizations' order by 1 desc limit 1"
    )
    assert database.execute(trail).scalar_one() == nell.user_id


def test_who_asks_too_much_is_told_how_long_to_wait_whoever_was_turned_away_there_before(
    app: Flask, client: Client, nell: User, come_in: ComeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_PER_MINUTE", 2)
    assert client.get("/api/v1/jobs").status_code == 401
    script = come_in(nell)
    *answered, refused = until_refused(lambda: script.get("/jobs"))
    assert {answer.status_code for answer in answered} == {200}
    assert len(answered) >= 2
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) <= 60


def test_who_asks_too_often_without_a_good_token_is_told_to_wait_and_tokens_of_the_same_address_are_not(
    app: Flask, client: Client, nell: User, come_in: ComeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_STRANGERS_PER_MINUTE", 2)
    here = {"REMOTE_ADDR": "192.0.2.77"}
    made_up = {"Authorization": "Bearer kp_nothing"}
    *tries, refused = until_refused(lambda: client.get("/api/v1/me", headers=made_up, environ_overrides=here))
    assert {answer.status_code for answer in tries} == {401}
    assert len(tries) >= 2
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) <= 60
    until_refused(lambda: client.get("/calendar/nothing.ics", environ_overrides=here))
    script = come_in(nell)
    assert script.ask("GET", "/me", environ_overrides=here).status_code == 200
    elsewhere = {"REMOTE_ADDR": "192.0.2.78"}
    assert client.get("/api/v1/me", headers=made_up, environ_overrides=elsewhere).status_code == 401


def test_another_system_looks_after_nothing_and_keeps_no_promise(
    make: Make, ada: User, come_in: ComeIn
) -> None:
    system = make.user("Warehouse", email=service_address("Warehouse"), role="admin")
    script = come_in(system, kind=TokenKind.SERVICE)
    bistro = script.post("/organizations", {"name": "Harbor Deli"}).json
    assert bistro["owner_id"] is None
    logged = script.post(
        "/interactions",
        {
            "interaction_type": "Phone Call",
            "organization_id": bistro["organization_id"],
            "interaction_date": "2026-01-05",
            "follow_up_date": LATER,
        },
    )
    assert (logged.status_code, logged.json["author_id"]) == (201, system.user_id)
    assert logged.json["owner_id"] is None
    names = [one["full_name"] for one in script.get("/people").json["items"]]
    assert ada.full_name in names
    assert "Warehouse" not in names
    for refused in (
        script.patch(
            f"/organizations/{bistro['organization_id']}",
            {"owner_id": system.user_id},
            seen=str(bistro["version"]),
        ),
        script.patch(f"/follow-ups/{logged.json['interaction_id']}", {"owner_id": system.user_id}, seen="1"),
        script.post("/organizations", {"name": "Another", "owner_id": system.user_id}),
    ):
        assert refused.status_code == 422, refused.text
        assert refused.json["errors"] == [
            {"field": "owner_id", "detail": "Warehouse is another system. Choose a person."}
        ]
