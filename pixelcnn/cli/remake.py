"""`python -m pixelcnn remake`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from pixelcnn.system.output import check_writable, write_output
from pixelcnn.system.shipped import BASELINES, CLASSIFIER, OPENING, RECORDS, RESULTS, UNSEEN


class _Npz(ABC):
    """What is written as one `.npz`."""

    output: Path

    def run(self) -> int:
        """Make it, write it and print; returns the exit status."""
        check_writable(self.output, (".npz",))
        content, what = self.make()
        write_output(self.output, content)
        print(f"{what} written to {self.output}")
        return 0

    @abstractmethod
    def make(self) -> tuple[bytes, str]:
        """The content, and what it is in words."""


@dataclass(frozen=True)
class RemakeOpening(_Npz):
    """Draw the film of the first page; needed when the weights of its model change.

    Attributes:
        checkpoint: the name of a shipped checkpoint.
        n: number of digits; a model with classes draws them in turn.
        seed: of the random numbers.
        output: the `.npz` to write.
    """

    checkpoint: str = "mnist-threshold-gated"
    n: int = 16
    seed: int = 0
    output: Path = OPENING

    def make(self) -> tuple[bytes, str]:
        from pixelcnn.remake.opening import draw_opening

        return draw_opening(self.checkpoint, self.n, self.seed).to_npz(), f"{self.n} digits"


@dataclass(frozen=True)
class RemakeExhibits(_Npz):
    """Train each exhibit of the page Break it and its correct twin, on one thread: four minutes.

    Attributes:
        steps: training steps of each model.
        seed: of initial weights, batches and samples.
        output: the `.npz` to write.
    """

    steps: int = 300
    seed: int = 0
    output: Path = RESULTS

    def make(self) -> tuple[bytes, str]:
        from pixelcnn.remake.exhibits import measured_exhibits

        results = measured_exhibits(self.steps, self.seed, lambda line: print(line, flush=True))
        return results.to_npz(), f"{len(results.broken)} exhibits"


@dataclass(frozen=True)
class RemakeClassifier:
    """Train the digit classifier that the scores are based on, and test it.

    Attributes:
        data: name of the data set.
        steps: of training, with 64 digits each.
        seed: of the weights and the batches.
        output: the file to write.
    """

    data: str = "mnist"
    steps: int = 8000
    seed: int = 0
    output: Path = CLASSIFIER

    def run(self) -> int:
        """Train, measure, write and print; returns the exit status."""
        check_writable(self.output, (".safetensors",))
        from pixelcnn.remake.classifier import trained_classifier
        from pixelcnn.scores.classifier import save_classifier

        model, card = trained_classifier(self.data, self.steps, self.seed)
        save_classifier(self.output, model, card)
        print(f"{card['test_accuracy']:.2%} of {card['test_images']:,} test digits right")
        print(f"written to {self.output}")
        return 0


@dataclass(frozen=True)
class RemakeBaselines:
    """Train the autoencoder and the VAE of the page Compare, and measure them on test digits.

    Attributes:
        data: name of the data set.
        steps: of training, with 128 digits each.
        bounded: test digits, from the first one on, whose importance-weighted bound is measured.
        seed: of the weights, the batches and the codes.
        output: the folder to write to.
    """

    data: str = "mnist"
    steps: int = 10_000
    bounded: int = 1000
    seed: int = 0
    output: Path = BASELINES

    def run(self) -> int:
        """Train, measure, write and print; returns the exit status."""
        import torch

        from pixelcnn.checkpoints.files import save_checkpoint
        from pixelcnn.remake.baselines import trained_baselines

        self.output.mkdir(parents=True, exist_ok=True)
        for model, card in trained_baselines(self.data, self.steps, self.bounded, self.seed):
            path = self.output / f"{model.name}.safetensors"
            save_checkpoint(path, model, card, dtype=torch.float16)
            print(f"{model.name}: {card['test_loss_nats']} nats of loss on test digits")
            print(f"written to {path}")
        return 0


@dataclass(frozen=True)
class RemakeUnseen(_Npz):
    """Take every tenth digit of MNIST's test set, for all that is measured on unseen digits.

    Attributes:
        output: the `.npz` to write.
    """

    output: Path = UNSEEN

    def make(self) -> tuple[bytes, str]:
        from pixelcnn.remake.unseen import unseen_digits_npz

        return unseen_digits_npz(), "1,000 digits"


@dataclass(frozen=True)
class RemakeRecords(_Npz):
    """Measure the shipped models of black-and-white digits, for the page Compare to show at once.

    Attributes:
        output: the `.npz` to write.
    """

    output: Path = RECORDS

    def make(self) -> tuple[bytes, str]:
        from pixelcnn.remake.records import measured_records
        from pixelcnn.scores.recorded import records_npz

        records = []
        for path, record in measured_records():
            records.append((path, record))
            print(f"{path.stem}: {record.nats.mean():.2f} nats on 500 unseen digits", flush=True)
        return records_npz(records), f"{len(records)} records"


@dataclass(frozen=True)
class Remake:
    """Make the shipped film, scores, digit classifier and baselines again.

    Example: python -m pixelcnn remake opening
    """

    what: tyro.conf.OmitSubcommandPrefixes[
        tyro.conf.OmitArgPrefixes[
            Annotated[RemakeOpening, tyro.conf.subcommand("opening")]
            | Annotated[RemakeExhibits, tyro.conf.subcommand("exhibits")]
            | Annotated[RemakeClassifier, tyro.conf.subcommand("classifier")]
            | Annotated[RemakeBaselines, tyro.conf.subcommand("baselines")]
            | Annotated[RemakeUnseen, tyro.conf.subcommand("unseen")]
            | Annotated[RemakeRecords, tyro.conf.subcommand("records")]
        ]
    ]

    def run(self) -> int:
        """Do what was chosen; returns the exit status."""
        return self.what.run()
