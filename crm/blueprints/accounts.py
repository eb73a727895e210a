"""Accounts: what admins do with the people of the firm. Their pages are the team's (blueprints/team.py)."""

from flask import Blueprint, Response, request, url_for
from flask_wtf import FlaskForm

from crm import policy, queries, services, web
from crm.blueprints import invitations, team
from crm.enums import Role
from crm.forms.accounts import InvitationForm, LeaveForm
from crm.models import User
from crm.queries.belongings import Belongings

bp = Blueprint("accounts", __name__, url_prefix="/team")

ONE = f"/<{team.NUMBER}>"

for_admins = web.only(
    policy.may_manage_people, "Only an admin can change who signs in and what they may do. Ask one of them."
)


@bp.get("/new")
@for_admins
def new() -> Response:
    """The form for somebody new."""
    return _show_invitation(InvitationForm(formdata=None, managers=queries.team.managers()))


@bp.post("")
@for_admins
@web.once
def create() -> Response:
    """Make the account and send the letter by which its person chooses a password."""
    form = InvitationForm(managers=queries.team.managers())
    user = web.attempt(form, lambda: _create(form)) if form.validate() else None
    if user is None:
        return _show_invitation(form, status=422)
    web.toast(f"Invited {user.full_name}. The letter to {user.email} is on its way.")
    return web.done(url_for("team.index"))


@bp.post(f"{ONE}/invitation")
@for_admins
@web.once
def invite_again(user_id: int) -> Response:
    """Send the letter once more, to somebody who has not chosen a password yet."""
    user, form = queries.users.get(user_id), FlaskForm()
    web.attempt(form, lambda: services.invitations.send_again(user, path=_path(user), by=web.person()))
    return _done(user, form, f"Sent {user.full_name} another letter, to {user.email}.")


@bp.post(f"{ONE}/role")
@for_admins
@web.once
def change_role(user_id: int) -> Response:
    """Change what they may do and in whose team they are."""
    user = queries.users.get(user_id)
    form = team.role_form(user, is_posted=True)
    role = form.role.data
    changed = form.validate() and web.attempt(
        form, lambda: services.accounts.place(user_id, role=Role(role), manager=form.manager.data)
    )
    if not changed:
        return web.render(
            "team/show.html", "team/_person.html", status=422, **team.one(request.args, user_id, form)
        )
    web.toast(f"{user.full_name} is {_a(Role(role))} now{_led_by(user)}.")
    return web.done(url_for("team.show", user_id=user_id))


@bp.get(f"{ONE}/departure")
@for_admins
def confirm_leave(user_id: int) -> Response:
    """What would change hands, and to whom."""
    return _show_leave(user_id, None)


@bp.post(f"{ONE}/departure")
@for_admins
@web.once
def leave(user_id: int) -> Response:
    """Switch somebody off and hand over what they keep, all in one."""
    user, form = queries.users.get(user_id), _leave_form(user_id, is_posted=True)
    kept = web.attempt(form, lambda: _leave(user_id, form)) if form.validate() else None
    if kept is None:
        return _show_leave(user_id, form, status=422)
    web.toast(f"{user.full_name} can no longer sign in.{_handed_over(kept, form.records_to.data)}")
    return web.done(url_for("team.show", user_id=user_id))


@bp.post(f"{ONE}/return")
@for_admins
@web.once
def come_back(user_id: int) -> Response:
    """Let somebody sign in again."""
    user, form = queries.users.get(user_id), FlaskForm()
    web.attempt(form, lambda: services.accounts.activate(user_id))
    return _done(user, form, f"{user.full_name} can sign in again.")


@bp.post(f"{ONE}/unlocking")
@for_admins
@web.once
def unlock(user_id: int) -> Response:
    """Forget the wrong passwords of the last minutes."""
    user, form = queries.users.get(user_id), FlaskForm()
    services.sign_in.forget_failures(user.email.lower())
    return _done(user, form, f"{user.full_name} may try to sign in again.")


@bp.post(f"{ONE}/two-factor-reset")
@for_admins
@web.once
def reset_two_factor(user_id: int) -> Response:
    """Let the password do for somebody who has neither phone nor recovery codes."""
    user, form = queries.users.get(user_id), FlaskForm()
    web.attempt(form, lambda: services.two_factor.reset(user, by=web.person().full_name))
    return _done(user, form, f"{user.full_name} signs in with the password alone, and was told so.")


def _create(form: InvitationForm) -> User:
    user = services.accounts.create(
        form.email.data or "",
        full_name=form.name.data or "",
        role=Role(form.role.data),
        time_zone=queries.firm.time_zone(),
        password_hash=None,
        manager=form.manager.data,
    )
    services.invitations.send(user, path=_path(user), by=web.person())
    return user


def _path(user: User) -> str:
    return invitations.path_for(user)


def _leave(user_id: int, form: LeaveForm) -> Belongings:
    return services.handovers.leave(user_id, records_to=form.records_to.data, team_to=form.team_to.data)


def _leave_form(user_id: int, *, is_posted: bool) -> LeaveForm:
    people = [one for one in queries.users.active() if one.user_id != user_id]
    managers = [one for one in queries.team.managers() if one.user_id != user_id]
    given = {} if is_posted else {"formdata": None}
    return LeaveForm(people=people, managers=managers, **given)


def _show_invitation(form: InvitationForm, *, status: int = 200) -> Response:
    return web.render(
        "team/new.html", "team/_invitation.html", status=status, form=form, days=services.invitations.DAYS
    )


def _show_leave(user_id: int, form: LeaveForm | None, *, status: int = 200) -> Response:
    return web.render(
        "team/leave.html",
        "team/_leave.html",
        status=status,
        member=queries.team.get(user_id, limit=team.limit()),
        kept=queries.belongings.of(user_id),
        form=form or _leave_form(user_id, is_posted=False),
    )


def _done(user: User, form: FlaskForm, said: str) -> Response:
    web.toast(next(iter(form.form_errors), said))
    return web.done(url_for("team.show", user_id=user.user_id))


def _a(role: Role) -> str:
    return f"an {role}" if role is Role.ADMIN else f"a {role}"


def _led_by(user: User) -> str:
    manager = queries.users.find(user.manager_id) if user.manager_id else None
    return f", in the team of {manager.full_name}" if manager else ", in nobody's team"


def _handed_over(kept: Belongings, taker_id: int | None) -> str:
    taker = queries.users.find(taker_id) if taker_id else None
    if taker is None or not (kept.records or kept.promises):
        return ""
    records = f"{kept.records} record{'s' * (kept.records != 1)}"
    promises = f"{kept.promises} open follow-up{'s' * (kept.promises != 1)}"
    return f" {records} and {promises} are now with {taker.full_name}."
