"""The web application for a WSGI server: `gunicorn --threads 8 wsgi:app`. Its pages are right when they load;
live updates come with crm/live.py.
"""

from crm import create_app

app = create_app("web")
