"""A post that comes twice, or by several lines at once, to real web processes: one row, the same answer."""

import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from stack import ports

from tests.faults.conftest import Stack, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(600)]

EMAIL, PASSWORD = "nell@pantry.example", "pantry-shelf-7"
AT_ONCE = 8


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    cookies: str
    body: str


def ask(port: int, path: str, *, form: dict[str, str] | None = None, cookies: str = "") -> Answer:
    """Ask over a line of its own."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    line.request("GET" if form is None else "POST", path, urlencode(form or {}), headers)
    answer = line.getresponse()
    given = "; ".join(cookie.split(";")[0] for cookie in answer.headers.get_all("Set-Cookie", ()))
    body = answer.read().decode()
    line.close()
    return Answer(answer.status, answer.headers.get("Location", ""), given or cookies, body)


def token(page: Answer) -> str:
    """What a form of that page carries."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.body)
    assert found, page.body
    return found[1]


@pytest.fixture
def web(stack: Stack) -> int:
    """Two web processes behind one port, and somebody who may sign in."""
    stack.through["DATABASE_OWNER_URL"] = stack.database.url("owner")
    stack.flask("users", "create", EMAIL, "--name", "Nell Carrow", "--password", PASSWORD)
    port = ports.free()
    words = ["-m", "gunicorn", "--worker-class", "asgi", "--workers", "2", "--bind", f"127.0.0.1:{port}"]
    stack.start("web", *words, "--no-control-socket", "crm.live:make()")
    wait_until(lambda: ports.answers(port) and ask(port, "/readyz").status == 200, doing="the web server")
    return port


def test_a_post_that_comes_twice_and_at_once_makes_one_record_and_one_answer(stack: Stack, web: int) -> None:
    page = ask(web, "/login")
    form = {"csrf_token": token(page), "email": EMAIL, "password": PASSWORD}
    signed_in = ask(web, "/login", form=form, cookies=page.cookies)
    assert signed_in.status in {302, 303}, signed_in.body
    cookies = signed_in.cookies
    form = {
        "csrf_token": token(ask(web, "/organizations/new", cookies=cookies)),
        "request_key": str(uuid4()),
        "name": "Marlowe Bend",
    }
    together = Barrier(AT_ONCE)

    def post(_: int) -> Answer:
        together.wait(timeout=60)
        return ask(web, "/organizations", form=form, cookies=cookies)

    with ThreadPoolExecutor(AT_ONCE) as lines:
        answers = list(lines.map(post, range(AT_ONCE)))
    answers.append(ask(web, "/organizations", form=form, cookies=cookies))
    [(number,)] = stack.ask("select organization_id from organizations")
    told = {(answer.status, answer.location) for answer in answers}
    assert told == {(303, f"/organizations/{number}")}
