"""`python -m pixelcnn complete`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from pixelcnn.cli.options import check_seed
from pixelcnn.errors import ConfigError
from pixelcnn.pictures.forms import Form
from pixelcnn.system.output import check_writable, save_arrays
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from pixelcnn.completion.completions import Completions
    from pixelcnn.completion.observed import GivenPart

_GUESSES = 3


@dataclass(frozen=True)
class Complete:
    """Complete an image of which a part is given.

    A model with classes guesses the class, unless it is given, from the given pixels before the
    first unknown one.

    Example: python -m pixelcnn complete mnist-threshold-gated seven.png --rows 14 --label 7

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint.
        image: an image file, converted to the model's form (for digits: MNIST's).
        rows: number of given rows from the top; by default the upper half.
        mask: instead of rows, an image of the model's size, white where the image is given.
        n: number of completions.
        label: the class, for a model with classes; by default guessed anew for each completion,
            in proportion to its probability.
        form: how the picture is read. `part` keeps its frame, since it matters where the given part
            lies; `digit` centres and scales a whole digit as MNIST's were; `as-is` also keeps its
            greys, whatever the paper.
        method: how to treat given pixels that come after an unknown one: `raster` keeps them, but
            draws as if they were unknown; `orders` reads the image in the best of the model's
            eight orders; `particles` draws many images and weights them by how well they fit the
            given part.
        particles: number of these images.
        temperature: 1 is the model's own distribution, 0 always takes the likeliest level.
        seed: of the random numbers.
        engine: auto, or the name of one, such as reference.
        output: a sheet whose first tile is the given part (.png), or arrays (.npz: images, known,
            known_mask and, for a model with classes, labels).
        scale: side of a pixel on the sheet; by default for tiles of about 112.
    """

    checkpoint: tyro.conf.Positional[str]
    image: tyro.conf.Positional[Path]
    rows: int | None = None
    mask: Path | None = None
    n: int = 9
    label: str | None = None
    form: Form = "part"
    method: Literal["raster", "orders", "particles"] = "raster"
    particles: int = 128
    temperature: float = 1.0
    seed: int = 0
    engine: str = "auto"
    output: Path = Path("completions.png")
    scale: int | None = None

    def run(self) -> int:
        """Complete and write; returns the exit status."""
        check_writable(self.output, (".png", ".npz"))
        if self.rows is not None and self.mask is not None:
            raise ConfigError("--rows and --mask exclude each other; use one of them.")
        check_seed(self.seed)
        import torch

        from pixelcnn.checkpoints.class_names import chosen_class, class_names
        from pixelcnn.checkpoints.files import load_checkpoint
        from pixelcnn.completion.completions import complete
        from pixelcnn.data.images import read_image, read_mask, save_image, sheet

        model, card = load_checkpoint(self.checkpoint)
        config = model.config
        rows = self._rows_of(config.height)
        known = read_image(self.image, config, self.form)
        if self.mask is not None:
            given = read_mask(self.mask, config)
        else:
            given = torch.zeros(1, 1, config.height, config.width, dtype=torch.bool)
            given[:, :, :rows] = True
        label = chosen_class(self.label, card, config.classes)
        labels = None if label is None else model.labels_in_turn(1, label)
        with Progress("completing") as progress:
            done = complete(
                model,
                known[0],
                given[0, 0],
                self.n,
                labels=None if labels is None else labels[0],
                method=self.method,
                particles=self.particles,
                temperature=self.temperature,
                seed=self.seed,
                engine=self.engine,
                progress=progress.rows,
            )
        if self.output.suffix == ".npz":
            arrays = {"images": done.images, "known": known, "known_mask": given}
            if done.labels is not None:
                arrays["labels"] = done.labels
            save_arrays(self.output, arrays)
        else:
            tiles = torch.cat([known, done.images])
            unknown = torch.zeros(len(tiles), *given.shape[1:], dtype=torch.bool)
            unknown[0] = ~given[0]
            save_image(self.output, sheet(tiles, config.levels, scale=self.scale, unknown=unknown))
        print(f"{self.n} completions written to {self.output}")
        print(_how(done))
        if config.classes and self.label is None:
            print(_guess(done.given, class_names(card, config.classes)))
        return 0

    def _rows_of(self, height: int) -> int:
        rows = height // 2 if self.rows is None else self.rows
        if not 0 <= rows <= height:
            raise ConfigError(f"--rows {rows} is outside 0 to {height}, the model's height.")
        return rows


def _how(done: Completions) -> str:
    """How given pixels after an unknown one were treated, in words."""
    from pixelcnn.models.scan_orders import in_words

    order = in_words(done.order)
    if done.given.after_gap == 0:
        return f"Drawn {order}: all given pixels come before the first unknown one."
    if done.particles is None:
        return (
            f"Drawn {order}: {done.given.after_gap} given pixels come after the first unknown one, "
            "so the model could not use them. Try --method particles."
        )
    fewest = min(weighing.effective for weighing in done.particles.weighings)
    return (
        f"Drawn {order} with particles: the effective sample size fell to {fewest:.0f} at the "
        f"lowest, and the completions come from {done.particles.distinct} of them."
    )


def _guess(given: GivenPart, names: tuple[str, ...]) -> str:
    """The likeliest classes in words."""
    if given.prefix == 0:
        return "Nothing is given before the first gap: all classes are equally likely."
    likeliest = given.class_probabilities.sort(descending=True, stable=True)
    guesses = zip(likeliest.indices.tolist(), likeliest.values.tolist(), strict=True)
    shown = [f"{names[label]} ({share:.0%})" for label, share in guesses][:_GUESSES]
    return f"The likeliest classes, given the part before the first gap: {', '.join(shown)}"
