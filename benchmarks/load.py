"""Eight people who read, search and log, fifty requests a second, for ten minutes.

    benchmarks/run load [--minutes N] [--rate N] [--clients N] [--book NAME]

Web processes and workers as bin/up starts them, a tick each minute, and every client on a connection that
stays open, as a browser's does. Requests begin when they are due; who falls behind sends the next one at
once, so what is told as "a second" is what was really answered. Of each kind how many, p50, p95 and the
slowest, and whatever was refused or broke; the goal is no 5xx. Then the memory of each process before and
after.
"""

import argparse
import http.client
import os
import random
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Final
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

from digests import Sink
from pages import kept
from processes import let_in, memory, new_password, owner, serving, signed_in, working

import crm

MIX: Final = {
    "/": 12,
    "/follow-ups": 10,
    "/principals": 8,
    "/principals/N": 10,
    "/organizations": 8,
    "/organizations/N": 8,
    "/contacts": 4,
    "/contacts/N": 4,
    "/opportunities": 5,
    "/opportunities/N": 6,
    "/opportunities/board": 2,
    "/interactions": 3,
    "/interactions/new": 4,
    "/dashboard": 2,
    "/search/palette?q=": 8,
    "log": 6,
}
"""How often each is asked for, of a hundred; N is any record of that noun, and `log` logs an interaction."""
PALETTE: Final = "/search/palette?q="
WORDS: Final = ("amb", "harvest", "tavern", "mar", "school dis", "hravest", "butter", "grill")
SOME: Final = 500
"""Records of each noun among which a page is chosen."""
CHOSEN: Final = f"select n from ({{asked}}) each order by md5(n::text) limit {SOME}"
KEYS: Final = {
    "principals": "select organization_id as n from organizations where is_principal and deleted_at is null",
    "organizations": "select organization_id as n from organizations where deleted_at is null",
    "contacts": "select contact_id as n from contacts where deleted_at is null",
    "opportunities": "select opportunity_id as n from opportunities where deleted_at is null",
}


@dataclass
class Told:
    """What became of the requests of one kind."""

    times: list[float] = field(default_factory=list)
    refused: int = 0
    broken: int = 0


class Client:
    """One person's browser: a connection that stays open, and what they have done on it."""

    def __init__(self, address: str, cookies: str, numbers: Mapping[str, list[int]], seed: int) -> None:
        self.at = urlsplit(address)
        self.connection = http.client.HTTPConnection(self.at.netloc, timeout=60)
        self.headers = {"Cookie": cookies, "Accept-Encoding": "br"}
        self.numbers = numbers
        self.chance = random.Random(seed)
        self.told: dict[str, Told] = defaultdict(Told)
        self.token = self._token()

    def _token(self) -> str:
        page = self._send("GET", "/", {"Accept-Encoding": "identity"})[1].decode()
        found = re.search(r'"X-CSRFToken": "([^"]+)"', unescape(page))
        return found[1] if found else ""

    def _send(
        self, method: str, path: str, headers: Mapping[str, str], body: str | None = None
    ) -> tuple[int, bytes]:
        """Status and body; the connection is opened again where the server closed it meanwhile, and what was
        posted goes once more under its key, as browsers do it. 599 where nobody answers even then.
        """
        for is_last in (False, True):
            try:
                self.connection.request(method, path, body, {**self.headers, **headers})
                answer = self.connection.getresponse()
                return answer.status, answer.read()
            except (http.client.RemoteDisconnected, ConnectionError):
                self.connection.close()
                if is_last:
                    return 599, b""
        raise AssertionError

    def ask(self, kind: str) -> None:
        """One request of this kind, and note what became of it."""
        told, began = self.told[kind], time.perf_counter()
        if kind == "log":
            status, _ = self._log()
        else:
            noun = kind.split("/")[1]
            path = kind.replace("/N", f"/{self.chance.choice(self.numbers[noun])}" if "/N" in kind else "")
            headers = {}
            if kind == PALETTE:
                path, headers = path + quote(self.chance.choice(WORDS)), {"HX-Request": "true"}
            status, _ = self._send("GET", path, headers)
        told.times.append((time.perf_counter() - began) * 1000)
        told.broken += status >= 500
        told.refused += 400 <= status < 500

    def _log(self) -> tuple[int, bytes]:
        form = {
            "csrf_token": self.token,
            "request_key": str(uuid4()),
            "about": f"contact:{self.chance.choice(self.numbers['contacts'])}",
            "interaction_type": "Phone Call",
            "notes": "Asked for the new price list of the frozen line.",
            "sentiment": "Positive",
            "follow_up": "",
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", "/interactions", kind, urlencode(form))

    def run(self, *, every: float, until: float) -> int:
        """Ask again and again, one request each so many seconds; how many were asked late."""
        kinds, weights = list(MIX), list(MIX.values())
        due = time.perf_counter() + self.chance.random() * every
        late = 0
        while due < until:
            wait = due - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            late += wait < -every
            self.ask(self.chance.choices(kinds, weights)[0])
            due += every
            if time.perf_counter() >= until:
                break
        return late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["load"])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--clients", type=int, default=8)
    options = parser.parse_args()
    password = new_password()
    let_in(password)
    with owner() as connection:
        numbers = {
            noun: [row[0] for row in connection.execute(CHOSEN.format(asked=asked))]
            for noun, asked in KEYS.items()
        }
    os.environ["SMTP_URL"] = f"smtp://127.0.0.1:{Sink().listening.getsockname()[1]}"
    app = crm.create_app("worker")
    with serving() as (address, web), working(app, now=datetime.now(UTC)) as workers:
        cookies = signed_in(address, password)
        clients = [
            Client(address, cookies[number % len(cookies)], numbers, number)
            for number in range(options.clients)
        ]
        for client in clients:
            for kind in MIX:
                client.ask(kind)  # everything was asked for once
            client.told.clear()
        groups = {"web": web, "worker": workers[0], "work": workers[1]}
        before = memory(groups.values())
        every = options.clients / options.rate
        began = time.perf_counter()
        with ThreadPoolExecutor(options.clients) as several:
            until = began + options.minutes * 60
            late = sum(several.map(lambda one: one.run(every=every, until=until), clients))
        took, after = time.perf_counter() - began, memory(groups.values())
    lines = table(clients, took, late)
    for name, group in groups.items():
        lines += [
            f"{f'{name} {number}' if number else f'{name}, the parent':<30}"
            f"{a:>8.0f}{b:>8.0f}{c:>8.0f}{d:>8.0f}"
            for number, ((a, c), (b, d)) in enumerate(zip(before[group], after[group], strict=False))
        ]
    told = f"{options.clients} clients, {options.rate:g} requests a second for {options.minutes:g} minutes"
    kept("load", f"{os.environ['BENCHMARK_BOOK']} book, {told}", lines)


def table(clients: list[Client], took: float, late: int) -> list[str]:
    """Each kind of request, all of them, and the heads of the memory."""
    lines = [f"{'':<24}{'n':>8}{'p50 ms':>9}{'p95 ms':>9}{'most':>9}{'4xx':>6}{'5xx':>6}"]
    total = Told()
    for kind in MIX:
        one = Told()
        for told in (client.told[kind] for client in clients):
            one.times += told.times
            one.refused, one.broken = one.refused + told.refused, one.broken + told.broken
        total.times += one.times
        total.refused, total.broken = total.refused + one.refused, total.broken + one.broken
        lines.append(_row(kind, one))
    lines.append(_row("all of them", total))
    n = len(total.times)
    lines += [
        f"{n / took:.1f} answered a second; {late / n:.1%} were asked more than their turn late",
        "",
        f"{'memory in MB':<30}{'RSS':>8}{'after':>8}{'PSS':>8}{'after':>8}",
    ]
    return lines


def _row(name: str, told: Told) -> str:
    times = told.times or [0.0]
    p95 = statistics.quantiles(times, n=20, method="inclusive")[-1] if len(times) > 1 else times[0]
    return (
        f"{name:<24}{len(told.times):>8}{statistics.median(times):>9.0f}{p95:>9.0f}{max(times):>9.0f}"
        f"{told.refused:>6}{told.broken:>6}"
    )


if __name__ == "__main__":
    main()
