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
        port: to listen on.
        host: 0.0.0.0 for everyone in the network, 127.0.0.1 for this computer only.
        projector: also print an address for the projector, with large type and thick lines.
        warm: load PyTorch, the sampler and a training process in the background at once, so that
            the first student need not wait.
    """

    port: int = 8501
    host: str = "0.0.0.0"
    projector: bool = False
    warm: bool = True

    def run(self) -> int:
        """Serve until interrupted; returns the exit status."""
        from pixelcnn.teaching.lan import lan_address

        check_packages()
        check_port(self.host, self.port)
        lan = lan_address() if self.host in _EVERYWHERE else None
        key = teacher_key()
        # Ctrl-C too: a script that starts the lab in the background would ignore it.
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, _interrupt)
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
            print("\nThe lab is closed. Trainings continue, and can be watched at the next start.")
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
    """Visit the app first, so that no student waits for what is loaded once."""
    visitor = subprocess.Popen(
        [sys.executable, "-m", "tools.classroom.first_visit", address],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # errors show on the page of the next visitor
    )
    threading.Thread(target=visitor.wait, daemon=True).start()


def _interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
