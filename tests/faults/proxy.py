"""A TCP proxy that misbehaves when told to: what stands between two processes can fail alone."""

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

PART = 65_536


@dataclass
class Proxy:
    """Listens at `port` and passes on to `target`, as long as it is in a good mood.

    pass     everything, after `delay` seconds
    freeze   nothing more, in neither direction, and no word about it; what came meanwhile is passed on later
    cut      every line is cut, and each new one at once
    """

    target: int
    listening: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    delay: float = 0.0
    after: int | None = None
    """Cut each line after so many bytes that its client sent."""
    word: bytes = b""
    """Cut the line whose client sends this, after `spares` that were spared, and swallow the answer."""
    spares: int = 0
    has_cut: int = 0
    """How many lines were cut because of `after` or `word`."""
    _flows: threading.Event = field(default_factory=threading.Event)
    _one_by_one: threading.Lock = field(default_factory=threading.Lock)
    _is_cut: bool = False
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._flows.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def freeze(self) -> None:
        self._flows.clear()

    def cut(self) -> None:
        """Cut every line, and each new one, until `mend`."""
        self._is_cut = True
        for pair in list(self._pairs):
            self._drop(pair)

    def mend(self) -> None:
        """Pass everything on again."""
        self._is_cut, self.delay, self.after, self.word = False, 0.0, None, b""
        self._flows.set()

    def close(self) -> None:
        self._flows.set()
        self.listening.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listening.accept()
            except OSError:
                return
            if self._is_cut:
                client.close()
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.target), timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            pair = (client, server)
            self._pairs.append(pair)
            for source, sink in (pair, pair[::-1]):
                threading.Thread(target=self._pump, args=(pair, source, sink), daemon=True).start()

    def _pump(
        self, pair: tuple[socket.socket, socket.socket], source: socket.socket, sink: socket.socket
    ) -> None:
        sent, is_client = 0, source is pair[0]
        with contextlib.suppress(OSError):
            while part := source.recv(PART):
                self._flows.wait()
                time.sleep(self.delay)
                if is_client:
                    sent += len(part)
                    if self.word and self.word in part and self._is_the_one():
                        self._lose_the_answer(pair, part)
                        break
                    if self.after is not None and sent >= self.after:
                        sink.sendall(part[: len(part) - (sent - self.after)])
                        self.has_cut += 1
                        break
                sink.sendall(part)
        self._drop(pair)

    def _is_the_one(self) -> bool:
        with self._one_by_one:
            self.spares -= 1
            if self.spares >= 0:
                return False
            self.word = b""
            return True

    def _lose_the_answer(self, pair: tuple[socket.socket, socket.socket], part: bytes) -> None:
        """The server hears it and does it; whoever asked never learns of that."""
        client, server = pair
        # What the server says from now on goes nowhere: the client's end is closed before it is asked.
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.shutdown(socket.SHUT_RDWR)
        client.close()
        server.sendall(part)
        time.sleep(0.3)  # long enough for it to be done: a server that finds nobody there gives up
        self.has_cut += 1

    def _drop(self, pair: tuple[socket.socket, socket.socket]) -> None:
        with contextlib.suppress(ValueError):
            self._pairs.remove(pair)
        for end in pair:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
