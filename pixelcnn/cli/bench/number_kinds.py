"""`python -m pixelcnn bench numbers`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixelcnn.cli.bench.report import OnSomeCores
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable, save_json
from pixelcnn.system.progress import Progress
from pixelcnn.system.shipped import CHECKPOINTS, NUMBER_KINDS

if TYPE_CHECKING:
    from pixelcnn.benchmarks.number_kinds import NumberKinds


@dataclass(frozen=True)
class BenchNumbers(OnSomeCores):
    """Compare float32 with products of 16-bit integers: nats, images, size and speed.

    Example: python -m pixelcnn bench numbers --models mnist-threshold-gated --data-root data

    The table is Markdown. Figures of other models that the file already has are kept.

    Attributes:
        models: checkpoints; by default all that are shipped.
        images: test images to score, from the first one on.
        drawn: images to draw with each kind from equal random numbers.
        data_root: folder of downloaded data sets; by default $PIXELCNN_DATA, or data.
        threads: CPU cores to use.
        output: file for the figures as JSON; by default the one that the cards are written from.
    """

    models: tuple[str, ...] = ()
    images: int = 10_000
    drawn: int = 200
    data_root: Path | None = None
    threads: int | None = 1
    output: Path = NUMBER_KINDS

    def measure(self) -> int:
        check_writable(self.output, (".json",), option="--output")
        check_whole("--images", self.images, 2)
        check_whole("--drawn", self.drawn, 1)
        from pixelcnn.benchmarks.number_kinds import compare_number_kinds
        from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint
        from pixelcnn.cli.evaluate import data_options

        shipped = tuple(sorted(path.stem for path in CHECKPOINTS.glob("*.safetensors")))
        paths = [find_checkpoint(name) for name in self.models or shipped]
        print("| | test images | nats | 16 bits | ± | equal | bytes | 16 bits | ms | 16 bits |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
        for path in paths:
            name = path.stem
            model, card = load_checkpoint(path)
            data = data_options(card, model.config, root=self.data_root).load()
            with Progress(f"scoring {name}") as progress:
                found = compare_number_kinds(
                    name,
                    model.eval(),
                    data.test,
                    limit=self.images,
                    drawn=self.drawn,
                    progress=progress.rows,
                )
            print(_row(found), flush=True)
            kept = json.loads(self.output.read_text()) if self.output.exists() else {}
            save_json(self.output, dict(sorted((kept | {name: asdict(found)}).items())))
        return 0


def _row(found: NumberKinds) -> str:
    cells = (
        found.model,
        f"{found.images:,}",
        f"{found.float32_nats:.4f}",
        f"{found.difference_nats:+.5f}",
        f"{found.difference_stderr:.5f}",
        f"{found.equal} of {found.drawn}",
        f"{found.float32_bytes:,}",
        f"{found.sixteen_bytes:,}",
        f"{found.float32_ms:.2f}",
        f"{found.sixteen_ms:.2f}",
    )
    return f"| {' | '.join(cells)} |"
