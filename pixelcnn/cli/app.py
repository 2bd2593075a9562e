"""`python -m pixelcnn app`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlencode

from pixelcnn.system.shipped import ROOT
from pixelcnn.teaching.serving import TEACHER_KEY, Server, check_packages, check_port, teacher_key

_LOOK_S = 0.2
_EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class App:
    """Start the lab for a class: prints the address that students open, and ends with Ctrl-C.

    Example: python -m pixelcnn app --projector

    Attributes:
        port: where to listen.
        host: 0.0.0.0 for everybody in the network, 127.0.0.1 for this computer alone.
        projector: print an address for the projector too: large type and thick lines.
        warm: load PyTorch, the sampler and a training process in the background at once, so that
            the first student need not wait for them.
    """

    port: int = 8501
    host: str = "0.0.0.0"
    projector: bool = False
    warm: bool = True

    def run(self) -> int:
        """Serve until it is interrupted; returns the exit status."""
        from pixelcnn.teaching.lan import lan_address

        check_packages()
        check_port(self.host, self.port)
        lan = lan_address() if self.host in _EVERYWHERE else None
        key = teacher_key()
        # Ctrl-C too: a script that starts the lab in the background would have it ignored.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _interrupt)
        server = Server(
            self.host, self.port, seen_as=lan or "localhost", environment={TEACHER_KEY: key}
        )
        try:
            with server:
                server.await_health()
                print(self._welcome(server.address, lan, key), flush=True)
                if self.warm:
                    _warm(server.address)
                while server.process.poll() is None:
                    time.sleep(_LOOK_S)
                return server.process.returncode
        except KeyboardInterrupt:
            print("\nThe lab is closed. Trainings go on, and can be watched at the next start.")
            return 0

    def _welcome(self, here: str, lan: str | None, key: str) -> str:
        others = f"http://{lan}:{self.port}" if lan else None
        lines = ["PixelCNN Lab is open.", f"  On this computer   {here}"]
        if others:
            lines.append(f"  For the class      {others}")
        elif self.host in _EVERYWHERE:
            lines.append("  For the class      no network was found: connect this computer to one")
        if self.projector:
            lines.append(f"  For the projector  {here}/?{urlencode({'projector': '1'})}")
        lines += [f"  Teacher's key      {key} (lets you stop any training)", "Ctrl-C ends it."]
        return "\n".join(lines)


def _warm(address: str) -> None:
    """Be the first visitor, so that nobody else has to wait for what is loaded once."""
    visitor = subprocess.Popen(
        [sys.executable, "-m", "tools.classroom.first_visit", address],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # whoever comes next sees what goes wrong on the page
    )
    threading.Thread(target=visitor.wait, daemon=True).start()


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
