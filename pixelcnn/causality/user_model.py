"""Audits a network that somebody wrote without this library: `homework.py:MyNet`.

It is judged by trying (see `causality`), since nobody has stated its taps. To load it is to run its
code.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np
import torch
from torch import nn

from pixelcnn.causality.perturbation import mixes_images, perturbation_relation
from pixelcnn.causality.reach import AuditReport
from pixelcnn.errors import ConfigError, LabError
from pixelcnn.nn.layers import Offset

_IMAGES = 3
_LARGEST = 32


@dataclass(frozen=True, eq=False)
class HomeworkReport:
    """What was found out by trying.

    Attributes:
        name: of the class or function, as it was asked for.
        audit: who sees whom. Its `limit` is its `relation`, so that its `never` means nothing.
        mixes_images: what comes out for an image depends on the others of its batch.
        parameters: how many numbers the network learns.
    """

    name: str
    audit: AuditReport
    mixes_images: bool
    parameters: int

    def leaked_offsets(self) -> list[tuple[Offset, int]]:
        """Where forbidden pixels lie, in rows and columns from the target, and how many targets
        see one there; the nearest first. Colours count as one."""
        relation = self.audit.relation & ~self.audit.legal_map
        counts: dict[Offset, int] = {}
        for row, column, source_row, source_column in np.argwhere(relation.any(axis=(0, 3))):
            offset = (int(source_row - row), int(source_column - column))
            counts[offset] = counts.get(offset, 0) + 1
        return sorted(counts.items(), key=lambda item: (sum(map(abs, item[0])), item[0]))


def is_homework(text: str) -> bool:
    """Whether a command line's argument names something in a Python file."""
    path, colon, _ = text.rpartition(":")
    return text.endswith(".py") or bool(colon and path.endswith(".py"))


def audit_homework(
    text: str, *, size: int = 12, channels: int = 1, levels: int = 2, evaluating: bool = False
) -> HomeworkReport:
    """Load a network from a Python file and try who sees whom. **This runs the code in the file.**

    The network is made without arguments, from a fixed seed. It gets images from 0 to 1, in double
    precision, and stays in training mode unless told otherwise: there a loss is measured, and there
    batch normalisation looks at all pixels.

    Args:
        text: `PATH.py:NAME`, a module class, a function that makes a module, or a module.
        size: rows and columns of the images that it is tried with, 2 to 32.
        channels: of these images.
        levels: values that a sub-pixel can take, 2 to 256.
        evaluating: try it in evaluation mode.

    Raises:
        ConfigError: what cannot be loaded, made or run, and why, with the line in the file.
    """
    for option, value, low, high in (("size", size, 2, _LARGEST), ("levels", levels, 2, 256)):
        if not low <= value <= high:
            raise ConfigError(f"--{option} {value} must lie between {low} and {high}.")
    if channels < 1:
        raise ConfigError(f"--channels {channels} must be 1 or more.")
    path, name = _parted(text)
    shape = (channels, size, size)
    # Masks that the network makes as it runs then have the precision of its weights.
    with _double_precision(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = _network(path, name).train(not evaluating)
        with _explained(path, f"{name} cannot be run on images {(1, *shape)}"):
            relation = perturbation_relation(network, shape, levels, images=_IMAGES)
            mixes = mixes_images(network, shape)
    parameters = sum(weight.numel() for weight in network.parameters())
    return HomeworkReport(name, AuditReport(relation, relation), mixes, parameters)


def _parted(text: str) -> tuple[Path, str]:
    file, colon, name = text.rpartition(":")
    if not colon:
        raise ConfigError(f"{text}: say which network, such as {text}:MyNet.")
    path = Path(file)
    if not path.is_file():
        raise ConfigError(f"{file}: there is no such file.")
    return path, name


def _network(path: Path, name: str) -> nn.Module:
    module = _imported(path)
    if not hasattr(module, name):
        found = [key for key, one in vars(module).items() if _makes_modules(one, module)]
        there = f" It has {', '.join(found)}." if found else ""
        raise ConfigError(f"{path}: there is nothing called {name!r} in it.{there}")
    made = getattr(module, name)
    if callable(made) and not isinstance(made, nn.Module):
        _check_needs_no_arguments(path, name, made)
        with _explained(path, f"{name}() cannot be made"):
            made = made()
    if not isinstance(made, nn.Module):
        raise ConfigError(
            f"{path}: {name} is no network; name an nn.Module, or a function that makes one."
        )
    return made


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"handed_in_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(path.resolve().parent)
    sys.modules[module.__name__] = module  # where dataclasses look for it
    sys.path.insert(0, folder)  # so that it can import the files beside it
    try:
        with _explained(path, "it cannot be imported"):
            spec.loader.exec_module(module)
    finally:
        sys.path.remove(folder)
    return module


def _makes_modules(one: object, module: ModuleType) -> bool:
    """Whether it is a network's class, written in this very module."""
    return inspect.isclass(one) and issubclass(one, nn.Module) and one.__module__ == module.__name__


def _check_needs_no_arguments(path: Path, name: str, made: object) -> None:
    try:
        assert callable(made)
        wanted = [
            parameter.name
            for parameter in inspect.signature(made).parameters.values()
            if parameter.default is parameter.empty
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
    except ValueError:  # built in: it has no signature to look at
        return
    if wanted:
        raise ConfigError(
            f"{path}: {name} needs arguments ({', '.join(wanted)}). Give them defaults, or name a "
            "function without arguments that makes the network."
        )


@contextmanager
def _double_precision() -> Iterator[None]:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextmanager
def _explained(path: Path, what: str) -> Iterator[None]:
    """Tell what went wrong in somebody's code in a sentence, with the line where it happened."""
    try:
        yield
    except LabError as error:
        raise ConfigError(f"{path}: {error}") from error
    except (Exception, SystemExit) as error:
        name = type(error).__name__
        says = str(error).splitlines()
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if Path(frame.filename).resolve() == path.resolve()
        ]
        if isinstance(error, SyntaxError):
            lines = [error.lineno]
        at = f" (line {lines[-1]})" if lines else ""
        raise ConfigError(
            f"{path}: {what}: {name}{': ' + says[0] if says else ''}{at}.{_advice(error)}"
        ) from error


def _advice(error: BaseException) -> str:
    if "dtype" in str(error) or "type (" in str(error) or "expected scalar type" in str(error):
        return " It is tried in double precision: leave out .float() and dtype=torch.float32."
    return ""
