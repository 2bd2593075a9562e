"""What `pip install .` gives, used from a folder outside the repository."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from pixelcnn.teaching.serving import Server
from tests.helpers.servers import free_port

ROOT = Path(__file__).parents[1]
OPEN_EVERY_PAGE = """
import asyncio, sys
from tools.classroom.browser import Browser

async def visit():
    async with Browser(sys.argv[1]) as browser:
        await browser.open()
        for page in sorted(browser.pages):
            await browser.open(page)
        print(len(browser.pages), browser.exceptions)

asyncio.run(visit())
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built wheel, unpacked as an installation does it."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder / "site")
    return folder / "site"


def python(site: Path, folder: Path, code: str) -> str:
    ran = subprocess.run(
        [sys.executable, "-P", "-c", textwrap.dedent(code)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_only_the_package_lands_at_the_top_and_all_that_is_tracked_is_packed(site: Path) -> None:
    assert {path.name.partition("-")[0] for path in site.iterdir()} == {"pixelcnn", "pixelcnn_lab"}
    tracked = subprocess.run(
        [
            "git",
            "ls-files",
            "pixelcnn",
            "pages",
            "widgets",
            "tools",
            "checkpoints",
            "app.py",
            "served.py",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    placed = {name if name.startswith("pixelcnn/") else f"pixelcnn/_lab/{name}" for name in tracked}
    packed = {
        path.relative_to(site).as_posix()
        for path in (site / "pixelcnn").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == placed | {"pixelcnn/_lab/.streamlit/config.toml"}


def test_the_library_works_outside_the_repository(site: Path, tmp_path: Path) -> None:
    printed = python(
        site,
        tmp_path,
        """
        import torch
        import pixelcnn

        assert "site/pixelcnn" in pixelcnn.__file__, pixelcnn.__file__
        model, card = pixelcnn.load_checkpoint("mnist-threshold-tiny-pixelcnnpp")
        labels = torch.arange(16) % 10
        digits = pixelcnn.sample(model, 16, labels=labels, seed=0)
        print(tuple(digits.shape), bool((model.log_prob(digits, labels) < 0).all()))
        endings = pixelcnn.complete(
            model, digits[0], torch.arange(784).view(1, 28, 28) < 392, n=2, labels=labels[:2]
        )
        print(type(endings).__name__, pixelcnn.audit(model).leaks, len(pixelcnn.shipped()))
        """,
    )
    assert printed.splitlines()[0] == "(16, 1, 28, 28) True"
    assert printed.splitlines()[1].startswith("Completions 0 17")


def test_the_command_has_all_its_subcommands(site: Path, tmp_path: Path) -> None:
    entry = next(site.glob("*.dist-info")) / "entry_points.txt"
    assert "pixelcnn = pixelcnn.cli:main" in entry.read_text()
    shown = python(site, tmp_path, "import pixelcnn.cli; pixelcnn.cli.main(['--help'])")
    for name in ("app", "train", "sample", "complete", "evaluate", "audit", "bench", "handout"):
        assert f"  {name} " in shown
    python(
        site,
        tmp_path,
        """
        from pixelcnn.cli import main
        name = "mnist-threshold-tiny-pixelcnn"
        assert main(["sample", name, "--n", "2", "--output", "two.png"]) == 0
        """,
    )
    assert (tmp_path / "two.png").is_file()


def test_the_app_starts_from_the_installation_and_opens_every_page(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(site))
    monkeypatch.setattr("pixelcnn.teaching.serving.ROOT", site / "pixelcnn" / "_lab")
    environment = {"PIXELCNN_RUNS": str(tmp_path / "runs")}
    log = tmp_path / "log"
    with (
        log.open("w") as writing,
        Server("127.0.0.1", free_port(), log=writing, environment=environment) as server,
    ):
        server.await_health()
        seen = subprocess.run(
            [sys.executable, "-c", OPEN_EVERY_PAGE, server.address],
            cwd=site / "pixelcnn" / "_lab",
            capture_output=True,
            text=True,
        )
        assert seen.returncode == 0, seen.stderr
    pages = 1 + len(list((ROOT / "pages").glob("*.py")))  # and the start
    assert seen.stdout == f"{pages} []\n"
    assert "Traceback" not in log.read_text()
