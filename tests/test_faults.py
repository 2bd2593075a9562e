"""What may go wrong around the lab: each fault has its message, and nothing is lost by it.

Elsewhere: a killed worker, a full disk while training and a busy machine (test_runs and
test_page_train), no network (test_data_download), a connection that drops (test_security).
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pixelcnn import build_model, load_checkpoint, save_checkpoint
from pixelcnn.cli import main
from pixelcnn.errors import LabError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.kept_models import keep_model, kept_models
from pixelcnn.runs.status import RunStatus
from pixelcnn.runs.store import create_run
from pixelcnn.teaching.serving import check_packages, check_port
from pixelcnn.teaching.short_links import Place, keep_link
from pixelcnn.training.config import TrainConfig
from tests.helpers.servers import free_port

ROOT = Path(__file__).parents[1]
CONFIG = RunConfig(data="digits8x8", train=TrainConfig(steps=9))
SMALL = {"height": 6, "width": 6, "hidden_channels": 4, "blocks": 1}


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = create_run(tmp_path / "runs", CONFIG)
    save_checkpoint(run.path / "last.safetensors", build_model("pixelcnn", **SMALL), {})
    return run


# ---------------------------------------------------------------- the disk


def test_a_full_disk_is_reported_and_loses_nothing(run: Run) -> None:
    """Limit the size of files: simulates a full disk on any machine."""
    kept = keep_model(run, "before", run.path.parent)
    tried = python(
        """
        import os, resource, signal
        from pathlib import Path
        from pixelcnn import build_model, save_checkpoint
        from pixelcnn.errors import LabError
        from pixelcnn.runs.kept_models import keep_model
        from pixelcnn.runs import Run, create_run
        from pixelcnn.teaching.short_links import Place, keep_link

        run = Run(os.environ["RUN"])
        root = run.path.parent
        model = build_model("pixelcnn", height=6, width=6, hidden_channels=4, blocks=1)
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))
        for work in (
            lambda: save_checkpoint(root / "models" / "before.safetensors", model, {}),
            lambda: keep_model(run, "after", root),
            lambda: create_run(root, run.config),
            lambda: keep_link(Place("masks", (("a", "b"),)), root),
        ):
            try:
                work()
            except LabError as error:
                print(error)
        """,
        RUN=str(run.path),
    )
    assert tried.returncode == 0, tried.stderr
    messages = tried.stdout.splitlines()
    assert len(messages) == 4, tried.stdout
    assert all("annot be" in message for message in messages)
    root = run.path.parent
    load_checkpoint(kept)  # the old one is intact
    load_checkpoint(run.checkpoint("last"))
    left = {path.name for path in root.rglob("*") if path.is_file()} - {"last.safetensors"}
    assert left == {"before.safetensors", "config.json", "status.json"}


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A folder that cannot be written."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", folder], check=False)
    if mounted.returncode:
        pytest.skip("whoever may write anywhere needs a disk to mount")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_read_only_disk_is_reported(run: Run, read_only: Path) -> None:
    model, _ = load_checkpoint(run.checkpoint("last"))
    with pytest.raises(LabError, match="PIXELCNN_RUNS"):
        create_run(read_only, CONFIG)
    with pytest.raises(LabError, match="cannot be written"):
        keep_model(run, "mine", read_only)
    with pytest.raises(LabError, match="cannot be stored"):
        keep_link(Place("masks"), read_only)
    with pytest.raises(LabError, match="make room or choose another folder"):
        save_checkpoint(read_only / "mine.safetensors", model, {})


# ---------------------------------------------------------------- files and packages


def test_a_corrupt_checkpoint_is_reported_and_the_others_work(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = run.path.parent
    monkeypatch.setenv("PIXELCNN_RUNS", str(root))
    keep_model(run, "sound", root)
    (root / "models" / "broken.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0{half")
    assert [model.name for model in kept_models(root) if not model.error] == ["sound"]

    page = AppTest.from_function(_choosing, default_timeout=60).run()
    assert not page.exception
    [told] = page.sidebar.expander
    assert told.label == "Damaged models: 1"
    assert "broken.safetensors cannot be used" in told.caption[0].value
    [choice] = page.sidebar.selectbox
    assert "sound" in choice.options
    assert "broken" not in choice.options
    choice.set_value("sound").run()
    assert page.markdown[0].value == "sound: 6"


def _choosing() -> None:
    import streamlit as st

    from pages.shared import common
    from pages.shared.loaded import loaded

    name = common.choose_model()
    st.markdown(f"{name}: {loaded(name).model.config.height}")


def test_missing_packages_are_named_and_the_rest_works() -> None:
    tried = python(
        """
        import sys

        class Blocked:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] in ("numba", "llvmlite", "wasmtime", "torchvision"):
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        sys.meta_path.insert(0, Blocked())
        import pixelcnn
        from pixelcnn.errors import LabError

        pixelcnn.warm_up()
        model = pixelcnn.build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1)
        print(tuple(pixelcnn.sample(model, 1).shape))
        for work in (
            lambda: pixelcnn.sample(model, 1, engine="numba"),
            lambda: pixelcnn.sample(model, 1, engine="wasm"),
            lambda: pixelcnn.load_data("cifar10"),
        ):
            try:
                work()
            except LabError as error:
                print(error)
        """,
        PIXELCNN_DATA="no-such-folder",
    )
    assert tried.returncode == 0, tried.stderr
    drawn, fast, portable, data = tried.stdout.splitlines()
    assert drawn == "(1, 1, 4, 4)"
    assert "pip install numba" in fast
    assert "pip install wasmtime" in portable
    assert "pip install torchvision" in data


def test_the_command_names_packages_that_are_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_packages()
    (tmp_path / "requirements.txt").write_text("# all\ntorch==2\nno-such-package==1.0\n")
    monkeypatch.setattr("pixelcnn.teaching.serving.ROOT", tmp_path)
    with pytest.raises(LabError, match="missing: no-such-package"):
        check_packages()


# ---------------------------------------------------------------- the port


def test_a_port_in_use_is_reported_with_an_alternative(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        other.settimeout(0.1)
        assert main(["app", "--host", "127.0.0.1", "--port", str(port)]) == 2
    said = capsys.readouterr().err
    assert f"Port {port}" in said
    assert f"--port {port + 1}" in said
    with pytest.raises(LabError, match="is not a valid port"):
        check_port("127.0.0.1", 0)


def test_the_command_prints_addresses_and_ends_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    port = free_port()
    command = ["app", "--port", str(port), "--projector", "--no-warm"]
    lab = subprocess.Popen(
        [sys.executable, "-m", "pixelcnn", *command],
        cwd=ROOT,
        env={**os.environ, "PIXELCNN_RUNS": str(tmp_path), "PIXELCNN_TEACHER_KEY": "abc"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert lab.stdout is not None
    printed = ""
    while "Ctrl-C" not in printed:
        line = lab.stdout.readline()
        assert line, lab.stderr.read() if lab.stderr else ""
        printed += line
    assert f"http://localhost:{port}\n" in printed
    assert "projector=1" in printed
    assert "abc" in printed
    with pytest.raises(LabError, match="by another lab"):
        check_port("0.0.0.0", port)
    lab.send_signal(signal.SIGINT)
    said, wrong = lab.communicate(timeout=60)
    assert lab.returncode == 0
    assert "closed" in said
    assert "Traceback" not in wrong
    check_port("0.0.0.0", port)  # the server is gone, too


# ---------------------------------------------------------------- the clock


@pytest.mark.parametrize("jump_s", [-86_400.0, 86_400.0])
def test_a_clock_that_jumps_neither_hides_dead_runs_nor_loses_live_ones(
    run: Run, monkeypatch: pytest.MonkeyPatch, jump_s: float
) -> None:
    run.write_status(RunStatus("queued"))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + jump_s)
    assert run.status().state == "failed"  # no process, and none expected
    lock = run.lock
    assert lock.acquire()
    assert run.status().state == "queued"  # a process is working on it
    lock.release()
