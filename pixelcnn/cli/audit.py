"""`python -m pixelcnn audit`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import tyro

from pixelcnn.cli.options import ModelOptions
from pixelcnn.errors import ConfigError

if TYPE_CHECKING:
    from pixelcnn.causality.reach import AuditReport
    from pixelcnn.causality.user_model import HomeworkReport
    from pixelcnn.models.config import ModelConfig

_LEAKS = 1
_PLACES = 3  # where a leak looks: more would be a list that nobody reads


@dataclass(frozen=True)
class HomeworkOptions:
    """For a network of your own: what it is tried with.

    Attributes:
        size: rows and columns of the images.
        channels: of the images.
        levels: values that a sub-pixel can take; they are given as numbers from 0 to 1.
        evaluating: in evaluation mode; otherwise in training mode, where batch normalisation leaks.
    """

    size: int = 12
    channels: int = 1
    levels: int = 2
    evaluating: bool = False


@dataclass(frozen=True)
class Audit:
    """Count what a network sees, what it misses and whether it looks ahead. Status 1 on a leak.

    Example: python -m pixelcnn audit --model pixelcnn --set kernel_size=3 blocks=15

    A network of your own is named with its file, as in homework.py:MyNet. THIS RUNS THE CODE in
    that file. It needs nothing of this library: images (batch, channels, rows, columns) go in,
    (batch, channels x numbers, rows, columns) come out.

    Example: python -m pixelcnn audit homework.py:MyNet --size 12

    Attributes:
        checkpoint: a file, the name of a shipped checkpoint, or FILE.py:NAME; else the model
            described by the options.
        architecture: which architecture, where no checkpoint is given.
        homework: for FILE.py:NAME only.
        pixel: row and column of the pixel to describe; by default the centre.
        json: print JSON instead of words.
    """

    checkpoint: tyro.conf.Positional[str] = ""
    architecture: tyro.conf.OmitArgPrefixes[ModelOptions] = field(default_factory=ModelOptions)
    homework: tyro.conf.OmitArgPrefixes[HomeworkOptions] = field(default_factory=HomeworkOptions)
    pixel: tuple[int, int] | None = None
    json: bool = False

    def run(self) -> int:
        """Audit and print; returns the exit status."""
        from pixelcnn.causality.reach import audit
        from pixelcnn.causality.user_model import is_homework
        from pixelcnn.checkpoints.files import load_checkpoint

        if is_homework(self.checkpoint):
            return self._run_homework()
        if self.checkpoint:
            model, _ = load_checkpoint(self.checkpoint)
        else:
            model = self.architecture.build()
        config = model.config
        pixel = self._pixel(config.height, config.width)
        report = audit(model)
        if self.json:
            print(json.dumps(_as_json(model.name, report, pixel)))
        else:
            print("\n".join(_in_words(model.name, report, pixel, config)))
        return _LEAKS if report.leaks else 0

    def _run_homework(self) -> int:
        from pixelcnn.causality.user_model import audit_homework

        options = self.homework
        pixel = self._pixel(options.size, options.size)
        found = audit_homework(self.checkpoint, **asdict(options))
        if self.json:
            print(json.dumps(_homework_json(found, pixel)))
        else:
            print("\n".join(_homework_in_words(found, pixel, options)))
        return _LEAKS if found.audit.leaks else 0

    def _pixel(self, height: int, width: int) -> tuple[int, int]:
        row, column = self.pixel or (height // 2, width // 2)
        if not (0 <= row < height and 0 <= column < width):
            raise ConfigError(
                f"--pixel {row} {column} is outside the image: rows 0 to {height - 1}, "
                f"columns 0 to {width - 1}."
            )
        return row, column


def _as_json(name: str, report: AuditReport, pixel: tuple[int, int]) -> dict[str, Any]:
    counts = {key: getattr(report, key) for key in ("legal", "seen", "never", "leaks")}
    at = {"row": pixel[0], "column": pixel[1]} | asdict(report.at(*pixel))
    return {"model": name} | counts | {"seen_share": report.seen_share, "pixel": at}


def _in_words(
    name: str, report: AuditReport, pixel: tuple[int, int], config: ModelConfig
) -> list[str]:
    unit = "pixels" if config.channels == 1 else "sub-pixels"
    at = report.at(*pixel)
    here = f"At row {pixel[0]}, column {pixel[1]}"
    lines = [
        f"{name}, {config.channels} x {config.height} x {config.width}",
        f"{here}: sees {at.seen:,} of {at.legal:,} legal {unit}, "
        f"{at.not_yet:,} more with more layers, {at.never:,} never (the blind spot).",
        f"Everywhere: sees {report.seen:,} of {report.legal:,} legal pairs of {unit} "
        f"({report.seen_share:.1%}); {report.never:,} never, at any depth.",
    ]
    if report.leaks:
        return [
            *lines,
            f"LEAK: {report.leaks:,} pairs look at the {unit[:-1]} itself or ahead "
            f"({at.leaks:,} of them at row {pixel[0]}, column {pixel[1]}). Its likelihoods mean "
            "nothing, and its samples will be noise.",
        ]
    return [*lines, "No leak: no output depends on its own or a later pixel."]


def _homework_json(found: HomeworkReport, pixel: tuple[int, int]) -> dict[str, Any]:
    report = found.audit
    at = asdict(report.at(*pixel))
    places = [
        {"rows": rows, "columns": columns, "targets": targets}
        for (rows, columns), targets in found.leaked_offsets()
    ]
    return {
        "model": found.name,
        "tried": True,
        **{key: getattr(report, key) for key in ("legal", "seen", "leaks", "seen_share")},
        "leaks_at": places,
        "mixes_images": found.mixes_images,
        "pixel": {"row": pixel[0], "column": pixel[1]}
        | {key: at[key] for key in ("legal", "seen", "leaks")},
    }


def _homework_in_words(
    found: HomeworkReport, pixel: tuple[int, int], options: HomeworkOptions
) -> list[str]:
    from pixelcnn.causality.mask_stack import offset_in_words

    report = found.audit
    at = report.at(*pixel)
    unit = "pixels" if options.channels == 1 else "sub-pixels"
    mode = "evaluation" if options.evaluating else "training"
    lines = [
        f"{found.name}, {found.parameters:,} weights, tried on {options.channels} x "
        f"{options.size} x {options.size} images in {mode} mode: one of the {unit} changed at a "
        "time, in double precision.",
        f"At row {pixel[0]}, column {pixel[1]}: sees {at.seen:,} of {at.legal:,} legal {unit}.",
        f"Everywhere: sees {report.seen:,} of {report.legal:,} legal pairs of {unit} "
        f"({report.seen_share:.1%}).",
    ]
    if found.mixes_images:
        lines.append(
            "What comes out for an image depends on the others of its batch, as with batch "
            "normalisation."
        )
    if not report.leaks:
        return [*lines, f"No leak was found: none of the {unit} moved an output at it or before."]
    places = found.leaked_offsets()
    named = [offset_in_words(offset) for offset, _ in places[:_PLACES]]
    more = [f"{len(places) - _PLACES} places more"] if len(places) > _PLACES else []
    return [
        *lines,
        f"LEAK: {report.leaks:,} pairs look at the {unit[:-1]} itself or ahead ({at.leaks:,} of "
        f"them at row {pixel[0]}, column {pixel[1]}). It sees: {'; '.join([*named, *more])}. Its "
        "loss means nothing, and its samples will be noise.",
    ]
