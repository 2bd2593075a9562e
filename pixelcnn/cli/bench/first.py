"""`python -m pixelcnn bench first`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from pixelcnn.cli.bench.report import OnSomeCores
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable, save_json

_HERE = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class BenchFirst(OnSomeCores):
    """Time new Python processes from their first import to their first digits.

    Example: python -m pixelcnn bench first --models mnist-threshold-gated

    Attributes:
        models: shipped models or checkpoint files; by default all that are shipped.
        trees: folders of other versions of this library, to be timed in the same rounds.
        images: to draw.
        rounds: processes of each version; medians are given.
        cold: begin with nothing compiled, as on a new machine.
        threads: CPU cores to use; by default all.
        output: file for the figures as JSON.
    """

    models: tuple[str, ...] = ()
    trees: tuple[Path, ...] = ()
    images: int = 16
    rounds: int = 3
    cold: bool = False
    threads: int | None = None
    output: Path = Path("bench-first.json")

    def measure(self) -> int:
        check_writable(self.output, (".json",))
        check_whole("--images", self.images, 1)
        check_whole("--rounds", self.rounds, 1)
        from pixelcnn.benchmarks.first_digits import time_first_digits
        from pixelcnn.checkpoints.files import find_checkpoint, shipped

        trees = (*self.trees, _HERE)
        print(f"{'model':<42}{'version':<20}{'import':>8}{'load':>8}{'draw':>8}{'all':>8}  seconds")
        rows = []
        for model in self.models or tuple(one.name for one in shipped()):
            rows += time_first_digits(
                find_checkpoint(model),
                trees,
                images=self.images,
                rounds=self.rounds,
                cold=self.cold,
            )
            for row in rows[-len(trees) :]:
                parts = (row.imported, row.loaded, row.sampled)
                figures = "".join(f"{part:>8.2f}" for part in (*parts, sum(parts)))
                print(f"{row.model:<42}{Path(row.tree).name:<20}{figures}", flush=True)
        save_json(self.output, [asdict(row) for row in rows])
        return 0
