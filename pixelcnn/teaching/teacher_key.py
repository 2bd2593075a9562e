"""The key with which a teacher may stop any training; only the server knows it."""

from __future__ import annotations

import hmac
import threading
import time
from collections import deque

from pixelcnn.errors import LabError

_TRIES = 5
_TRIES_OF_ADDRESS = 20  # behind one address there may be several sessions
_WINDOW_S = 60.0
_REMEMBERED = 5000


class TeacherKey:
    """Checks the teacher key, and refuses whoever has tried too many wrong ones.

    Wrong keys count for the session and for the address that they come from, so nobody can lock out
    the others. Keep one for the whole server: eight characters cannot be guessed at that rate.

    Args:
        key: the right key; "" for none, which no text matches.
    """

    def __init__(self, key: str) -> None:
        self._key = key.strip().casefold()
        self._wrong: deque[tuple[float, str, str]] = deque(maxlen=_REMEMBERED)
        self._lock = threading.Lock()

    def __bool__(self) -> bool:
        return bool(self._key)

    def check(
        self, text: str, *, session: str = "", address: str = "", on_server: bool = False
    ) -> None:
        """Raise unless `text` is the key.

        Args:
            text: as it was typed.
            session: of the viewer.
            address: of the viewer's computer.
            on_server: whether that is the computer of the server: the right key always works there.

        Raises:
            LabError: a wrong key, or too many attempts.
        """
        given = text.strip().casefold().encode()
        right = bool(self._key) and hmac.compare_digest(given, self._key.encode())
        if right and on_server:
            return
        with self._lock:
            now = time.monotonic()
            recent = [one for one in self._wrong if now - one[0] < _WINDOW_S]
            of_session = sum(one[1] == session for one in recent)
            of_address = sum(one[2] == address for one in recent)
            if of_session >= _TRIES or of_address >= _TRIES_OF_ADDRESS:
                raise LabError(
                    "Too many wrong keys were tried here. Wait a minute, or type the key on the "
                    "computer that runs the lab."
                )
            if right:
                return
            self._wrong.append((now, session, address))
        raise LabError(
            "This is not the teacher's key. The terminal in which the lab was started shows it."
        )
