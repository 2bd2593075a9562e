"""`python -m pixelcnn bench architectures`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixelcnn.cli.bench.report import OnSomeCores, report
from pixelcnn.system.output import check_writable, save_json
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.benchmarks.architectures import ArchitectureResult
    from pixelcnn.metrics import Evaluation

_WIDTHS = (20, 10, 17, 14, 14, 22)


@dataclass(frozen=True)
class BenchArchitectures(OnSomeCores):
    """Compare all architectures: size, speed, receptive field, and nats after a fixed budget.

    Example: python -m pixelcnn bench architectures --threads 1 --json architectures.json

    The table is Markdown. Each is trained on the bundled digits (mnist5k, threshold), without
    classes, and scored on the held-out ones, beside a baseline of independent pixels.

    Attributes:
        models: architectures to compare; by default all.
        preset: the named configuration of each.
        steps: training steps of each.
        batch: images per step.
        drawn: images drawn together.
        threads: CPU cores to use; by default all.
        json: file for the figures as JSON.
    """

    models: tuple[str, ...] = ()
    preset: str = "tiny"
    steps: int = 200
    batch: int = 64
    drawn: int = 16
    threads: int | None = None
    json: Path | None = None

    def measure(self) -> int:
        if self.json is not None:
            check_writable(self.json, (".json",), option="--json")
        from pixelcnn.benchmarks.architectures import measure_architecture
        from pixelcnn.data.registry import load_data
        from pixelcnn.metrics import bernoulli_baseline
        from pixelcnn.models.registry import model_names
        from pixelcnn.sampling.engines import warm_up

        data = load_data("mnist5k", binarize="threshold")
        baseline = bernoulli_baseline(data)
        results: list[ArchitectureResult] = []
        warm_up()
        print("\n".join(_head(self.steps)))
        for name in self.models or model_names():
            with Progress(f"training {name}") as progress:
                result = measure_architecture(
                    name,
                    self.preset,
                    data,
                    steps=self.steps,
                    batch=self.batch,
                    drawn=self.drawn,
                    progress=progress.share,
                )
            results.append(result)
            print(_row(result), flush=True)
        print(_baseline_row(baseline))
        for result in results:
            if result.error:
                print(f"{result.model}: {result.error}")
        if self.json is not None:
            settings = {key: getattr(self, key) for key in ("preset", "steps", "batch", "drawn")}
            settings |= {"data": data.name, "binarize": data.binarize}
            compared = {"independent_pixels": asdict(baseline)}
            save_json(self.json, report("cpu", results) | settings | compared)
        return 0


def _head(steps: int) -> list[str]:
    titles = ("", "parameters", "training images/s", "ms per drawing", "centre sees")
    rules = ["-" * _WIDTHS[0], *("-" * (width - 1) + ":" for width in _WIDTHS[1:])]
    return [_line(*titles, f"nats after {steps} steps"), _line(*rules)]


def _row(result: ArchitectureResult) -> str:
    return _line(
        result.model,
        f"{result.parameters:,}",
        f"{result.images_per_second:.0f}",
        f"{result.ms_per_image:.1f}",
        f"{result.seen_percent:.1f} %",
        f"{result.nats:.1f} ± {result.nats_stderr:.1f}",
    )


def _baseline_row(baseline: Evaluation) -> str:
    nats = f"{baseline.nats:.1f} ± {baseline.nats_stderr:.1f}"
    return _line("independent pixels", "", "", "", "0.0 %", nats)


def _line(*cells: str) -> str:
    """One row of a Markdown table: the first cell to the left, the others to the right."""
    first, *others = cells
    padded = [f"{cell:>{width}}" for cell, width in zip(others, _WIDTHS[1:], strict=True)]
    return f"| {' | '.join([f'{first:<{_WIDTHS[0]}}', *padded])} |"
