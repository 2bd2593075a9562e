"""`python hosting/without_docker.py FOLDER`: the steps of the Dockerfile without Docker.

Does in FOLDER what the Dockerfile says, in the Python environment that runs this, starts the lab as
its last line says, and asks as its health check does. It leaves out the base image and the user;
`--install` runs its `pip install` too. Prints what the files take on disk.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PATIENCE_S = 60.0
_ABSOLUTE = re.compile(r"(?<![\w./])/(lab|runs|data)\b")


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """(name, arguments) of each instruction of a Dockerfile."""
    joined = text.replace("\\\n", " ")
    for line in joined.splitlines():
        name, _, rest = line.strip().partition(" ")
        if name and not name.startswith("#"):
            yield name.upper(), rest.strip()


def words(arguments: str) -> list[str]:
    """A command in either form: JSON, or a line for the shell."""
    return json.loads(arguments) if arguments.startswith("[") else ["sh", "-c", arguments]


class Image:
    """What the Dockerfile makes, in a folder instead of an image."""

    def __init__(self, folder: Path, *, install: bool = False) -> None:
        self.folder, self.install = folder, install
        self.place = folder
        # What a container starts with: nothing of this machine's own settings.
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder / "home"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        self.command: list[str] = []
        self.check: list[str] = []

    def inside(self, text: str) -> str:
        """Absolute paths of the image, in the folder."""
        return _ABSOLUTE.sub(lambda found: f"{self.folder}/{found[1]}", text)

    def build(self, dockerfile: str) -> None:
        for name, arguments in instructions(dockerfile):
            if name == "WORKDIR":
                self.place = Path(self.inside(arguments))
                self.place.mkdir(parents=True, exist_ok=True)
            elif name == "COPY":
                *sources, target = shlex.split(arguments)
                for source in sources:
                    self.copy(source, target)
            elif name == "RUN":
                self.run(arguments)
            elif name == "ENV":
                for pair in shlex.split(arguments):
                    key, _, value = pair.partition("=")
                    self.environment[key] = self.inside(value)
            elif name == "CMD":
                self.command = words(arguments)
            elif name == "HEALTHCHECK":
                self.check = words(arguments.partition("CMD ")[2])

    def copy(self, source: str, target: str) -> None:
        origin, to = ROOT / source, self.place / target
        if origin.is_dir():
            shutil.copytree(origin, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, to / origin.name if target.endswith("/") else to)

    def run(self, line: str) -> None:
        if line.startswith("pip ") and not self.install:
            return
        kept = re.sub(r"^useradd [^&]*&& ", "", self.inside(line))
        kept = re.sub(r" && chown [^&]*$", "", kept)
        subprocess.run(["sh", "-c", kept], cwd=self.place, env=self.environment, check=True)

    def megabytes(self) -> float:
        files = (path for path in self.folder.rglob("*") if path.is_file())
        return sum(path.stat().st_size for path in files) / 1e6

    def serve(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start the lab as a container would, and wait until its health check is content.

        Raises:
            RuntimeError: it ended, or is not healthy in time.
        """
        settings = {**self.environment, **environment}
        server = subprocess.Popen(self.command, cwd=self.place, env=settings)
        deadline = time.monotonic() + PATIENCE_S
        while server.poll() is None and time.monotonic() < deadline:
            asked = subprocess.run(
                self.check, cwd=self.place, env=settings, stderr=subprocess.DEVNULL, check=False
            )
            if asked.returncode == 0:
                return server
            time.sleep(0.5)
        server.terminate()
        raise RuntimeError("The lab did not become healthy.")


def main() -> int:
    parser = argparse.ArgumentParser(description="The steps of the Dockerfile without Docker.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--install", action="store_true", help="run pip install as well")
    parser.add_argument("--port", default="8501")
    parser.add_argument("--base-path", default="lab")
    given = parser.parse_args()
    image = Image(given.folder.absolute(), install=given.install)
    image.build((ROOT / "Dockerfile").read_text(encoding="utf-8"))
    print(f"The files of the lab take {image.megabytes():.0f} MB.")
    server = image.serve(PORT=given.port, BASE_PATH=given.base_path)
    print("The lab is healthy.")
    server.terminate()
    return 0 if server.wait(30) in (0, -15) else 1


if __name__ == "__main__":
    sys.exit(main())
