"""Downloads published files: fails within seconds, and leaves whole files only."""

import hashlib
import http.client
import queue
import threading
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from pixelcnn.errors import DataError
from pixelcnn.system.atomic_files import atomic_file

# Time for the first mirror to answer, and for a transfer to stall. Their sum bounds the wait for a
# download that cannot start: less than ten seconds.
ANSWER_SECONDS = 4.0
STALL_SECONDS = 4.0

_HEADERS = {"User-Agent": "pixelcnn-lab"}
_CHUNK_BYTES = 1 << 16
_NETWORK_ERRORS = (OSError, http.client.HTTPException, ValueError)


def find_mirror(mirrors: Sequence[str], probe: str) -> str:
    """The first of `mirrors` that has the file `probe`; all are asked at once.

    Raises:
        DataError: none has answered within `ANSWER_SECONDS`.
    """
    answers: queue.Queue[tuple[str, Exception | None]] = queue.Queue()

    def ask(mirror: str) -> None:
        request = urllib.request.Request(mirror + probe, headers=_HEADERS, method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=ANSWER_SECONDS).close()
        except _NETWORK_ERRORS as error:
            answers.put((mirror, error))
        else:
            answers.put((mirror, None))

    # Daemon threads, since a DNS lookup has no time limit and may be abandoned.
    for mirror in mirrors:
        threading.Thread(target=ask, args=(mirror,), daemon=True).start()
    failures = dict.fromkeys(mirrors, f"no answer in {ANSWER_SECONDS:g} s")
    deadline = time.monotonic() + ANSWER_SECONDS
    for _ in mirrors:
        try:
            mirror, error = answers.get(timeout=max(deadline - time.monotonic(), 0))
        except queue.Empty:
            break
        if error is None:
            return mirror
        failures[mirror] = str(error)
    raise DataError(
        "; ".join(f"{urlsplit(mirror).netloc}: {failures[mirror]}" for mirror in mirrors)
    )


def fetch(url: str, path: Path, md5: str) -> None:
    """Write the file at `url` to `path`, once it is complete and its checksum agrees.

    Raises:
        DataError: the transfer failed or stalled for `STALL_SECONDS`, or the file is not the
            published one.
    """
    chunks: queue.Queue[bytes | Exception] = queue.Queue()
    abandoned = threading.Event()

    def receive() -> None:
        request = urllib.request.Request(url, headers=_HEADERS)
        try:
            with urllib.request.urlopen(request, timeout=STALL_SECONDS) as response:
                while not abandoned.is_set() and (chunk := response.read(_CHUNK_BYTES)):
                    chunks.put(chunk)
        except _NETWORK_ERRORS as error:
            chunks.put(error)
        chunks.put(b"")

    threading.Thread(target=receive, daemon=True).start()
    path.parent.mkdir(parents=True, exist_ok=True)
    checksum = hashlib.md5(usedforsecurity=False)
    host = urlsplit(url).netloc
    try:
        with atomic_file(path, durable=False) as file:
            while chunk := chunks.get(timeout=STALL_SECONDS):
                # The socket's own limit may pass slightly before the queue's.
                if isinstance(chunk, TimeoutError):
                    raise queue.Empty
                if isinstance(chunk, Exception):
                    raise DataError(f"{host}: {path.name} broke off ({chunk})") from chunk
                checksum.update(chunk)
                file.write(chunk)
            if checksum.hexdigest() != md5:
                raise DataError(f"{host}: {path.name} is not the published file (checksum differs)")
    except queue.Empty:
        raise DataError(f"{host}: {path.name} stalled for {STALL_SECONDS:g} s") from None
    finally:
        abandoned.set()
