"""The key with which a teacher may stop anybody's training. It is known to the server alone."""

from __future__ import annotations

import hmac
import threading
import time

from pixelcnn.errors import LabError

_TRIES = 5
_WINDOW_S = 60.0


class TeacherKey:
    """Compares keys; a few wrong ones in a minute, from whomever, and it does not listen any more.

    Keep one for the whole server: eight characters cannot be guessed at five tries a minute.

    Args:
        key: the right one; "" for none, which no text fits.
    """

    def __init__(self, key: str) -> None:
        self._key = key.strip().casefold()
        self._wrong: list[float] = []
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._key)

    def check(self, text: str) -> None:
        """Let only the right key pass.

        Raises:
            LabError: another one, or too many of them.
        """
        with self._lock:
            now = time.monotonic()
            self._wrong = [at for at in self._wrong if now - at < _WINDOW_S]
            if len(self._wrong) >= _TRIES:
                raise LabError("Too many wrong keys were tried here. Wait a minute.")
            given = text.strip().casefold().encode()
            if self._key and hmac.compare_digest(given, self._key.encode()):
                return
            self._wrong.append(now)
        raise LabError(
            "This is not the teacher's key. It stands where the lab was started: in the terminal."
        )
