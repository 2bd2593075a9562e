"""For every test: a folder for runs of its own, one thread, and no access to other machines."""

import ipaddress
import socket
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import settings
from streamlit.components.v2 import manifest_scanner

from pixelcnn.system.addresses import NOWHERE

# The machine may be busy, so examples have no time limit.
settings.register_profile("lab", deadline=None, max_examples=50)
settings.load_profile("lab")

# Small products gain nothing from a second thread, and may wait for it on a busy machine.
torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread files that wait for a browser evenly among those that compute."""
    files = list(dict.fromkeys(item.path for item in items))
    place = {}
    for waits in (True, False):
        group = [path for path in files if (path.parent.name == "browser") == waits]
        place |= {path: (index + 0.5) / len(group) for index, path in enumerate(group)}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(scope="session", autouse=True)
def runs_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep the runs of tests out of the tree."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIXELCNN_RUNS", str(tmp_path_factory.mktemp("runs")))
        yield


@pytest.fixture(scope="session", autouse=True)
def looks_for_components_once() -> Iterator[None]:
    """Cache what Streamlit reads about installed packages for each `AppTest`."""
    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(scan))
        yield


@pytest.fixture(scope="session")
def outside_addresses() -> Iterator[list[str]]:
    """The addresses on other machines that this process requested; all are refused."""
    asked: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def guarded_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if not _is_this_machine(host):
            asked.append(str(host))
            raise socket.gaierror(f"the tests stay on this machine: {host}")
        return look_up(host, *args, **options)

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.type == socket.SOCK_DGRAM and address[0] in NOWHERE.values():
            return connect(self, address)  # asks the system for a route, and sends nothing
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_this_machine(address[0]):
            asked.append(str(address))
            raise OSError(f"the tests stay on this machine: {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", guarded_look_up)
        patch.setattr(socket.socket, "connect", guarded_connect)
        yield asked


@pytest.fixture(autouse=True)
def stays_on_this_machine(outside_addresses: list[str]) -> Iterator[None]:
    """Fail a test that requests an address on another machine."""
    outside_addresses.clear()
    yield
    assert not outside_addresses


@pytest.fixture(autouse=True)
def this_process_as_before() -> Iterator[None]:
    """Restore two settings that training changes for the whole process."""
    yield
    torch.set_num_threads(1)
    torch.set_flush_denormal(False)


def _is_this_machine(host: Any) -> bool:
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
