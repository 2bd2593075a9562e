"""Starts the app's server with settings for a class, and waits until it answers."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import IO

from pixelcnn.errors import LabError
from pixelcnn.runs.priority import AS_A_SESSION
from pixelcnn.runs.store import runs_root
from pixelcnn.system.addresses import url_of
from pixelcnn.system.shipped import ROOT

TEACHER_KEY = "PIXELCNN_TEACHER_KEY"
"""Environment variable of the key that allows stopping any training."""

# For glibc; others ignore it. Each session has threads of its own: with one heap per thread, freed
# memory would be lost to the others. And large, short-lived blocks such as activations are mapped
# separately and returned to the system, instead of fragmenting the heap. Without these settings, a
# class of thirty took 0.5 GB more.
_FRUGAL = {
    "MALLOC_ARENA_MAX": "2",
    "MALLOC_MMAP_THRESHOLD_": str(2**18),
    "MALLOC_TRIM_THRESHOLD_": str(2**20),
}
# Pages that students wait for come first; a training gets the rest.
TRAININGS_LAST = {AS_A_SESSION: "10"}
_SERVED = "served.py"  # app.py behind a check of the host name
_MB = 2**20
_START_PATIENCE_S = 60.0
_END_PATIENCE_S = 10.0
_KEY_BYTES = 4


def check_packages() -> None:
    """Check that all packages of the app are installed.

    Raises:
        LabError: some are missing; the message names them.
    """
    needed = ROOT / "requirements.txt"
    lines = needed.read_text(encoding="utf-8").splitlines() if needed.is_file() else []
    names = [line.partition("==")[0].strip() for line in lines if line and line[0].isalnum()]
    missing = [name for name in names if not _installed(name)]
    if missing:
        raise LabError(
            f"Packages are missing: {', '.join(missing)}. Install them with pip install -r "
            "requirements.txt, then start again."
        )


def _installed(package: str) -> bool:
    try:
        metadata.version(package)
    except metadata.PackageNotFoundError:
        return False
    return True


def check_port(host: str, port: int) -> None:
    """Check that a server can listen there.

    Raises:
        LabError: the port is in use, reserved or out of range, or the host is not this machine.
    """
    if not 1 <= port <= 65535:
        raise LabError(f"--port {port} is not a valid port; use a number from 1024 to 65535.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise LabError(
            f"--host {host} is not an IP address. Use 0.0.0.0 for everyone in the network, "
            "or 127.0.0.1 for this computer only."
        ) from error
    with socket.socket(family, kind, protocol) as probe:
        if os.name == "posix":  # reuse a recently closed port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except PermissionError as error:
            raise LabError(
                f"Port {port} is reserved for the system; use one above 1023."
            ) from error
        except OSError as error:
            if _answers(port):
                raise LabError(
                    f"Port {port} is in use by another lab. Open http://localhost:{port}, "
                    f"stop it there, or start a second one with --port {port + 1}."
                ) from error
            raise LabError(
                f"Port {port} of {host} cannot be opened ({error.strerror}): another program uses "
                f"it, or the address does not belong to this computer. Try --port {port + 1}."
            ) from error


class Server:
    """The app's server in a process of its own; use it in a `with` statement.

    Args:
        host: IP address to listen on.
        port: to listen on.
        base_path: the part of the address under which it serves, such as `lab`; "" for none.
        seen_as: host name or address in browsers, for Streamlit's own messages.
        log: the server's error output; None for this process's standard error.
        environment: additional environment variables.

    Raises:
        LabError: the app is missing, or does not start.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        base_path: str = "",
        seen_as: str = "localhost",
        log: IO[str] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        if not (ROOT / _SERVED).is_file():
            raise LabError(
                f"The app is missing from {ROOT}. Get the complete project, and start the command "
                "there."
            )
        self.address = url_of(host, port, base_path)
        self._log = log
        here = {"PIXELCNN_RUNS": str(runs_root())}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", str(ROOT / _SERVED), *_options(locals())],
            cwd=ROOT,  # for the project's Streamlit settings
            env={**_FRUGAL, **TRAININGS_LAST, **os.environ, **here, **(environment or {})},
            stdin=subprocess.DEVNULL,
            # Streamlit's greeting there shows other addresses.
            stdout=subprocess.DEVNULL,
            stderr=log,
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def await_health(self) -> float:
        """Wait until the server answers; returns the seconds that this took.

        Raises:
            LabError: it ended, or did not answer within a minute.
        """
        start = time.monotonic()
        while self.process.poll() is None:
            if _healthy(self.address):
                return time.monotonic() - start
            if time.monotonic() - start > _START_PATIENCE_S:
                raise LabError("The server does not answer; its output may say why.")
            time.sleep(0.05)
        raise LabError(
            f"The server ended at once (status {self.process.returncode}); its output says "
            "why. A package may be missing: pip install -r requirements.txt."
        )

    def stop(self) -> None:
        """Terminate the server, or kill it if that takes too long."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(_END_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def memory_mb(self) -> float:
        """Current memory of the server in MB; nan if unknown."""
        try:
            pages = int(
                Path(f"/proc/{self.process.pid}/statm").read_text(encoding="utf-8").split()[1]
            )
            return pages * os.sysconf("SC_PAGE_SIZE") / _MB
        except (OSError, ValueError, IndexError):
            result = subprocess.run(
                ["ps", "-o", "rss=", "-p", str(self.process.pid)], capture_output=True, text=True
            )
            return int(result.stdout) / 1024 if result.stdout.strip() else float("nan")

    def open_files(self) -> int:
        """Files and connections that the server has open; -1 if unknown."""
        try:
            return len(os.listdir(f"/proc/{self.process.pid}/fd"))
        except OSError:
            return -1

    def processor_s(self) -> float:
        """Processor time used so far, in seconds; nan if unknown."""
        try:
            text = (
                Path(f"/proc/{self.process.pid}/stat")
                .read_text(encoding="utf-8")
                .rpartition(")")[2]
            )
            user, system = text.split()[11:13]
            return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError):
            return float("nan")


def teacher_key() -> str:
    """The key from the environment, or a new one."""
    return os.environ.get(TEACHER_KEY) or secrets.token_hex(_KEY_BYTES)


def _options(options: Mapping[str, object]) -> list[str]:
    """Streamlit's options; those of every start are in .streamlit/config.toml."""
    return [
        "--server.headless=true",
        f"--server.address={options['host']}",
        f"--server.port={options['port']}",
        f"--server.baseUrlPath={options['base_path']}",
        f"--browser.serverAddress={options['seen_as']}",
        "--browser.gatherUsageStats=false",
        "--server.fileWatcherType=none",
        "--client.toolbarMode=viewer",
        "--logger.level=warning",
        "--logger.enableRich=false",
    ]


def _healthy(address: str) -> bool:
    # A proxy that the network needs knows nothing of this machine.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address}/_stcore/health", timeout=1) as response:
            return bool(response.read() == b"ok")
    except OSError:
        return False


def _answers(port: int) -> bool:
    return _healthy(f"http://127.0.0.1:{port}")
