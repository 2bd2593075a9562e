"""The places: how a browser comes to the lab."""

from __future__ import annotations

import contextlib
import http.server
import os
import shutil
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.system.addresses import machine_addresses, url_of
from pixelcnn.system.shipped import ROOT
from pixelcnn.teaching.serving import Server

_PATIENCE_S = 30.0
_INSIDE = "PIXELCNN_INSIDE"  # set in the network of the place `router`


@dataclass(frozen=True)
class Place:
    """The lab as a browser finds it.

    Attributes:
        address: to open, without a slash at its end.
        site: the address of another site that shows the lab in a frame; "" for none.
        shared: what Share must hand on.
    """

    address: str
    shared: str
    site: str = ""


class Unavailable(Exception):
    """This machine cannot be such a place; the message says what is missing."""


@contextlib.contextmanager
def plain(log: Path) -> Iterator[Place]:
    """On the teacher's own machine: Share names its address in the network."""
    with _lab(log, "0.0.0.0") as (port, _):
        yield Place(f"http://localhost:{port}", _of_machine("0.0.0.0", port))


@contextlib.contextmanager
def base_path(log: Path) -> Iterator[Place]:
    with _lab(log, "0.0.0.0", "deep/lab") as (port, _):
        shared = _of_machine("0.0.0.0", port, "deep/lab")
        yield Place(f"http://localhost:{port}/deep/lab", shared)


@contextlib.contextmanager
def ipv6(log: Path) -> Iterator[Place]:
    with _lab(log, "::") as (port, _):
        yield Place(f"http://[::1]:{port}", _of_machine("::", port))


@contextlib.contextmanager
def forwarded(log: Path) -> Iterator[Place]:
    """Another port than the server's, as of an SSH tunnel or a container."""
    with _lab(log, "0.0.0.0") as (port, _), _forward(port) as other:
        yield Place(f"http://localhost:{other}", f"http://localhost:{other}")


@contextlib.contextmanager
def frame(log: Path) -> Iterator[Place]:
    """In a frame of another site, over plain HTTP: the browser keeps no cookie."""
    with _lab(log, "0.0.0.0") as (port, _), _site(f"http://localhost:{port}") as site:
        yield Place(f"http://localhost:{port}", _of_machine("0.0.0.0", port), site)


@contextlib.contextmanager
def nginx(log: Path) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        own = "".join(
            f" {name}_temp_path {folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )

        def command(configuration: str) -> list[str]:
            path = folder / "nginx.conf"
            path.write_text(configuration.replace("http {", f"http {{ access_log off;{own}"))
            main = f"daemon off; pid {folder}/pid; error_log {folder}/log;"
            return ["nginx", "-p", str(folder), "-c", str(path), "-g", main]

        with _behind("nginx", "nginx.conf", command, log) as place:
            yield place


@contextlib.contextmanager
def caddy(log: Path) -> Iterator[Place]:
    with tempfile.TemporaryDirectory() as text:
        path = Path(text, "Caddyfile")

        def command(configuration: str) -> list[str]:
            path.write_text("{\n\tadmin off\n}\n" + configuration)
            return ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)]

        with _behind("caddy", "Caddyfile", command, log) as place:
            yield place


@contextlib.contextmanager
def read_only(log: Path) -> Iterator[Place]:
    """The files of the lab cannot be written, and its user has no home."""
    _need("unshare", "mount")
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
    port = free_port()
    lab = [sys.executable, "-m", "pixelcnn", "app", "--host", "127.0.0.1", "--port", str(port)]
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(ROOT), *lab]
    nowhere = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "PIXELCNN_RUNS": ""}
    with log.open("a") as writing:
        server = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **nowhere}, stdout=writing, stderr=writing
        )
    try:
        _await(f"http://localhost:{port}/_stcore/health")
        yield Place(f"http://localhost:{port}", f"http://localhost:{port}")
    finally:
        server.terminate()
        server.wait(30)


def on_own_router() -> int:
    """Run this command again in a network that has a router, and no way out of it."""
    _need("unshare", "ip")
    script = (
        "ip link set lo up && ip link add lab0 type veth peer name lab1 && "
        "ip addr add 192.168.77.1/24 dev lab0 && ip link set lab0 up && ip link set lab1 up && "
        'exec "$@"'
    )
    again = [sys.executable, "-m", "tools.anywhere", *sys.argv[1:]]
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", script, "sh", *again]
    return subprocess.run(command, env={**os.environ, _INSIDE: "yes"}, cwd=ROOT).returncode


@contextlib.contextmanager
def router(log: Path) -> Iterator[Place]:
    """A router without the Internet: no route leads out."""
    if os.environ.get(_INSIDE) != "yes":
        raise Unavailable("start it alone: --places router")
    with _lab(log, "0.0.0.0") as (port, _):
        yield Place(f"http://localhost:{port}", f"http://192.168.77.1:{port}")


PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {
    "plain": plain,
    "base-path": base_path,
    "nginx": nginx,
    "caddy": caddy,
    "forwarded": forwarded,
    "ipv6": ipv6,
    "router": router,
    "frame": frame,
    "read-only": read_only,
}


# ---------------------------------------------------------------- parts


def _need(*programs: str) -> None:
    if missing := [name for name in programs if shutil.which(name) is None]:
        raise Unavailable(f"{' and '.join(missing)} cannot be found")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _of_machine(host: str, port: int, path: str = "") -> str:
    found = machine_addresses(host)
    return url_of(found[0] if found else "localhost", port, path)


@contextlib.contextmanager
def _lab(log: Path, host: str, path: str = "") -> Iterator[tuple[int, Server]]:
    port = free_port()
    here = {"PIXELCNN_RUNS": str(log.parent / f"runs-{port}"), "PIXELCNN_PUBLIC_URL": ""}
    with (
        log.open("a") as writing,
        Server(host, port, base_path=path, log=writing, environment=here) as server,
    ):
        server.await_health()
        yield port, server


@contextlib.contextmanager
def _behind(
    program: str, example: str, command: Callable[[str], list[str]], log: Path
) -> Iterator[Place]:
    """The lab behind a proxy with the configuration of `hosting/`, on other ports."""
    _need(program)
    outside = free_port()
    with _lab(log, "127.0.0.1", "lab") as (port, _):
        text = (ROOT / "hosting" / example).read_text(encoding="utf-8")
        text = text.replace("8501", str(port)).replace("8080", str(outside))
        own = {**os.environ, "XDG_CONFIG_HOME": str(log.parent), "XDG_DATA_HOME": str(log.parent)}
        with log.open("a") as writing:
            proxy = subprocess.Popen(command(text), stdout=writing, stderr=writing, env=own)
        try:
            address = f"http://localhost:{outside}/lab"
            _await(f"{address}/_stcore/health")
            # The proxy may be on another machine: the address of the browser is right.
            yield Place(address, address)
        finally:
            proxy.terminate()
            proxy.wait(10)


def _await(address: str) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            direct.open(address, timeout=2).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextlib.contextmanager
def _forward(port: int) -> Iterator[int]:
    """Another port of this machine that leads to `port`."""

    class Tunnel(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", port)) as server:
                back = threading.Thread(target=_pass_on, args=(server, self.request), daemon=True)
                back.start()
                _pass_on(self.request, server)
                back.join()

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tunnel)) as other:
        yield other


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextlib.contextmanager
def _site(lab: str) -> Iterator[str]:
    """Another site with a page `/PATH` that shows `lab/PATH` in a frame."""

    class Course(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = (
                "<!doctype html><title>A course</title><style>html, body, iframe { margin: 0; "
                "width: 100%; height: 100%; border: 0 }</style>"
                f'<iframe src="{lab}{self.path}"></iframe>'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    # 127.0.0.1 is another site than localhost.
    with _serving(http.server.ThreadingHTTPServer(("127.0.0.1", 0), Course)) as port:
        yield f"http://127.0.0.1:{port}"


@contextlib.contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    if isinstance(server, socketserver.ThreadingMixIn):
        server.daemon_threads = True
        server.block_on_close = False
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
