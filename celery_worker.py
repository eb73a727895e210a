"""The worker and beat, for Celery: `celery -A celery_worker worker` and `celery -A celery_worker beat`.

Only the Celery object may be called `app` here: Celery takes whatever has that name.
"""

from crm import bell, create_app

create_app("worker")
app = bell.celery
