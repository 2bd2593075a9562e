"""`python -m pixelcnn train`."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from pixelcnn.cli.options import DataOptions, ModelOptions
from pixelcnn.data.names import CONTACT_SHEET, OWN
from pixelcnn.errors import RunError
from pixelcnn.recipes.command_line import command_line
from pixelcnn.recipes.config import RunConfig
from pixelcnn.recipes.shipped import Recipe, find_recipe
from pixelcnn.runs.directory import Run
from pixelcnn.runs.resume import resume_run
from pixelcnn.runs.store import find_run, start_run
from pixelcnn.system.output import check_writable
from pixelcnn.system.progress import Progress
from pixelcnn.training.config import TrainConfig

if TYPE_CHECKING:
    from pixelcnn.training.distributed import ProcessGroup
    from pixelcnn.training.events import Event

_DEFAULT_SECONDS = 60.0
_INTERRUPTED = 130


@dataclass(frozen=True, kw_only=True)
class TrainOptions(TrainConfig):
    """The options of training, checked only once they are needed."""

    def __post_init__(self) -> None:
        """Skip the checks: a resumed run has its own options, and these may lack a budget."""

    def checked(self) -> TrainConfig:
        """The configuration; without a budget, 60 seconds.

        Raises:
            ConfigError: an invalid option.
        """
        values = asdict(self)
        if self.steps is None and self.seconds is None:
            values["seconds"] = _DEFAULT_SECONDS
        return TrainConfig(**values)


@dataclass(frozen=True)
class Train:
    """Train a model in a run directory, which the app can watch too.

    Example: python -m pixelcnn train --model gated_pixelcnn --set hidden_channels=48 blocks=6
    --conditional --data mnist5k --seconds 90 --output checkpoints/my-digits.safetensors

    Ctrl-C saves and stops; --resume continues exactly from there. On several GPUs or machines:
    torchrun --nproc-per-node=2 -m pixelcnn train ..., which divides each batch.

    Attributes:
        recipe: train a shipped checkpoint again, such as mnist-threshold-gated. Options of
            architecture, data and training are then ignored, except data-root and seed: another
            seed shows how much of a score is chance.
        architecture: architecture and size; the image size comes from the data.
        conditional: give the model the label, so that it can draw a digit of your choice.
        data: the images.
        training: how to train. Without --steps and --seconds, the budget is 60 seconds.
        resume: continue this run instead, given by its id or directory. Other options are then
            ignored, except runs, output, weights and dtype. A finished run is only scored and
            written to --output.
        runs: folder of all runs; by default $PIXELCNN_RUNS, or runs.
        output: also write a checkpoint here, with a card: scored on all held-out images. By
            default none, and for a recipe NAME.safetensors in this folder.
        weights: the weights to write: the last, or the best on the held-out images used during
            training.
        dtype: of the written weights; half precision takes half the space.
    """

    recipe: str | None = None
    architecture: tyro.conf.OmitArgPrefixes[ModelOptions] = field(
        default_factory=lambda: ModelOptions(preset="small")
    )
    conditional: bool = False
    data: tyro.conf.OmitArgPrefixes[DataOptions] = field(default_factory=DataOptions)
    training: tyro.conf.OmitArgPrefixes[TrainOptions] = field(default_factory=TrainOptions)
    resume: str | None = None
    runs: Path | None = None
    output: Path | None = None
    weights: Literal["last", "best"] = "last"
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"

    def run(self) -> int:
        """Train; returns the exit status."""
        output = self.output
        if output is None and self.recipe is not None:
            output = Path(f"{find_recipe(self.recipe).name}.safetensors")
        if output is not None:
            check_writable(output, (".safetensors",))
        from pixelcnn.runs.worker import follow_rank0, prepare_process
        from pixelcnn.training.distributed import process_group

        prepare_process()
        with process_group() as group:
            return self._lead(group, output) if group.is_main else follow_rank0(group)

    def _lead(self, group: ProcessGroup, output: Path | None) -> int:
        with Progress("training") as progress:
            foreground = _Foreground(progress, group)
            if self.resume is None:
                run = start_run(self.runs, self._run_config(), starter=foreground)
            else:
                run = self._run_to_resume(self.resume)
                if run.status().state != "finished" or output is None:
                    resume_run(run, starter=foreground)
        status = run.status()
        if status.state == "failed":
            raise RunError(status.message)
        where = _readable(run.path)
        print(f"{status.state} after {status.step:,} steps and {status.elapsed_s:.0f} s: {where}")
        if status.state == "stopped":
            print(f"Resume with: python -m pixelcnn train --resume {shlex.quote(where)}")
            # For torchrun any other status is a failure, which it reports at length.
            return _INTERRUPTED if group.size == 1 else 0
        if output is not None:
            self._write_checkpoint(run, output)
        return 0

    def _run_config(self) -> RunConfig:
        if self.recipe is not None:
            return self._config_of(find_recipe(self.recipe))
        config = RunConfig(
            model=self.architecture.model,
            model_options=self.architecture.resolved(),
            conditional=self.conditional,
            data=self.data.data,
            data_options=self.data.arguments(),
            train=self.training.checked(),
        )
        return replace(config, notes={"command": command_line(config)})

    def _config_of(self, recipe: Recipe) -> RunConfig:
        train = replace(recipe.config.train, seed=self.training.seed)
        config = replace(recipe.config, train=train)
        if self.data.data_root is not None:
            root = str(self.data.data_root)
            config = replace(config, data_options={**config.data_options, "root": root})
        return replace(config, notes={"command": command_line(config)})

    def _run_to_resume(self, name: str) -> Run:
        path = Path(name)
        return Run(path) if (path / "config.json").is_file() else find_run(self.runs, name)

    def _write_checkpoint(self, run: Run, output: Path) -> None:
        import torch

        from pixelcnn.checkpoints.files import load_checkpoint, save_checkpoint
        from pixelcnn.data.registry import load_data
        from pixelcnn.metrics import evaluate
        from pixelcnn.system.hardware import describe_hardware

        model, card = load_checkpoint(run.checkpoint(self.weights))
        data = load_data(run.config.data, **run.config.data_options)
        device = run.status().device
        labels = data.test.labels if model.config.classes else None
        with Progress("scoring") as progress:
            scored = evaluate(model, data.test.images, labels, progress=progress.rows)
        card |= {
            "test_nats": round(scored.nats, 4),
            "test_nats_stderr": round(scored.nats_stderr, 4),
            "bits_per_dim": round(scored.bits_per_dim, 6),
            "test_images": scored.images,
            "hardware": f"{describe_hardware(device)} ({device})",
            "weights": self.weights,
            "command": f"{command_line(run.config)} {self._output_options(output)}",
        }
        save_checkpoint(output, model, card, dtype=getattr(torch, self.dtype))
        print(
            f"{output}: {scored.nats:.2f} ± {scored.nats_stderr:.2f} nats per image, "
            f"{scored.bits_per_dim:.4f} bits per dimension"
        )

    def _output_options(self, output: Path) -> str:
        words = ["--output", output.name, "--weights", self.weights, "--dtype", self.dtype]
        return shlex.join(words)


class _Foreground:
    """Trains in this process with a progress bar, so that Ctrl-C ends it."""

    def __init__(self, progress: Progress, group: ProcessGroup) -> None:
        self._progress = progress
        self._group = group
        self._held_out = ""

    def launch(self, run: Run) -> None:
        """Train `run` to its end; see `pixelcnn.runs.Starter`."""
        from pixelcnn.runs.worker import run_training

        config = run.config.train
        print(f"run {run.id}", file=sys.stderr)
        _tell_own_pictures(run)
        run_training(run, watch=lambda event: self._show(event, config), group=self._group)

    def _show(self, event: Event, config: TrainConfig) -> None:
        from pixelcnn.training.events import Evaluated, Step

        if isinstance(event, Evaluated):
            self._held_out = f", held out {event.nats:.2f}"
        elif isinstance(event, Step):
            self._progress.share(
                config.progress(event.step, event.elapsed_s),
                f"step {event.step:,}: {event.nats:.2f} nats{self._held_out}, "
                f"{event.images_per_second:.0f} images/s, {event.elapsed_s:.0f} s",
            )


def _tell_own_pictures(run: Run) -> None:
    """What became of pictures of one's own, before anything is learnt from them."""
    if run.config.data != OWN:
        return
    from pixelcnn.cli.pictures import report
    from pixelcnn.data.own import read_packed

    images, _ = read_packed(run.path)
    print("\n".join(report(images)), file=sys.stderr)
    sheet = _readable(run.path / CONTACT_SHEET)
    print(f"What the network gets, the odd ones first: {sheet}", file=sys.stderr)


def _readable(path: Path) -> str:
    """The path relative to the working directory, if below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
