"""What reminders and digests say, to whom, and when they say nothing."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html.parser import HTMLParser

import pytest
import sqlalchemy as sa
from hypothesis import strategies as st

from crm import bell, queries, services
from crm.db import SYSTEM, db, transaction
from crm.enums import DeliveryState, EngagementLevel, MailKind
from crm.models import (
    Cover,
    Delivery,
    DeliveryItem,
    DistributorPrincipal,
    EngagementChange,
    MailMessage,
    NotificationPreference,
    OpportunityStageChange,
    Organization,
    Sample,
    User,
)
from crm.services.letters import Asked, Written
from tests.chance import few_or_many, holds
from tests.clients import Client
from tests.factories import Make

MONDAY = date(2026, 11, 23)
TUESDAY = date(2026, 11, 24)
Acting = Callable[[User | str | None], None]


def at_noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 18, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _the_system_acts(acting_as: Acting) -> None:
    acting_as(SYSTEM)


class Words(HTMLParser):
    """The text that a reader of the HTML sees, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.tags, self._skip = "", [], [], 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._skip += tag in {"style", "title"}
        self.links += [value for name, value in attrs if name == "href"]

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        self.text += "" if self._skip else data + " "


def make_letter(make: Make, user: User, kind: MailKind, day: date) -> tuple[Delivery, MailMessage | None]:
    delivery = make.save(Delivery(user_id=user.user_id, kind=kind, local_date=day, due_at=at_noon(day)))
    with transaction():
        services.deliveries.make(delivery.delivery_id)
    letter = db.session.execute(
        sa.select(MailMessage).where(MailMessage.delivery_id == delivery.delivery_id)
    ).scalar_one_or_none()
    return delivery, letter


def reminder(make: Make, user: User, day: date = TUESDAY) -> MailMessage:
    delivery, letter = make_letter(make, user, MailKind.REMINDER, day)
    assert delivery.state == DeliveryState.MADE
    assert letter is not None
    return letter


def digest(make: Make, user: User, day: date = MONDAY) -> MailMessage:
    delivery, letter = make_letter(make, user, MailKind.DIGEST, day)
    assert delivery.state == DeliveryState.MADE
    assert letter is not None
    return letter


def both(letter: MailMessage) -> Iterable[str]:
    assert letter.text_body is not None
    assert letter.html_body is not None
    return letter.text_body, Words(letter.html_body).text


# Reminders


def test_a_reminder_names_what_is_late_and_due_and_nothing_else(make: Make, nell: User, otis: User) -> None:
    baker = make.principal("Amberfold Bakery Co.")
    marisol = make.contact("Marisol", "Quintero", organization=make.organization("Marlowe School District"))
    make.interaction(
        author=nell,
        follow_up_date=date(2026, 11, 16),
        follow_up_note="Ask about the fig jam",
        contact=marisol,
        principals=[baker],
    )
    make.interaction(author=nell, follow_up_date=TUESDAY, follow_up_note="Send the spec sheet")
    make.interaction(author=nell, follow_up_date=TUESDAY + timedelta(days=1), follow_up_note="Not yet")
    make.interaction(author=otis, follow_up_date=TUESDAY, follow_up_note="Somebody else's")
    make.interaction(
        author=nell, follow_up_date=TUESDAY, follow_up_note="Kept", completed_at=datetime.now(UTC)
    )
    make.interaction(
        author=nell, follow_up_date=TUESDAY, follow_up_note="Thrown away", deleted_at=datetime.now(UTC)
    )
    letter = reminder(make, nell)
    assert letter.subject == "1 follow-up late, 1 due today"
    assert letter.to_address == "nell@pantry.example"
    for said in both(letter):
        assert "Good morning, Nell" in said
        assert "One follow-up is late and one is for today." in said
        assert "Ask about the fig jam" in said
        assert "Mon 16 Nov" in said
        assert "8 days ago" in said
        assert "Marisol Quintero, Marlowe School District, for Amberfold Bakery Co." in said
        assert "Send the spec sheet" in said
        for other in ("Not yet", "Somebody else's", "Kept", "Thrown away"):
            assert other not in said


def test_snoozed_promises_are_left_out_and_counted_until_their_day(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=MONDAY, follow_up_note="Awake")
    make.interaction(
        author=nell, follow_up_date=MONDAY, follow_up_note="Asleep", snoozed_until_on=date(2026, 11, 25)
    )
    for said in both(reminder(make, nell, TUESDAY)):
        assert "Asleep" not in said
        assert "One follow-up is snoozed and not listed." in said
    for said in both(reminder(make, nell, date(2026, 11, 25))):
        assert "Asleep" in said
        assert "snoozed" not in said


def test_nothing_due_is_nothing_to_say(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=TUESDAY + timedelta(days=1))
    delivery, letter = make_letter(make, nell, MailKind.REMINDER, TUESDAY)
    assert (delivery.state, letter) == (DeliveryState.NOTHING_TO_SAY, None)


def test_a_letter_is_made_once(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=TUESDAY)
    letter = reminder(make, nell)
    assert letter.delivery_id is not None
    with transaction():
        services.deliveries.make(letter.delivery_id)
    assert db.session.execute(sa.select(sa.func.count()).select_from(MailMessage)).scalar_one() == 1


def test_who_turned_the_mail_off_after_it_was_planned_gets_none(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=TUESDAY)
    make.save(
        NotificationPreference(
            user_id=nell.user_id, kind=MailKind.REMINDER, is_on=False, hour=7, weekdays=[2]
        )
    )
    delivery, letter = make_letter(make, nell, MailKind.REMINDER, TUESDAY)
    assert (delivery.state, letter) == (DeliveryState.SUPERSEDED, None)


def test_both_parts_lead_to_the_settings_and_to_full_addresses(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=TUESDAY)
    letter = reminder(make, nell)
    assert letter.text_body is not None
    assert letter.html_body is not None
    for address in ("http://localhost/settings", "http://localhost/follow-ups"):
        assert address in letter.text_body
        assert address in Words(letter.html_body).links


def test_every_link_of_a_mail_leads_to_a_page_that_is_there(
    make: Make, mara: User, nell: User, sign_in: Callable[[User], Client]
) -> None:
    touch(make, make.principal("Tidewrack Seafoods"), 16)
    make.interaction(author=nell, follow_up_date=date(2026, 11, 16))
    letters = [reminder(make, nell), digest(make, mara)]
    links = {link for letter in letters for link in Words(letter.html_body or "").links}
    links |= {link for letter in letters for link in re.findall(r"http\S+", letter.text_body or "")}
    assert len(links) >= 4
    for link in links:
        assert sign_in(mara).get(link.removeprefix("http://localhost")).status_code == 200, link


def test_what_people_wrote_cannot_become_markup_or_lines(make: Make, nell: User) -> None:
    evil = "<script>alert(1)</script>\n* Fri 20 Nov: forged line {{ 7 * 7 }}"
    nell.full_name = "Nell<b>\nOkafor"
    make.save(nell)
    make.interaction(author=nell, follow_up_date=TUESDAY, follow_up_note=evil)
    letter = reminder(make, nell)
    assert letter.text_body is not None
    assert letter.html_body is not None
    words = Words(letter.html_body)
    assert "script" not in {tag for tag, _ in words.tags}
    assert "<script>alert(1)</script>" in re.sub(r"\s+", " ", words.text)
    assert "\n* Fri 20 Nov: forged" not in letter.text_body
    assert "{{ 7 * 7 }}" in letter.text_body


def test_the_html_stands_on_tables_and_inline_styles_alone(make: Make, nell: User) -> None:
    make.interaction(author=nell, follow_up_date=TUESDAY)
    letter = reminder(make, nell)
    assert letter.html_body is not None
    words = Words(letter.html_body)
    assert not {tag for tag, _ in words.tags} & {"script", "img", "link", "iframe", "form"}
    styled = [attrs for tag, attrs in words.tags if (attrs.get("class") or "").startswith("kp-")]
    assert styled
    assert all("style" in attrs for attrs in styled if attrs["class"] != "kp-row")
    assert "oklch" not in letter.html_body
    for adapted in ("@media (max-width: 620px)", "@media (prefers-color-scheme: dark)"):
        assert adapted in letter.html_body, "and where a mail program reads styles, phones and dark rooms too"


@few_or_many(8, 25)
def test_each_due_promise_is_in_exactly_one_reminder_of_its_owner_for_that_date(
    make: Make, examples: int
) -> None:
    holds(
        partial(each_is_in_one_reminder, make),
        examples,
        promises=st.lists(
            st.tuples(
                st.integers(-9, 3),  # days from TUESDAY on which it is due
                st.none() | st.integers(-3, 3),  # snoozed until
                st.booleans(),  # kept
                st.booleans(),  # hers
            ),
            max_size=8,
        ),
    )


def each_is_in_one_reminder(make: Make, *, promises: list[tuple[int, int | None, bool, bool]]) -> None:
    nell, otis = make.user(), make.user()
    due: dict[int, set[int]] = {nell.user_id: set(), otis.user_id: set()}
    for days, snoozed, is_kept, is_hers in promises:
        owner = nell if is_hers else otis
        row = make.interaction(
            author=owner,
            follow_up_date=TUESDAY + timedelta(days=days),
            snoozed_until_on=None if snoozed is None else TUESDAY + timedelta(days=snoozed),
            completed_at=datetime.now(UTC) if is_kept else None,
        )
        if days <= 0 and not is_kept and (snoozed is None or snoozed <= 0):
            due[owner.user_id].add(row.interaction_id)
    now = datetime(2026, 11, 24, 14, tzinfo=UTC)
    for _ in range(2):
        with transaction():
            services.planning.plan_deliveries(now=now)
            for number in queries.mails.deliveries_waiting(now=now, most=100):
                services.deliveries.make(number)
    for user_id, expected in due.items():
        named = db.session.scalars(
            sa.select(DeliveryItem.interaction_id)
            .join(Delivery)
            .where(
                Delivery.user_id == user_id,
                Delivery.local_date == TUESDAY,
                Delivery.kind == MailKind.REMINDER,
            )
        ).all()
        assert sorted(named) == sorted(expected)


# Digests


def touch(make: Make, principal: object, days_before: int, day: date = MONDAY) -> None:
    make.interaction(principals=[principal], on=at_noon(day - timedelta(days=days_before)))  # type: ignore[list-item]


def test_a_digest_tells_the_week_in_one_sentence(make: Make, mara: User, nell: User) -> None:
    touch(make, make.principal("Dunlin Oils", owner=nell), 25)
    touch(make, make.principal("Yarrow & Rye", owner=nell), 33)
    make.interaction(author=nell, follow_up_date=date(2026, 11, 16), follow_up_note="Ask about the fig jam")
    letter = digest(make, mara)
    assert letter.subject == "Your week at Harbor & Vine Brokerage: 1 principal gone quiet, 1 follow-up late"
    for said in both(letter):
        assert "Mon 16 Nov to Sun 22 Nov." in said
        assert "One principal has gone quiet, one soon will and one follow-up is late." in said
        assert "Yarrow & Rye" in said
        assert "Inactive, last Wed 21 Oct" in said
        assert "Low, Inactive on Sun 29 Nov" in said
        assert "Nell Okafor" in said
        assert "Ask about the fig jam" in said


def test_a_digest_counts_the_four_levels_as_the_pages_do(make: Make, mara: User) -> None:
    for days in (0, 7, 8, 14, 15, 30, 31):
        touch(make, make.principal(), days)
    make.principal("Nobody called yet")
    letter = digest(make, mara)
    assert letter.text_body is not None
    assert "High 2 · Medium 2 · Low 2 · Inactive 1 · Not contacted yet 1" in letter.text_body
    standing = queries.digests.standing(queries.books.FIRM, on=MONDAY)
    assert sum(one.level == EngagementLevel.MEDIUM for one in standing) == 2


@pytest.mark.parametrize(
    ("days", "line"),
    [
        (0, None), (7, None),
        (8, "Medium, Low on Mon 30 Nov"), (14, "Medium, Low on Tue 24 Nov"),
        (15, "Low, last Sun 8 Nov"), (21, "Low, last Mon 2 Nov"),
        (22, None), (23, None),
        (24, "Low, Inactive on Mon 30 Nov"), (30, "Low, Inactive on Tue 24 Nov"),
        (31, "Inactive, last Fri 23 Oct"), (37, "Inactive, last Sat 17 Oct"),
        (38, None),
    ],
)  # fmt: skip
def test_going_cold_is_a_level_that_fell_this_week_or_will_fall_in_the_next(
    make: Make, mara: User, days: int, line: str | None
) -> None:
    touch(make, make.principal("Tidewrack Seafoods"), days)
    make.interaction(author=mara, follow_up_date=date(2026, 11, 16))  # so that there is something to say
    letter = digest(make, mara)
    assert letter.text_body is not None
    found = re.search(r"\* Tidewrack Seafoods: (\D.*)", letter.text_body)
    assert (found and found.group(1)) == line


def test_late_follow_ups_are_grouped_by_rep_and_all_counted(make: Make, mara: User, nell: User) -> None:
    for number in range(7):
        make.interaction(
            author=nell, follow_up_date=date(2026, 11, 10 + number), follow_up_note=f"promise {number}"
        )
    letter = digest(make, mara)
    for said in both(letter):
        assert "Nell Okafor: 7 late" in said
        assert "promise 2" in said
        assert "promise 3" not in said
        assert "and four more" in said


def test_a_move_is_told_from_where_the_week_found_it_to_where_it_left_it(
    make: Make, mara: User, nell: User
) -> None:
    def change(opportunity_id: int, before: str | None, after: str, day: date) -> None:
        make.save(
            OpportunityStageChange(
                opportunity_id=opportunity_id, from_stage=before, to_stage=after, changed_at=at_noon(day)
            )
        )

    baker = make.principal("Amberfold Bakery Co.")
    bread = make.opportunity("Hospital bread", owner=nell, principals=[baker])
    change(bread.opportunity_id, "New Lead", "Initial Outreach", date(2026, 11, 17))
    change(bread.opportunity_id, "Initial Outreach", "Demo Scheduled", date(2026, 11, 19))
    there_and_back = make.opportunity("There and back", owner=nell)
    change(there_and_back.opportunity_id, "New Lead", "Demo Scheduled", date(2026, 11, 17))
    change(there_and_back.opportunity_id, "Demo Scheduled", "New Lead", date(2026, 11, 18))
    before = make.opportunity("The week before", owner=nell)
    change(before.opportunity_id, "New Lead", "Initial Outreach", date(2026, 11, 15))
    letter = digest(make, mara)
    assert "1 opportunity moved" in letter.subject
    assert letter.text_body is not None
    assert (
        "* Thu 19 Nov: Hospital bread: New Lead to Demo Scheduled (Amberfold Bakery Co.)" in letter.text_body
    )
    for name in ("There and back", "The week before"):
        assert name not in letter.text_body


def test_the_week_is_told_against_the_goal_of_ten(make: Make, mara: User) -> None:
    busy, quiet = make.principal("Busy Bakery"), make.principal("Quiet Quail")
    for days in range(1, 8):
        touch(make, busy, days)
    for _ in range(3):
        touch(make, busy, 1)
    touch(make, busy, 0)  # today is of the next week
    touch(make, busy, 8)  # and this of the week before
    letter = digest(make, mara)
    for said in both(letter):
        assert re.search(r"Busy Bakery\W+10 of 10", said)
        assert re.search(r"Quiet Quail\W+0 of 10", said)
    assert quiet.name in (letter.text_body or "")


def test_each_principal_is_told_against_its_own_goal(make: Make, mara: User, nell: User) -> None:
    small, none = make.principal("Small Sausages"), make.principal("None Needed")
    make.goal(small, 2)
    make.goal(small, 30, of=nell)
    make.goal(none, 0)
    for days in (1, 2):
        touch(make, small, days)
    touch(make, none, 1)
    letter = digest(make, mara)
    for said in both(letter):
        assert re.search(r"Small Sausages\W+2 of 2\W+met", said)
        assert re.search(r"None Needed\W+1, no goal", said)
    assert "One of one principal met it." in (letter.html_body or "")


def test_a_digest_on_another_day_tells_of_the_running_week(make: Make, mara: User) -> None:
    touch(make, make.principal(), 1, day=date(2026, 11, 26))
    letter = digest(make, mara, date(2026, 11, 26))
    assert "Mon 23 Nov to Wed 25 Nov." in (letter.text_body or "")


def test_a_manager_sees_their_team_one_level_down_and_what_is_nobodys(
    make: Make, mara: User, nell: User, otis: User
) -> None:
    below = make.user("Pia Below", manager=nell)
    for owner, note in (
        (nell, "of the team"),
        (otis, "of another"),
        (below, "two levels down"),
        (mara, "her own"),
    ):
        make.interaction(author=owner, follow_up_date=date(2026, 11, 16), follow_up_note=note)
    make.interaction(follow_up_date=date(2026, 11, 16), follow_up_note="of nobody")
    touch(make, make.principal("Theirs", owner=nell), 16)
    touch(make, make.principal("Another's", owner=otis), 16)
    touch(make, make.principal("Shared", owner=otis, second_owner_id=nell.user_id), 16)
    touch(make, make.principal("No one's"), 16)
    text = digest(make, mara).text_body or ""
    for seen in (
        "of the team",
        "her own",
        "of nobody",
        "* Theirs",
        "* Shared",
        "* No one's",
        "Nobody's: 1 late",
    ):
        assert seen in text
    for hidden in ("of another", "two levels down", "* Another's"):
        assert hidden not in text


def test_a_manager_nobody_reports_to_sees_the_firm(make: Make, otis: User) -> None:
    boss = make.user("Idris Vale", role="manager")
    make.interaction(author=otis, follow_up_date=date(2026, 11, 16), follow_up_note="of anybody")
    assert "of anybody" in (digest(make, boss).text_body or "")


def test_an_empty_week_is_nothing_to_say(make: Make, mara: User) -> None:
    make.principal("Never called")
    delivery, letter = make_letter(make, mara, MailKind.DIGEST, MONDAY)
    assert (delivery.state, letter) == (DeliveryState.NOTHING_TO_SAY, None)


# Sections, ways and stand-ins


def kept(make: Make, owner: User, **columns: object) -> Organization:
    return make.organization(owner=owner, created_at=datetime(2025, 1, 1, tzinfo=UTC), **columns)


def test_a_digest_names_what_waits_for_its_owners(make: Make, mara: User, nell: User, otis: User) -> None:
    grill = kept(make, nell, name="Far Grill", priority="A")
    near = kept(make, nell, name="Near Grill", priority="A")
    make.interaction(author=nell, organization=near, interaction_date=at_noon(MONDAY - timedelta(days=60)))
    make.interaction(author=nell, organization=grill, interaction_date=at_noon(MONDAY - timedelta(days=61)))
    kept(make, otis, name="Somebody else's", priority="A+")
    baker = make.principal("Amberfold Bakery Co.", owner=nell)
    for days, name in ((20, "Soon House"), (60, "Later House")):
        make.save(
            DistributorPrincipal(
                principal_id=baker.organization_id,
                distributor_id=make.distributor(name).organization_id,
                state="authorized",
                expires_on=MONDAY + timedelta(days=days),
            )
        )
    make.opportunity(
        "Spring menu", owner=nell, stage="Initial Outreach",
        stage_changed_at=at_noon(MONDAY - timedelta(days=15)),
    )  # fmt: skip
    make.opportunity(
        "Autumn menu", owner=nell, stage="Initial Outreach",
        stage_changed_at=at_noon(MONDAY - timedelta(days=14)),
    )  # fmt: skip
    for said in both(digest(make, mara)):
        assert "Far Grill" in said
        assert "Near Grill" not in said, "twice the ideal is not over yet"
        assert "Somebody else's" not in said
        assert "Amberfold Bakery Co. at Soon House" in said
        assert "Later House" not in said
        assert "Spring menu" in said
        assert "quiet 15 days" in said
        assert "Autumn menu" not in said


def test_a_section_that_is_not_wanted_by_mail_is_left_out(make: Make, mara: User, nell: User) -> None:
    kept(make, nell, name="Far Grill", priority="A")
    touch(make, make.principal("Tidewrack Seafoods", owner=nell), 16)
    make.save(NotificationPreference(user_id=mara.user_id, kind=MailKind.NEGLECTED, is_on=False))
    assert "Far Grill" not in (digest(make, mara).text_body or "")


def test_a_sample_without_feedback_is_asked_about_after_a_week(make: Make, mara: User, nell: User) -> None:
    opportunity = make.opportunity("Spring menu", owner=nell)
    for days, name in ((8, "Fig jam"), (7, "Plum jam")):
        promise = make.interaction(author=nell, follow_up_date=date(2027, 1, 1), opportunity=opportunity)
        make.save(
            Sample(
                opportunity_id=opportunity.opportunity_id,
                product_id=make.product(name).product_id,
                follow_up_id=promise.interaction_id,
                sent_on=MONDAY - timedelta(days=days),
            )
        )
    for said in both(digest(make, mara)):
        assert "Fig jam" in said
        assert "Plum jam" not in said


def test_a_rep_reads_a_digest_of_their_own_book_alone(make: Make, nell: User, otis: User) -> None:
    for owner, name in ((nell, "Hers"), (otis, "His"), (None, "Nobody's")):
        make.interaction(
            author=owner, follow_up_date=MONDAY - timedelta(days=3), follow_up_note=f"{name} call"
        )
    week = queries.digest_sections.of(nell, on=MONDAY)
    assert [promise.what for late in week.late for promise in late.promises] == ["Hers call"]


def slip(make: Make, principal: Organization, level: str = "Low Engagement") -> None:
    make.save(
        EngagementChange(
            principal_id=principal.organization_id, changed_on=TUESDAY, from_level="Medium Engagement",
            to_level=level, cause="time passed",
        )
    )  # fmt: skip


def test_who_slipped_to_low_stands_in_the_reminder_of_their_owner_once(
    make: Make, nell: User, otis: User
) -> None:
    slip(make, make.principal("Tidewrack Seafoods", owner=nell))
    slip(make, make.principal("Yarrow & Rye", owner=nell), "Inactive")
    letter = reminder(make, nell)
    assert letter.subject == "1 principal slipped to Low"
    for said in both(letter):
        assert "Tidewrack Seafoods" in said
        assert "Yarrow" not in said
    assert make_letter(make, otis, MailKind.REMINDER, TUESDAY)[1] is None
    again, none = make_letter(make, nell, MailKind.REMINDER, TUESDAY + timedelta(days=1))
    assert (again.state, none, again.reason) == (
        DeliveryState.NOTHING_TO_SAY, None, "Nothing was due or late."
    )  # fmt: skip


def test_whoever_stands_in_is_reminded_of_it_too_even_with_their_own_mail_off(
    make: Make, nell: User, otis: User
) -> None:
    make.save(NotificationPreference(user_id=otis.user_id, kind=MailKind.REMINDER, is_on=False))
    make.interaction(author=nell, follow_up_date=TUESDAY, follow_up_note="Send the spec sheet")
    make.save(Cover(user_id=nell.user_id, stand_in_id=otis.user_id, starts_on=MONDAY, ends_on=TUESDAY))
    letter = reminder(make, otis)
    assert letter.subject == "1 follow-up due for Nell Okafor"
    for said in both(letter):
        assert "You stand in until Tue 24 Nov." in said
        assert "Send the spec sheet" in said
    assert "Send the spec sheet" in (reminder(make, nell).text_body or ""), "hers comes as well"
    late, none = make_letter(make, otis, MailKind.REMINDER, TUESDAY + timedelta(days=1))
    assert (late.state, none, late.reason) == (
        DeliveryState.SUPERSEDED, None, "This mail was turned off."
    )  # fmt: skip


def test_every_line_of_a_reminder_leads_to_its_promise(make: Make, nell: User) -> None:
    promise = make.interaction(author=nell, follow_up_date=TUESDAY)
    letter = reminder(make, nell)
    address = f"http://localhost/follow-ups/{promise.interaction_id}"
    assert address in (letter.text_body or "")
    assert address in Words(letter.html_body or "").links


@pytest.mark.slow
def test_a_letter_of_a_large_firm_stays_within_what_readers_of_mail_show(make: Make) -> None:
    boss = make.user(role="manager")
    for number in range(40):
        rep = make.user(f"Rep {number:02} of a firm with long names", manager=boss)
        for _ in range(4):
            make.interaction(
                author=rep,
                follow_up_date=MONDAY - timedelta(days=9),
                follow_up_note="Ask what the chef thought of the smoked gouda and of the new fig jam",
            )
    letter = digest(make, boss)
    for body in both(letter):
        assert "Rep 11 of" in body
        assert "Rep 12 of" not in body
        assert "and late ones of 28 more" in re.sub(r"\s+", " ", body)
    assert len((letter.html_body or "").encode()) < 100_000


# Many at once


def plan_reminders(make: Make, *people: User) -> list[Delivery]:
    return [
        make.save(
            Delivery(
                user_id=person.user_id, kind=MailKind.REMINDER, local_date=TUESDAY, due_at=at_noon(TUESDAY)
            )
        )
        for person in people
    ]


def states(deliveries: Iterable[Delivery]) -> list[DeliveryState]:
    db.session.expire_all()
    return [delivery.state for delivery in deliveries]


def test_a_letter_that_cannot_be_made_stops_no_other(
    make: Make,
    nell: User,
    otis: User,
    rung: list[tuple[str, tuple[int, ...]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deliveries = plan_reminders(make, nell, otis)
    made = services.deliveries.WRITERS[MailKind.REMINDER]

    def write(asked: Sequence[Asked], *, on: date) -> list[Written | None]:
        if nell in [one.user for one in asked]:
            raise ZeroDivisionError
        return made(asked, on=on)

    monkeypatch.setitem(services.deliveries.WRITERS, MailKind.REMINDER, write)
    services.deliveries.make_waiting(now=at_noon(TUESDAY), rounds=3)
    assert states(deliveries) == [DeliveryState.PLANNED, DeliveryState.NOTHING_TO_SAY]
    assert rung == [("mails.send_waiting", (bell.ROUNDS,))]
    monkeypatch.undo()
    services.deliveries.make_waiting(now=at_noon(TUESDAY), rounds=3)
    assert states(deliveries) == [DeliveryState.NOTHING_TO_SAY] * 2


def test_what_is_left_after_some_seconds_is_rung_for_until_the_next_tick_does(
    make: Make, nell: User, rung: list[tuple[str, tuple[int, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    [delivery] = plan_reminders(make, nell)
    monkeypatch.setattr(bell, "ROUND_SECONDS", 0)
    services.deliveries.make_waiting(now=at_noon(TUESDAY), rounds=3)
    assert states([delivery]) == [DeliveryState.PLANNED]
    assert ("deliveries.make_waiting", (2,)) in rung
    rung.clear()
    services.deliveries.make_waiting(now=at_noon(TUESDAY), rounds=1)
    assert rung == [("mails.send_waiting", (bell.ROUNDS,))]


def test_the_letter_of_somebody_asleep_is_not_made(make: Make) -> None:
    quiet = make.user(quiet_from=22, quiet_until=14)
    [delivery] = plan_reminders(make, quiet)
    services.deliveries.make_waiting(now=at_noon(TUESDAY), rounds=1)
    assert states([delivery]) == [DeliveryState.PLANNED]
    services.deliveries.make_waiting(now=at_noon(TUESDAY) + timedelta(hours=3), rounds=1)
    assert states([delivery]) == [DeliveryState.NOTHING_TO_SAY]
