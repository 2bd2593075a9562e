"""The digit classifier that the scores are based on."""

from __future__ import annotations

from typing import Any

import torch

from pixelcnn.data.registry import load_data
from pixelcnn.remake.card import card_of
from pixelcnn.scores.classifier import ClassifierConfig, DigitClassifier, train_classifier
from pixelcnn.system.progress import Progress


def trained_classifier(data: str, steps: int, seed: int) -> tuple[DigitClassifier, dict[str, Any]]:
    """A classifier of black-and-white digits, and its card, with its accuracy on test digits."""
    digits = load_data(data)
    torch.manual_seed(seed)
    model = DigitClassifier(ClassifierConfig(size=digits.height, classes=digits.classes))
    with Progress("training") as progress:
        for step, loss in enumerate(train_classifier(model, digits, steps=steps, seed=seed), 1):
            progress.share(step / steps, f"step {step}: loss {loss:.3f}")
    guesses = model.probabilities(digits.test.images).argmax(dim=1)
    accuracy = (guesses == digits.test.labels).double().mean().item()
    card = card_of(model, digits, "classifier", data=data, steps=steps, seed=seed)
    return model, card | {"test_accuracy": round(accuracy, 4)}
