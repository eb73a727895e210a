"""What became of a person's mail: made, sent, skipped and why, and when the next is due."""

from flask import Blueprint, Response

from crm import clock, policy, queries, web
from crm.models import User

bp = Blueprint("mail_proofs", __name__)


@bp.get("/settings/mails")
def mine() -> Response:
    """The mail of the person who asks."""
    return _show(web.person())


@bp.get("/team/<int(max=9223372036854775807):user_id>/mails")
@web.only(policy.may_see_mail_of_others, "What mail others got is for managers and admins. Ask one of them.")
def show(user_id: int) -> Response:
    """Somebody's mail, for those who answer for it that mail comes."""
    return _show(queries.users.get(user_id))


def _show(reader: User) -> Response:
    return web.render(
        "mail_proofs/show.html",
        "mail_proofs/_content.html",
        reader=reader,
        proof=queries.mail_proofs.of(reader, now=clock.now()),
        is_mine=reader is web.person(),
    )
