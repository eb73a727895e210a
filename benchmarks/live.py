"""What listeners cost those who ask for pages: the p95 of a page without and with so many open streams.

    benchmarks/live.py ADDRESS EMAIL PASSWORD [--listeners 500] [--pages 200]

For a stack that runs, like that of bin/up. Clients and server share the machine, so read the two rows against
one another. Nothing is asserted; the table is kept in benchmarks/results/live.txt.
"""

import argparse
import asyncio
import re
import statistics
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, build_opener

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


async def ask(address: str, path: str, cookies: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    head = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nCookie: {cookies}\r\nConnection: close\r\n\r\n"
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
    lines.append(row("nobody listens again", await pages(asked.address, asked.path, cookies, asked.pages)))
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("address")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--listeners", type=int, default=500)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--path", default="/follow-ups")
    table = asyncio.run(measure(parser.parse_args()))
    print(table)
    RESULTS.write_text(table)


if __name__ == "__main__":
    main()
