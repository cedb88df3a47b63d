"""A well-behaved feed server on many loopback addresses, with latency; it ends by itself.

    python benchmarks/_feedserver.py FOLDER --hosts 200 --latency-ms 100

Feed i, `feed-<i>.xml` in the folder, is best asked for at 127.0.0.(1 + i): a polite client asks one host for one
thing at a time. The files are read and compressed before the first request, so that whoever asks first does not
share the processors with that. `/stats` counts requests, replies and bytes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gzip
import hashlib
import json
from email.utils import formatdate
from pathlib import Path
from typing import NamedTuple


class Served(NamedTuple):
    """A file, as it is sent."""

    body: bytes
    zipped: bytes
    etag: str
    last_modified: str

    @classmethod
    def read(cls, path: Path) -> Served:
        body = path.read_bytes()
        return cls(
            body,
            gzip.compress(body, 6),
            f'"{hashlib.sha256(body).hexdigest()[:20]}"',
            formatdate(path.stat().st_mtime, usegmt=True),
        )


class FeedServer:
    """Serves the files of a folder with ETag, Last-Modified, 304 and gzip, or without validators."""

    def __init__(self, folder: Path, *, latency_seconds: float, validators: bool) -> None:
        self._files = {path.name: Served.read(path) for path in sorted(folder.iterdir())}
        self._latency = latency_seconds
        self._validators = validators
        self.counts = {"requests": 0, "full": 0, "not_modified": 0, "bytes": 0}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection, request after request."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                headers = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                name = head[0].split(" ")[1].lstrip("/").split("?")[0]
                if name == "stats":
                    self._send(writer, "200 OK", json.dumps(self.counts).encode(), {})
                else:
                    await asyncio.sleep(self._latency)
                    self._answer(writer, name, headers)
                await writer.drain()
                if headers.get("connection") == "close":
                    break
        writer.close()

    def _answer(self, writer: asyncio.StreamWriter, name: str, headers: dict[str, str]) -> None:
        self.counts["requests"] += 1
        file = self._files.get(name)
        if file is None:
            self._send(writer, "404 Not Found", b"", {})
            return
        said = {"ETag": file.etag, "Last-Modified": file.last_modified} if self._validators else {}
        if self._validators and file.etag in headers.get("if-none-match", ""):
            self.counts["not_modified"] += 1
            self._send(writer, "304 Not Modified", b"", said)
            return
        self.counts["full"] += 1
        if "gzip" in headers.get("accept-encoding", ""):
            self._send(writer, "200 OK", file.zipped, said | {"Content-Encoding": "gzip"})
        else:
            self._send(writer, "200 OK", file.body, said)

    def _send(
        self, writer: asyncio.StreamWriter, status: str, body: bytes, headers: dict[str, str]
    ) -> None:
        self.counts["bytes"] += len(body)
        lines = [
            f"HTTP/1.1 {status}",
            f"Content-Length: {len(body)}",
            "Content-Type: application/xml",
        ]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)


async def main() -> None:
    """Serve until the time is up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8611)
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--no-validators", action="store_true")
    parser.add_argument("--for-seconds", type=float, default=600)
    options = parser.parse_args()
    feeds = FeedServer(
        options.folder,
        latency_seconds=options.latency_ms / 1000,
        validators=not options.no_validators,
    )
    hosts = [f"127.0.0.{1 + number}" for number in range(options.hosts)]
    server = await asyncio.start_server(feeds.serve, hosts, options.port, backlog=1024)
    print("serving", flush=True)
    with contextlib.suppress(TimeoutError):
        async with server:
            await asyncio.wait_for(server.serve_forever(), options.for_seconds)


if __name__ == "__main__":
    asyncio.run(main())
