"""`python -m pixelcnn bench classroom`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable
from pixelcnn.system.shipped import ROOT


@dataclass(frozen=True)
class BenchClassroom:
    """Let a class of students use a server of this computer while a training runs, and time it.

    Each student is a session with a real connection: opens pages, moves controls, clicks, draws and
    samples. The status is 1 if anything failed, if the first page took more than two seconds, if
    the 95th percentile of a control's reaction is above a second, or if a session took more than
    20 MB.

    Example: python -m pixelcnn bench classroom --students 30 --minutes 10

    Attributes:
        students: how many.
        minutes: how long they stay.
        monkey: minutes of random clicking over all pages afterwards; 0 for none.
        seed: of all that chance decides.
        alone: seconds that one student has the server alone at first, to compare with; 0 for none.
        pause: least and greatest seconds between two actions of a student.
        arrive: seconds in which all students arrive.
        train: let a training run all the time.
        output: where to write the figures as JSON.
    """

    students: int = 30
    minutes: float = 2.0
    monkey: float = 0.0
    seed: int = 0
    alone: float = 30.0
    pause: tuple[float, float] = (2.0, 6.0)
    arrive: float = 10.0
    train: bool = True
    output: Path = Path("bench-classroom.json")

    def run(self) -> int:
        """Start the class in a process of its own; returns its exit status.

        Simulated students speak Streamlit's protocol, so they live outside this library.
        """
        check_writable(self.output, (".json",))
        check_whole("--students", self.students, 1)
        if self.minutes < 0 or self.monkey < 0:
            raise ConfigError("--minutes and --monkey may not be negative.")
        if not 0 <= self.pause[0] <= self.pause[1]:
            raise ConfigError("--pause needs the least seconds first, then the greatest.")
        options = json.dumps({**asdict(self), "output": str(self.output.absolute())})
        command = [sys.executable, "-m", "tools.classroom", options]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
