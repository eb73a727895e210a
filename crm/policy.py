"""Who may do what: one module, asked by views, API and templates. The rules are those of rulings.md.

Floor 5. Everyone signed in reads the whole book, logs on any record and completes any promise; who changes a
row is told here. `team` is the set of user ids somebody answers for: themselves, and for a manager those
whose
manager they are (`queries.users.team`).
"""

from collections.abc import Collection

from crm.enums import Role
from crm.models import User


def may_change(user: User, *, owners: Collection[int | None], team: Collection[int]) -> bool:
    """True if `user` may change a row with these `owners`: owner or second owner, their manager, an admin.

    A row that nobody owns may be changed by anyone signed in.
    """
    known = {owner for owner in owners if owner is not None}
    return user.role is Role.ADMIN or not known or bool(known & ({user.user_id} | set(team)))


def may_change_row(user: User, owners: Collection[int | None], team: Collection[int]) -> bool:
    """The same, as work that is done later asks it."""
    return may_change(user, owners=owners, team=team)


def may_promise_for_everybody(user: User) -> bool:
    """Follow-ups for many rows at once are given to the own team; an admin gives them to everybody."""
    return user.role is Role.ADMIN


def may_see_jobs_of_others(user: User) -> bool:
    """What runs for the firm is an admin's to see, to stop and to try again; its files stay their asker's."""
    return user.role is Role.ADMIN


def may_see_mail_of_others(user: User) -> bool:
    """Mails in doubt and failed ones of the whole firm are shown to those who can do something about them."""
    return user.role in (Role.MANAGER, Role.ADMIN)


def may_see_scorecards(user: User) -> bool:
    """How each rep does is for those who answer for reps."""
    return user.role in (Role.MANAGER, Role.ADMIN)


def may_manage_people(user: User) -> bool:
    """Accounts are an admin's: who signs in, as what, in whose team, and what becomes of their records."""
    return user.role is Role.ADMIN


def may_set_goals(user: User) -> bool:
    """How many interactions a week a principal should have, managers and admins say."""
    return user.role in (Role.MANAGER, Role.ADMIN)


def may_keep_words(user: User) -> bool:
    """The firm's lists of words and its tags are kept by admins; everybody chooses from them."""
    return user.role is Role.ADMIN


def may_read_audit(user: User) -> bool:
    """The trail across rows is for managers and admins; the history of one row is everybody's."""
    return user.role in (Role.MANAGER, Role.ADMIN)


def may_revoke_tokens_of_others(user: User) -> bool:
    """What comes in by a token is an admin's to see and to stop; the secrets nobody sees again."""
    return user.role is Role.ADMIN


def may_see_operations(user: User) -> bool:
    """How the servers are doing is for admins; machines bring a token instead."""
    return user.role is Role.ADMIN


def may_switch_features(user: User) -> bool:
    """What is switched on for the firm is an admin's decision."""
    return user.role is Role.ADMIN
