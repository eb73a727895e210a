"""What listeners cost those who ask for pages: the p95 of a page without and with so many open streams.

And how soon one is told what was committed and has the fragment: from the press of a button (a favourite,
taken back in the end) to the event, and to the last byte of what is asked for then. A browser adds up to
100 ms before it asks (SPREAD in crm/static/js/live.js), so that all of them do not ask at one moment.

    benchmarks/live.py ADDRESS EMAIL PASSWORD [--listeners 500] [--pages 200]

For a stack that runs, like that of bin/up. Clients and server share the machine, so read the two rows against
one another. Nothing is asserted; the table is kept in benchmarks/results/live.txt.
"""

import argparse
import asyncio
import re
import statistics
import time
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen
from uuid import uuid4

RESULTS = Path(__file__).parent / "results" / "live.txt"


def sign_in(address: str, email: str, password: str) -> str:
    """The cookies of a session, as a request carries them."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    page = opener.open(f"{address}/login").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"email": email, "password": password, "csrf_token": token[1] if token else ""}
    opener.open(f"{address}/login", urlencode(form).encode())
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


async def ask(
    address: str, path: str, cookies: str, more: str = ""
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nCookie: {cookies}\r\nConnection: close\r\n{more}\r\n"
    writer.write(head.encode())
    await writer.drain()
    return reader, writer


async def listen(address: str, cookies: str) -> asyncio.StreamWriter:
    """Open one stream and wait until it answers."""
    reader, writer = await ask(address, f"/live?since={time.time():.3f}", cookies)
    status = await reader.readline()
    if b" 200 " not in status:
        raise SystemExit(f"/live answered {status.decode().strip()}")
    return writer


async def changes(address: str, path: str, cookies: str, n: int) -> tuple[list[float], list[float]]:
    """Milliseconds from each of `n` presses until it is told, and until the fragment at `path` is there."""
    reader, stream = await ask(address, f"/live?since={time.time():.3f}", cookies)
    told, shown = [], []
    for _ in range(n):
        await asyncio.sleep(0.6)
        press = asyncio.create_task(asyncio.to_thread(favor, address, cookies))
        began = await press
        while not (await reader.readline()).startswith(b"data: favorites"):
            pass
        told.append((time.perf_counter() - began) * 1000)
        fragment, writer = await ask(address, path, cookies, "HX-Request: true\r\nHX-Live: true\r\n")
        await fragment.read()
        writer.close()
        shown.append((time.perf_counter() - began) * 1000)
    stream.close()
    return told, shown


def favor(address: str, cookies: str) -> float:
    """Turn a favourite on or off; returns when the press began."""
    page = urlopen(Request(f"{address}/", headers={"Cookie": cookies})).read().decode()
    token = re.search(r'"X-CSRFToken": "([^"]+)"', unescape(page))
    form = {"csrf_token": token[1] if token else "", "request_key": str(uuid4())}
    began = time.perf_counter()
    asked = Request(f"{address}/favorites/organization/1", urlencode(form).encode(), {"Cookie": cookies})
    urlopen(asked).read()
    return began


async def pages(address: str, path: str, cookies: str, n: int) -> list[float]:
    """Milliseconds of each of `n` pages, one after the other."""
    times = []
    for _ in range(n):
        began = time.perf_counter()
        reader, writer = await ask(address, path, cookies)
        await reader.read()
        writer.close()
        times.append((time.perf_counter() - began) * 1000)
    return times


def row(name: str, times: list[float]) -> str:
    p95 = statistics.quantiles(times, n=20)[-1]
    return f"{name:<24}{statistics.median(times):>10.1f}{p95:>10.1f}"


async def measure(asked: argparse.Namespace) -> str:
    cookies = await asyncio.to_thread(sign_in, asked.address, asked.email, asked.password)
    lines = [f"{asked.path}, {asked.pages} pages{'p50 ms':>14}{'p95 ms':>10}"]
    await pages(asked.address, asked.path, cookies, 20)
    lines.append(row("nobody listens", await pages(asked.address, asked.path, cookies, asked.pages)))
    began, writers = time.perf_counter(), []
    for _ in range(asked.listeners // 25):
        writers += await asyncio.gather(*(listen(asked.address, cookies) for _ in range(25)))
    took = time.perf_counter() - began
    lines.append(
        row(f"{len(writers)} listen, idle", await pages(asked.address, asked.path, cookies, asked.pages))
    )
    lines.append(f"{len(writers)} connected in {took:.1f} s")
    for writer in writers:
        writer.close()
    told, shown = await changes(asked.address, asked.path, cookies, asked.changes)
    lines += [row("press until told", told), row("press until fragment", shown)]
    lines.append(row("nobody listens again", await pages(asked.address, asked.path, cookies, asked.pages)))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--changes", type=int, default=20)
    parser.add_argument("--path", default="/follow-ups")
    table = asyncio.run(measure(parser.parse_args()))
    print(table)
    RESULTS.write_text(table)


if __name__ == "__main__":
    main()
