"""`python -m pixelcnn.scores` trains the digit classifier that the scores are based on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from pixelcnn.data.registry import load_data
from pixelcnn.scores.classifier import (
    ClassifierConfig,
    DigitClassifier,
    save_classifier,
    train_classifier,
)
from pixelcnn.system.command import run_command
from pixelcnn.system.hardware import describe_hardware
from pixelcnn.system.progress import Progress
from pixelcnn.system.shipped import CHECKPOINTS

COMMAND = "python -m pixelcnn.scores"
SHIPPED = CHECKPOINTS / "scores" / "digit-classifier.safetensors"


@dataclass(frozen=True)
class Classifier:
    """Train a classifier on black-and-white digits, test it, and write it.

    Attributes:
        data: name of the data set.
        steps: of training, with 64 digits each.
        seed: of the weights and the batches.
        output: the file to write.
    """

    data: str = "mnist"
    steps: int = 8000
    seed: int = 0
    output: Path = SHIPPED

    def run(self) -> None:
        """Train, test, write and print."""
        data = load_data(self.data)
        torch.manual_seed(self.seed)
        model = DigitClassifier(ClassifierConfig(size=data.height, classes=data.classes))
        with Progress("training") as progress:
            losses: Iterator[float] = train_classifier(
                model, data, steps=self.steps, seed=self.seed
            )
            for step, loss in enumerate(losses, 1):
                progress.share(step / self.steps, f"step {step}: loss {loss:.3f}")
        guesses = model.probabilities(data.test.images).argmax(dim=1)
        accuracy = (guesses == data.test.labels).double().mean().item()
        card = {
            "data": {"name": data.name, "levels": 2, "binarize": "threshold", "size": data.height},
            "test_accuracy": round(accuracy, 4),
            "test_images": len(guesses),
            "parameters": sum(weights.numel() for weights in model.parameters()),
            "hardware": describe_hardware(),
            "seed": self.seed,
            "command": f"{COMMAND} --data {self.data} --steps {self.steps} --seed {self.seed}",
        }
        self.output.parent.mkdir(parents=True, exist_ok=True)
        save_classifier(self.output, model, card)
        print(f"{accuracy:.2%} of {len(guesses):,} test digits right; written to {self.output}")


if __name__ == "__main__":
    sys.exit(run_command(Classifier, COMMAND))
