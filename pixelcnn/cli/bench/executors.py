"""`python -m pixelcnn bench executors`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from pixelcnn.cli.bench.report import OnSomeCores
from pixelcnn.errors import ConfigError
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable, save_json
from pixelcnn.system.shipped import CHECKPOINTS

_ENDINGS = 9


@dataclass(frozen=True)
class BenchExecutors(OnSomeCores):
    """Time what runs the lowered program, for every shipped model: milliseconds an image.

    Example: python -m pixelcnn bench executors --other ../lab-before --other-engines numba

    Draws batches, and nine endings of an image whose upper half is given. The times are the
    processor's, so that other work disturbs them little. The table is Markdown.

    Attributes:
        models: checkpoints; by default all that are shipped.
        engines: of this checkout.
        batches: images drawn together.
        rounds: timings of each, in turns; the least is shown.
        other: folder of another checkout, timed in the same rounds.
        other_engines: of the other checkout.
        threads: CPU cores to use.
        output: file for the figures as JSON.
    """

    models: tuple[str, ...] = ()
    engines: tuple[str, ...] = ("numba", "wasm", "torch")
    batches: tuple[int, ...] = (1, 9, 16)
    rounds: int = 3
    other: Path | None = None
    other_engines: tuple[str, ...] = ("numba",)
    threads: int | None = 1
    output: Path = Path("bench-executors.json")

    def measure(self) -> int:
        check_writable(self.output, (".json",))
        check_whole("--rounds", self.rounds, 1)
        if self.other is not None and not (self.other / "pixelcnn").is_dir():
            raise ConfigError(f"--other {self.other} is no checkout: it has no folder pixelcnn.")
        from pixelcnn.benchmarks.executors import ExecutorTiming, Task, time_executors
        from pixelcnn.checkpoints.files import find_checkpoint, read_header

        names = self.models or tuple(sorted(p.stem for p in CHECKPOINTS.glob("*.safetensors")))
        paths = [find_checkpoint(name).absolute() for name in names]
        other = None
        if self.other is not None:
            other = (self.other.name, self.other.absolute(), self.other_engines)
        timings: list[ExecutorTiming] = []
        for path in paths:
            half = int(read_header(path).config["height"]) // 2
            tasks = [*(Task(batch) for batch in self.batches), Task(_ENDINGS, half)]
            for timing in time_executors(
                [path], tasks, engines=self.engines, rounds=self.rounds, other=other
            ):
                if not timings:
                    titles = ("", "", *timing.ms)
                    print(f"| {' | '.join(titles)} |\n|---|---|{'---:|' * len(timing.ms)}")
                timings.append(timing)
                cells = ("" if ms is None else f"{ms:.2f}" for ms in timing.ms.values())
                print(f"| {timing.model} | {timing.task} | {' | '.join(cells)} |", flush=True)
        save_json(self.output, [asdict(timing) for timing in timings])
        return 0
