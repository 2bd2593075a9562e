"""`python -m pixelcnn bench kills`."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from pixelcnn.system.checks import check_whole
from pixelcnn.system.progress import Progress

_FLOAT_NOISE = 1e-4


@dataclass(frozen=True)
class BenchKills:
    """Kill a training process (kill -9) at random times, and check that nothing is lost.

    Example: python -m pixelcnn bench kills --times 50

    After each kill the run resumes from its last saved step; at the end its curve is compared with
    that of the same training without interruptions. The exit status is 1 if a file was ever
    unreadable, more was lost than the steps since the last save, or the curves differ.

    Attributes:
        times: number of kills.
        seed: of the times of the kills.
    """

    times: int = 50
    seed: int = 0

    def run(self) -> int:
        """Test and print; returns the exit status."""
        check_whole("--times", self.times, 1, 1000)
        from pixelcnn.benchmarks.crash_test import try_kills

        with tempfile.TemporaryDirectory() as root, Progress("killing") as progress:
            report = try_kills(Path(root), self.times, seed=self.seed, progress=progress.rows)
        furthest = max(report.differences)
        print(f"{report.kills} kills of a tiny model's training in {report.seconds:.0f} s")
        print(f"  files read while written or after a kill  {report.reads:6,}")
        print(f"  of these, unreadable                      {len(report.unreadable):6,}")
        print(f"  most steps lost by a kill                 {report.most_lost:6,}", end="")
        print(f"   (saved every {report.save_every} steps)")
        print(
            f"  loss against uninterrupted training       {furthest:6.1g}   nats at most,", end=""
        )
        print(
            f" {statistics.median(report.differences):.1g} typically,"
            f" over {len(report.differences):,} steps"
        )
        for problem in report.unreadable:
            print(f"  {problem}")
        well = (
            report.kills == self.times
            and not report.unreadable
            and report.most_lost <= report.save_every
            and furthest <= _FLOAT_NOISE
        )
        return 0 if well else 1
