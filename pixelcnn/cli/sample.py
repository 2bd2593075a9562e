"""`python -m pixelcnn sample`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from pixelcnn.cli.options import check_seed
from pixelcnn.errors import ConfigError
from pixelcnn.system.output import check_writable, save_arrays, write_output
from pixelcnn.system.progress import Progress


@dataclass(frozen=True)
class Sample:
    """Draw images from a checkpoint.

    Example: python -m pixelcnn sample mnist-threshold-gated --n 64 --label 3 --output threes.png

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        n: number of images.
        label: the class to draw, by its name or number; by default all classes in turn.
        temperature: 1 is the model's own distribution, 0 always takes the likeliest level.
        guidance: how much to strengthen the label's effect, for a model trained with
            label_dropout; 0 is the model itself.
        seed: of the random numbers; equal seeds give equal images in every engine.
        engine: auto, or the name of one, such as reference.
        output: a sheet (.png), an animation (.webp, .gif), or arrays (.npz: images).
        trace: add probabilities, entropy, log_prob and uniforms of each pixel to the .npz.
        columns: images per row of the sheet; by default a square sheet.
        scale: side of a pixel on the sheet; by default for tiles of about 112.
    """

    checkpoint: tyro.conf.Positional[str]
    n: int = 64
    label: str | None = None
    temperature: float = 1.0
    guidance: float = 0.0
    seed: int = 0
    engine: str = "auto"
    output: Path = Path("samples.png")
    trace: bool = False
    columns: int | None = None
    scale: int | None = None

    def run(self) -> int:
        """Draw and write; returns the exit status."""
        check_writable(self.output, (".png", ".npz", ".webp", ".gif"))
        if self.trace and self.output.suffix != ".npz":
            raise ConfigError("--trace needs an --output that ends in .npz.")
        check_seed(self.seed)
        from pixelcnn.checkpoints.class_names import chosen_class
        from pixelcnn.checkpoints.files import load_checkpoint
        from pixelcnn.data.images import save_image, sheet
        from pixelcnn.film.animation import animate
        from pixelcnn.sampling.drawing import drawn, traced
        from pixelcnn.sampling.request import SampleOptions

        model, card = load_checkpoint(self.checkpoint)
        label = chosen_class(self.label, card, model.config.classes)
        with Progress("sampling") as progress:
            options = SampleOptions(
                labels=model.labels_in_turn(self.n, label),
                temperature=self.temperature,
                guidance=self.guidance,
                seed=self.seed,
                progress=progress.rows,
            )
            if self.trace:
                arrays = vars(traced(model, self.n, options, self.engine))
            else:
                arrays = {"images": drawn(model, self.n, options, self.engine)}
        ending = self.output.suffix.lower()
        if ending == ".npz":
            save_arrays(self.output, arrays)
        elif ending in (".webp", ".gif"):
            film = animate(arrays["images"], model.config.levels, ending[1:], columns=self.columns)
            write_output(self.output, film)
        else:
            levels = model.config.levels
            save_image(
                self.output,
                sheet(arrays["images"], levels, columns=self.columns, scale=self.scale),
            )
        print(f"{self.n} images written to {self.output}")
        return 0
