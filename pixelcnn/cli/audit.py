"""`python -m pixelcnn audit`."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from pixelcnn.cli.options import ModelOptions, assignment
from pixelcnn.errors import ConfigError, LabError
from pixelcnn.system.output import check_writable, write_output
from pixelcnn.system.progress import Progress
from pixelcnn.system.terminal import OutputClosed

if TYPE_CHECKING:
    from pixelcnn.auditing.network import AuditOptions
    from pixelcnn.auditing.report import NetworkReport

_UNDECIDED = 2


@dataclass(frozen=True)
class NetworkOptions:
    """For a network of your own. What is not given is found out by trying, and told.

    Attributes:
        size: rows and columns of the images, or one number for both.
        channels: colours of the images.
        levels: values that a sub-pixel can take.
        values: how they are given: numbers from 0 to 1, from -1 to 1, from 0 to 255, whole
            levels, or one-hot.
        axes: of the input without its batch, such as "H W C" or, for a sequence, "(H W C)".
        layout: of the output without its batch, where P are the numbers for a pixel, such as
            "(C P) H W" or "H W C P".
        labels: classes, where a label is given too.
        condition: length of the vector that is given too.
        order: in which the pixels are generated: a name such as columns, reversed or serpentine,
            or a file with the step of each pixel (.npy, .json or text).
        predicts: whether an output is for the pixel that it stands at, or for the next one.
        evaluating: in evaluation mode; otherwise in training mode, where batch normalisation leaks.
    """

    size: Annotated[tuple[int, ...], tyro.conf.arg(metavar="ROWS [COLUMNS]")] = ()
    channels: int | None = None
    levels: int | None = None
    values: Literal["fractions", "signed", "bytes", "levels", "one-hot"] | None = None
    axes: str | None = None
    layout: str | None = None
    labels: int | None = None
    condition: int | None = None
    order: str | None = None
    predicts: Literal["auto", "same", "next"] = "auto"
    evaluating: bool = False

    def checked(self) -> AuditOptions:
        """The options of an audit.

        Raises:
            ConfigError: one that cannot work.
        """
        from pixelcnn.auditing.door import options_of

        if len(self.size) > 2:
            raise ConfigError("--size takes one number, or rows and columns.")
        return options_of(
            size=None if not self.size else (self.size[0], self.size[-1]),
            channels=self.channels,
            levels=self.levels,
            values=self.values,
            axes=self.axes,
            layout=self.layout,
            labels=self.labels,
            condition=self.condition,
            order=self.order,
            predicts=self.predicts,
            evaluating=self.evaluating,
        )


@dataclass(frozen=True)
class Audit:
    """Say whether a network looks ahead, and which layer does. Status 0: no, 1: yes, 2: undecided.

    Example: python -m pixelcnn audit --model pixelcnn --set kernel_size=3 blocks=15

    A network of your own is named with its file, as in homework.py:MyNet, or with its module, as in
    models.pixelcnn:PixelCNN. THIS RUNS THE CODE in it. It needs nothing of this library: images go
    in, numbers for each pixel come out. What it is made with stands behind --set.

    Example: python -m pixelcnn audit homework.py:MyNet --set width=16 --picture seen.svg

    Attributes:
        checkpoint: a file, the name of a shipped checkpoint, FILE.py:NAME or PACKAGE.MODULE:NAME;
            else the model described by the options.
        architecture: which architecture, where no checkpoint is given.
        network: for a network of your own only.
        pixel: row and column of the pixel to describe; by default one that leaks, or the centre.
        picture: write what a pixel sees to this file, .svg or .html.
        json: print JSON instead of words.
    """

    checkpoint: tyro.conf.Positional[str] = ""
    architecture: tyro.conf.OmitArgPrefixes[ModelOptions] = field(default_factory=ModelOptions)
    network: tyro.conf.OmitArgPrefixes[NetworkOptions] = field(default_factory=NetworkOptions)
    pixel: tuple[int, int] | None = None
    picture: Path | None = None
    json: bool = False

    def run(self) -> int:
        """Audit and print; returns the exit status, which is always 0, 1 or 2."""
        # Somebody's code may end its process, or crash it. In a child, that is "undecided". It is
        # too late for one once torch has started its threads.
        if self._is_code() and "torch" not in sys.modules and hasattr(os, "fork"):
            return _in_a_child(self._run_safely)
        return self._run_safely()

    def _is_code(self) -> bool:
        return ":" in self.checkpoint or self.checkpoint.endswith(".py")

    def _run_safely(self) -> int:
        try:
            return self._run()
        except LabError:
            raise
        except KeyboardInterrupt:
            print("Stopped, undecided.", file=sys.stderr)
        except BaseException as error:  # status 1 would say that there is a leak
            traceback.print_exc()
            print(f"Undecided: {type(error).__name__}: {error}", file=sys.stderr)
        return _UNDECIDED

    def _run(self) -> int:
        if self.picture is not None:
            check_writable(self.picture, (".svg", ".html"), "--picture")
        report = self._report()
        pixel = self._checked_pixel(report)
        if self.json:
            print(json.dumps(report.as_json(pixel)))
        else:
            from pixelcnn.auditing.words import in_words

            print("\n".join(in_words(report, pixel)))
        if self.picture is not None and report.relation.size:
            from pixelcnn.auditing.picture import html, svg

            draw = svg if self.picture.suffix.lower() == ".svg" else html
            write_output(self.picture, draw(report.masks or report, pixel).encode())
            print(f"{self.picture} shows it.", file=sys.stderr)
        return report.status

    def _report(self) -> NetworkReport:
        from pixelcnn.auditing.loading import names_code

        if names_code(self.checkpoint):
            from pixelcnn.auditing.door import audit_code

            given: dict[str, Any] = dict(map(assignment, self.architecture.set))
            options = self.network.checked()
            with Progress("auditing") as bar:
                return audit_code(
                    self.checkpoint, given, options, lambda what, share: bar.share(share, what)
                )
        from pixelcnn.auditing.door import audit_model
        from pixelcnn.checkpoints.files import load_checkpoint

        if self.checkpoint:
            model, _ = load_checkpoint(self.checkpoint)
        else:
            model = self.architecture.build()
        return audit_model(model)

    def _checked_pixel(self, report: NetworkReport) -> tuple[int, int] | None:
        if self.pixel is None or not report.relation.size:
            return None
        height, width = report.relation.shape[1:3]
        row, column = self.pixel
        if not (0 <= row < height and 0 <= column < width):
            raise ConfigError(
                f"--pixel {row} {column} is outside the image: rows 0 to {height - 1}, "
                f"columns 0 to {width - 1}."
            )
        return row, column


def _in_a_child(work: Callable[[], int]) -> int:
    """Do it in a child process; whatever becomes of that, the status is 0, 1 or 2."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        status = _UNDECIDED
        try:
            status = work()
        except LabError as error:
            print(error, file=sys.stderr)
        finally:
            with contextlib.suppress(OutputClosed, LabError):
                sys.stdout.flush()
            sys.stderr.flush()
            os.write(writing, bytes([status]))
            os._exit(status)
    os.close(writing)
    while True:
        try:
            answer = os.read(reading, 1)
            os.waitpid(child, 0)
            break
        except KeyboardInterrupt:
            continue  # the child was told as well
    os.close(reading)
    if not answer:
        print("Undecided: the network's code has ended its process.", file=sys.stderr)
        return _UNDECIDED
    return answer[0]
