"""`python -m pixelcnn audit`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import tyro

from pixelcnn.cli.options import ModelOptions
from pixelcnn.errors import ConfigError

if TYPE_CHECKING:
    from pixelcnn.models import ModelConfig
    from pixelcnn.reach import AuditReport

_LEAKS = 1


@dataclass(frozen=True)
class Audit:
    """Count what a network sees, what it misses and whether it looks ahead. Status 1 on a leak.

    Example: python -m pixelcnn audit --model pixelcnn --set kernel_size=3 blocks=15

    Attributes:
        checkpoint: a file, or the name of a shipped checkpoint; else the model described by the
            options.
        architecture: which architecture, where no checkpoint is given.
        pixel: row and column of the pixel to describe; by default the centre.
        json: print JSON instead of words.
    """

    checkpoint: tyro.conf.Positional[str] = ""
    architecture: tyro.conf.OmitArgPrefixes[ModelOptions] = field(default_factory=ModelOptions)
    pixel: tuple[int, int] | None = None
    json: bool = False

    def run(self) -> int:
        """Audit and print; returns the exit status."""
        from pixelcnn.checkpoints import find_checkpoint, load_checkpoint
        from pixelcnn.reach import audit

        if self.checkpoint:
            model, _ = load_checkpoint(find_checkpoint(self.checkpoint))
        else:
            model = self.architecture.build()
        pixel = self._pixel(model.config)
        report = audit(model)
        if self.json:
            print(json.dumps(_as_json(model.name, report, pixel)))
        else:
            print("\n".join(_in_words(model.name, report, pixel, model.config)))
        return _LEAKS if report.leaks else 0

    def _pixel(self, config: ModelConfig) -> tuple[int, int]:
        row, column = self.pixel or (config.height // 2, config.width // 2)
        if not (0 <= row < config.height and 0 <= column < config.width):
            raise ConfigError(
                f"--pixel {row} {column} is outside the image: rows 0 to {config.height - 1}, "
                f"columns 0 to {config.width - 1}."
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
