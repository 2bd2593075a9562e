"""The app inside Jupyter, through jupyter-server-proxy: at PREFIX/pixelcnn/, where its launcher
shows it too."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from typing import Any

from pixelcnn.system.shipped import ROOT
from pixelcnn.teaching.allowed_hosts import ANY_HOST

NAME = "pixelcnn"
_START_S = 90


def server() -> dict[str, Any]:
    """How jupyter-server-proxy starts the app: the entry point `jupyter_serverproxy_servers`."""
    command = [sys.executable, "-m", "pixelcnn", "app", "--host", "127.0.0.1", "--port", "{port}"]
    return {
        "command": command,
        # Jupyter's own name cannot be known here, and its sign-in stands before the lab.
        "environment": {"PYTHONPATH": os.environ.get("PYTHONPATH", str(ROOT)), ANY_HOST: "1"},
        "timeout": _START_S,
        "launcher_entry": {"title": "PixelCNN Lab", "category": "Notebook"},
    }


def app_address() -> str | None:
    """Where this Jupyter server shows the app; None if it has no proxy for it."""
    if find_spec("jupyter_server_proxy") is None:
        return None
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX") or os.environ.get("JPY_BASE_URL") or "/"
    return f"{prefix.rstrip('/')}/{NAME}/"
