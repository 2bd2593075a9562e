"""The key with which a teacher may stop any training; only the server knows it."""

from __future__ import annotations

import hmac
import threading
import time

from pixelcnn.errors import LabError

_TRIES = 5
_WINDOW_S = 60.0


class TeacherKey:
    """Checks the teacher key, and locks out all attempts after 5 wrong ones within a minute.

    Keep one for the whole server: eight characters cannot be guessed at that rate.

    Args:
        key: the right key; "" for none, which no text matches.
    """

    def __init__(self, key: str) -> None:
        self._key = key.strip().casefold()
        self._wrong: list[float] = []
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._key)

    def check(self, text: str) -> None:
        """Raise unless `text` is the key.

        Raises:
            LabError: a wrong key, or too many attempts.
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
            "This is not the teacher's key. The terminal in which the lab was started shows it."
        )
