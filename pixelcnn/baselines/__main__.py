"""`python -m pixelcnn.baselines` trains the autoencoder and the VAE of the page Compare."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import torch

from pixelcnn.baselines.base import Baseline
from pixelcnn.baselines.files import baseline_names, build_baseline
from pixelcnn.baselines.training import train_baseline
from pixelcnn.baselines.vae import VAE
from pixelcnn.checkpoints.files import save_checkpoint
from pixelcnn.data.dataset import DataSet
from pixelcnn.data.registry import load_data
from pixelcnn.system.command import run_command
from pixelcnn.system.hardware import describe_hardware
from pixelcnn.system.progress import Progress
from pixelcnn.system.shipped import CHECKPOINTS

COMMAND = "python -m pixelcnn.baselines"
SHIPPED = CHECKPOINTS / "baselines"
_BOUND_SAMPLES = 500


@dataclass(frozen=True)
class Baselines:
    """Train both on black-and-white digits, test them, and write them.

    Attributes:
        data: name of the data set.
        steps: of training, with 128 digits each.
        bounded: number of test digits, from the first one on, for the importance-weighted bound.
        seed: of the weights, the batches and the codes.
        output: the folder to write to.
    """

    data: str = "mnist"
    steps: int = 10_000
    bounded: int = 1000
    seed: int = 0
    output: Path = SHIPPED

    def run(self) -> None:
        """Train, test, write and print."""
        data = load_data(self.data)
        self.output.mkdir(parents=True, exist_ok=True)
        for name in baseline_names():
            torch.manual_seed(self.seed)
            model = build_baseline(name, height=data.height, width=data.width)
            with Progress(f"training the {name}") as progress:
                losses = train_baseline(model, data, steps=self.steps, seed=self.seed)
                for step, loss in enumerate(losses, 1):
                    progress.share(step / self.steps, f"step {step}: {loss:.1f} nats")
            card = self._card(model, data)
            path = self.output / f"{name}.safetensors"
            save_checkpoint(path, model, card, dtype=torch.float16)
            print(
                f"{name}: {card['test_loss_nats']} nats of loss on test digits; written to {path}"
            )

    def _card(self, model: Baseline, data: DataSet) -> dict[str, object]:
        generator = torch.Generator().manual_seed(self.seed)
        images = data.test.images
        with torch.no_grad():
            losses = torch.cat([model.loss(batch, generator) for batch in images.split(1000)])
        card = {
            "data": {"name": data.name, "levels": 2, "binarize": "threshold", "size": data.height},
            "test_loss_nats": round(losses.double().mean().item(), 2),
            "test_images": len(images),
            "parameters": sum(weights.numel() for weights in model.parameters()),
            "hardware": describe_hardware(),
            "seed": self.seed,
            "command": f"{COMMAND} --data {self.data} --steps {self.steps} --seed {self.seed}",
        }
        if isinstance(model, VAE):
            images_bounded = images[: self.bounded]
            bounds = torch.cat(
                [
                    model.importance_bound(part, samples=_BOUND_SAMPLES, generator=generator)
                    for part in images_bounded.split(100)
                ]
            )
            card["bound_nats"] = round(-bounds.mean().item(), 2)
            card["bound_samples"], card["bound_images"] = _BOUND_SAMPLES, len(images_bounded)
        return card


if __name__ == "__main__":
    sys.exit(run_command(Baselines, COMMAND))
