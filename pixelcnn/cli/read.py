"""`python -m pixelcnn read`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from pixelcnn.cli.evaluate import data_options
from pixelcnn.system.checks import check_whole
from pixelcnn.system.progress import Progress


@dataclass(frozen=True)
class Read:
    """Read test images pixel by pixel: how soon does the model know the class?

    Writes the curves for the page Draw & complete: the share of test images whose class the model
    guesses from their first pixels, and percentiles of the surprise at these.

    Example: python -m pixelcnn read mnist-threshold-gated --data mnist

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        data: name of the data set; by default that of the checkpoint's card.
        data_root: folder of downloaded data sets; by default $PIXELCNN_DATA, or data.
        limit: number of test images, from the first one on; by default all.
        output: folder to write to; by default that of the shipped curves.
    """

    checkpoint: tyro.conf.Positional[str]
    data: str | None = None
    data_root: Path | None = None
    limit: int | None = None
    output: Path | None = None

    def run(self) -> int:
        """Measure, write and print; returns the exit status."""
        if self.limit is not None:
            check_whole("--limit", self.limit, 1)
        from pixelcnn.checkpoints.files import find_checkpoint, load_checkpoint
        from pixelcnn.scores.class_curves import CLASS_CURVES, measure_class_curves

        path = find_checkpoint(self.checkpoint)
        model, card = load_checkpoint(path)
        test = data_options(card, model.config, self.data, None, self.data_root).load().test
        with Progress("reading") as progress:
            class_curves = measure_class_curves(
                model, test.images[: self.limit], test.labels[: self.limit], progress=progress.rows
            )
        saved = class_curves.save(path.stem, self.output or CLASS_CURVES)
        for row in range(0, model.config.height + 1, 7):
            pixels = row * model.config.width
            words = f"  {row:2} rows: median surprise {class_curves.bits[row, 50]:.1f} bits"
            accuracy = class_curves.accuracy(pixels)
            if accuracy is not None:
                words += f", class guessed right in {accuracy:.2%}"
            print(words)
        print(f"{class_curves.images:,} test images; written to {saved}")
        return 0
