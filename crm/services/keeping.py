"""What is kept how long (rulings, Files and keeping): a daily job forgets the rest."""

from datetime import date, timedelta

import sqlalchemy as sa

from crm.db import db
from crm.enums import JobState, MailState
from crm.models import Job, MailMessage, RequestKey

REQUEST_KEYS = timedelta(days=7)
MAIL_BODIES = timedelta(days=365)
SECRETS = timedelta(days=2)
"""A reset link is worth nothing after an hour; a letter that could not be sent need not keep it."""
DONE_JOBS = timedelta(days=30)


def tidy(*, today: date) -> dict[str, int]:
    """Forget what is older than its time on `today`; returns how many of each."""
    keys = db.session.scalars(
        sa.delete(RequestKey)
        .where(RequestKey.created_at < today - REQUEST_KEYS)
        .returning(RequestKey.request_key)
    ).all()
    bodies = db.session.scalars(
        sa.update(MailMessage)
        .where(
            MailMessage.state.in_((MailState.SENT, MailState.FAILED)),
            MailMessage.text_body.is_not(None),
            sa.or_(
                MailMessage.created_at < today - MAIL_BODIES,
                MailMessage.is_secret & (MailMessage.created_at < today - SECRETS),
            ),
        )
        .values(text_body=None, html_body=None)
        .returning(MailMessage.mail_message_id)
    ).all()
    done = db.session.scalars(
        sa.delete(Job)
        .where(Job.state == JobState.DONE, Job.requested_by.is_(None), Job.finished_at < today - DONE_JOBS)
        .returning(Job.job_id)
    ).all()
    return {"request keys": len(keys), "mail bodies": len(bodies), "jobs": len(done)}
