"""`python -m pixelcnn app`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from urllib.parse import urlencode

from pixelcnn.runs.store import RUNS, runs_root, writable_root
from pixelcnn.system.addresses import EVERYWHERE, machine_addresses, url_of
from pixelcnn.system.open_files import raise_limit, warning_for
from pixelcnn.system.shipped import ROOT
from pixelcnn.teaching.public_address import PUBLIC_URL, checked_url, public_url
from pixelcnn.teaching.serving import TEACHER_KEY, Server, check_packages, check_port, teacher_key

_LOOK_S = 0.2
_BASE_PATH = "STREAMLIT_SERVER_BASE_URL_PATH"


@dataclass(frozen=True)
class App:
    """Start the lab for a class: prints the address that students open, and ends with Ctrl-C.

    Example: python -m pixelcnn app --projector

    Attributes:
        port: to listen on.
        host: 0.0.0.0 for everyone in the network, :: for IPv6 as well, 127.0.0.1 for this computer
            only.
        base_path: the part of the address under which the app is served, such as lab, if a proxy
            passes it on.
        public_url: the address that students open, if this computer cannot know it: behind a proxy,
            a forwarded port, or in a container. PIXELCNN_PUBLIC_URL is its default.
        projector: also print an address for the projector, with large type and thick lines.
        warm: load PyTorch, the sampler and a training process in the background at once, so that
            the first student need not wait.
    """

    port: int = 8501
    host: str = "0.0.0.0"
    base_path: str = ""
    public_url: str = ""
    projector: bool = False
    warm: bool = True

    def run(self) -> int:
        """Serve until interrupted; returns the exit status."""
        public = checked_url(self.public_url) if self.public_url else public_url()
        check_packages()
        check_port(self.host, self.port)
        path = self.base_path or os.environ.get(_BASE_PATH, "")
        found = machine_addresses(self.host)
        others = [public] if public else [url_of(one, self.port, path) for one in found]
        runs = writable_root()
        key = teacher_key()
        limit = raise_limit()  # of the server too, which inherits it
        # Ctrl-C too: a script that starts the lab in the background would ignore it.
        for signal_number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(signal_number, _interrupt)
        server = Server(
            self.host,
            self.port,
            base_path=path,
            seen_as=found[0] if found else "localhost",
            environment={TEACHER_KEY: key, PUBLIC_URL: public or "", RUNS: str(runs)},
        )
        try:
            with server:
                server.await_health()
                print(self._welcome(server.address, others, key), flush=True)
                if warning := warning_for(limit):
                    print(warning, flush=True)
                if runs != runs_root():
                    print(f"{runs_root()} cannot be written: trainings are kept in {runs} for now.")
                if self.warm:
                    _warm(server.address)
                while server.process.poll() is None:
                    time.sleep(_LOOK_S)
                return server.process.returncode
        except KeyboardInterrupt:
            print("\nThe lab is closed. Trainings continue, and can be watched at the next start.")
            return 0

    def _welcome(self, here: str, others: Sequence[str], key: str) -> str:
        lines = ["PixelCNN Lab is open.", f"  On this computer   {here}"]
        if others:
            lines.append(f"  For the class      {others[0]}")
            lines += [f"    or               {other}" for other in others[1:]]
        elif self.host in EVERYWHERE:
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
