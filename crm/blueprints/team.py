"""The team: everybody sees who is who; admins change it (blueprints/accounts.py)."""

from typing import Any

from flask import Blueprint, Response, request
from werkzeug.datastructures import MultiDict

from crm import clock, policy, queries, services, web
from crm.enums import Role
from crm.forms.accounts import RoleForm
from crm.queries.team import Limit

bp = Blueprint("team", __name__, url_prefix="/team")

NUMBER = "int(max=9223372036854775807):user_id"


@bp.get("")
def index() -> Response:
    """Everybody with an account."""
    return web.render("team/index.html", "team/_content.html", **content(request.args))


def content(args: "MultiDict[str, str]") -> dict[str, Any]:
    """What the list shows: everybody, or those of a role or with a part of a name or address."""
    search = args.get("q", "").strip()[:100]
    role = next((role for role in Role if role == args.get("role")), None)
    people, active = queries.team.counts()
    return {
        "members": queries.team.page(limit=limit(), search=search, role=role),
        "search": search,
        "role": role,
        "people": people,
        "able": active,
        "may_manage": policy.may_manage_people(web.person()),
    }


web.redraws("team.index", "team/_content.html", content)


@bp.get(f"/<{NUMBER}>")
def show(user_id: int) -> Response:
    """One person: what they are, whom they lead, what they keep; for admins, what can be changed."""
    return web.render("team/show.html", "team/_person.html", **one(request.args, user_id))


def one(_: "MultiDict[str, str]", user_id: int, refused: RoleForm | None = None) -> dict[str, Any]:
    """What that page shows. Raises `NoResultFound`. `refused` is the form that was not accepted."""
    member = queries.team.get(user_id, limit=limit())
    may_manage = policy.may_manage_people(web.person())
    return {
        "member": member,
        "kept": queries.belongings.of(user_id),
        "led": queries.team.led_by(user_id),
        "may_manage": may_manage,
        "may_see_mail": policy.may_see_mail_of_others(web.person()),
        "form": (refused or role_form(member.user, is_posted=False)) if may_manage else None,
    }


web.redraws("team.show", "team/_person.html", one)


def role_form(user: Any, *, is_posted: bool) -> RoleForm:
    """The form of their role and manager, as it was posted or as things are."""
    managers = [one for one in queries.team.managers() if one.user_id != user.user_id]
    if is_posted:
        return RoleForm(managers=managers)
    return RoleForm(formdata=None, managers=managers, role=user.role.value, manager=user.manager_id)


def limit() -> Limit:
    """From when on failed tries count against an address."""
    since = clock.now() - services.sign_in.WITHIN
    return Limit(since=since, most=services.sign_in.MOST_FAILURES)
