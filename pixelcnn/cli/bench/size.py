"""`python -m pixelcnn bench bytes`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixelcnn.cli.bench.report import OnSomeCores
from pixelcnn.system.checks import check_whole
from pixelcnn.system.output import check_writable, save_json
from pixelcnn.system.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pixelcnn.data.dataset import Split
    from pixelcnn.models.base import AutoregressiveModel


@dataclass(frozen=True)
class BenchBytes(OnSomeCores):
    """Measure bytes an image: the files of models and of general formats, all read again.

    Example: python -m pixelcnn bench bytes --images 100

    Attributes:
        models: shipped checkpoints; by default all.
        images: unseen images of each, at most 500, or with --data-root 10,000.
        data_root: folder with the complete MNIST, for all of its test digits.
        threads: CPU cores to use; by default all.
        output: file for the figures as JSON.
    """

    models: tuple[str, ...] = ()
    images: int = 100
    data_root: Path | None = None
    threads: int | None = None
    output: Path = Path("bench-bytes.json")

    def measure(self) -> int:
        check_whole("--images", self.images, 1, 500 if self.data_root is None else 10_000)
        check_writable(self.output, (".json",))
        from pixelcnn.checkpoints.files import load_checkpoint, shipped
        from pixelcnn.compression.measuring import measure, measure_general

        figures = []
        kinds: dict[tuple[str, int, int], Split] = {}
        print(f"{'bytes an image':<40}{'-log2 p':>9}{'alone':>9}{'labelled':>9}{'together':>9}"
              f"{'encode':>9}{'decode ms':>10}")  # fmt: skip
        for name in self.models or tuple(checkpoint.name for checkpoint in shipped()):
            model, card = load_checkpoint(name)
            kind, split = unseen_images(model, card, self.images, self.data_root)
            kinds[kind, model.config.levels, model.config.channels] = split
            labels = split.labels if model.config.classes else None
            with Progress(f"measuring {name}") as progress:
                found = measure(model, split.images, labels, progress.rows)
            figures.append({"model": name, "data": kind, **asdict(found)})
            print(f"{name:<40}{found.ideal:>9.2f}{found.alone:>9.2f}{found.labelled:>9.2f}"
                  f"{found.together:>9.2f}{found.encode_ms:>9.1f}{found.decode_ms:>10.1f}"
                  f"   {found.equal} of {found.images} equal", flush=True)  # fmt: skip
        for (kind, levels, _), split in kinds.items():
            for general in measure_general(split.images, levels):
                figures.append({"format": general.name, "data": kind, **asdict(general)})
                print(f"{f'{general.name}, {kind}':<40}{'':>9}{general.alone:>9.2f}{'':>9}"
                      f"{general.sheet:>9.2f}", flush=True)  # fmt: skip
        save_json(self.output, figures)
        return 0


def unseen_images(
    model: AutoregressiveModel, card: Mapping[str, Any], n: int, root: Path | None = None
) -> tuple[str, Split]:
    """What the images are, in words, and n that the model has not learned from.

    Args:
        model: of the shipped models, or trained on data that its card names.
        card: of its checkpoint.
        n: number of images.
        root: of the complete MNIST, in place of the digits that come with the lab.
    """
    from pixelcnn.cli.evaluate import data_options
    from pixelcnn.data.dataset import Split
    from pixelcnn.scores.unseen import unseen_digits

    config = model.config
    options = data_options(card, config, root=root)
    kind = options.data
    if kind.startswith("mnist") and config.channels == 1:
        kind = f"digits, {options.binarize}" if config.levels == 2 else "digits, 256 levels"
    if kind != options.data and root is None:
        split = unseen_digits(config.levels, config.height, options.binarize)
        return kind, Split(split.images[:n], split.labels[:n])
    split = options.load().test
    every = max(len(split.images) // n, 1)  # a data set may be in order
    return kind, Split(split.images[::every][:n], split.labels[::every][:n])
