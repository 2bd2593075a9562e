"""The Dockerfile, Compose file and the entry for Jupyter say what is true."""

from __future__ import annotations

import json
import re
import tomllib
from importlib import util
from pathlib import Path

import pytest

from pixelcnn.teaching.jupyter import app_address, server
from tests.helpers.servers import free_port

ROOT = Path(__file__).parents[1]


def test_the_dockerfile_s_steps_make_a_lab_that_starts_and_is_healthy(tmp_path: Path) -> None:
    found = util.spec_from_file_location("steps", ROOT / "hosting" / "without_docker.py")
    assert found
    assert found.loader
    steps = util.module_from_spec(found)
    found.loader.exec_module(steps)
    text = (ROOT / "Dockerfile").read_text()
    image = steps.Image(tmp_path)
    image.build(text)
    assert image.megabytes() < 300
    assert (tmp_path / "lab" / "checkpoints").is_dir()
    running = image.serve(PORT=str(free_port()), BASE_PATH="deep/lab")
    running.terminate()
    assert running.wait(30) == 0

    [user] = re.findall("^USER (.*)", text, re.MULTILINE)
    assert user != "root"
    ignored = (ROOT / ".dockerignore").read_text()
    for name, arguments in steps.instructions(text):
        if name == "COPY":
            assert f"!{arguments.split()[0]}\n" in ignored


def test_jupyter_is_told_how_to_start_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = project["entry-points"]["jupyter_serverproxy_servers"]
    assert named == {"pixelcnn": "pixelcnn.teaching.jupyter:server"}
    assert "{port}" in server()["command"]
    json.dumps(server())
    monkeypatch.setattr("pixelcnn.teaching.jupyter.find_spec", lambda name: None)
    assert app_address() is None
    monkeypatch.setattr("pixelcnn.teaching.jupyter.find_spec", lambda name: name)
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/anna/")
    assert app_address() == "/user/anna/pixelcnn/"
