"""The one way into an audit, whatever is to be audited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import nn

from pixelcnn.auditing.blame import Located, find_culprit
from pixelcnn.auditing.errors import told
from pixelcnn.auditing.fitting import CannotRunError, Wanted
from pixelcnn.auditing.inputs import VALUES, Values
from pixelcnn.auditing.layouts import pattern_error
from pixelcnn.auditing.loading import Loaded, load
from pixelcnn.auditing.network import AuditOptions, audit_network
from pixelcnn.auditing.reading import Predicts
from pixelcnn.auditing.report import NetworkReport
from pixelcnn.auditing.steps import Lens, Progress
from pixelcnn.auditing.tracing import Trace, run
from pixelcnn.causality.perturbation import Network
from pixelcnn.causality.reach import BoolArray, audit as audit_by_taps
from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel

_LARGEST = 128


def audit(
    network: Any,
    *,
    size: int | tuple[int, int] | None = None,
    channels: int | None = None,
    levels: int | None = None,
    values: Values | None = None,
    axes: str | None = None,
    layout: str | None = None,
    labels: int | None = None,
    condition: int | None = None,
    order: str | None = None,
    predicts: Predicts = "auto",
    evaluating: bool | None = None,
    name: str = "",
    progress: Progress | None = None,
) -> NetworkReport:
    """Say whether a network looks ahead, and which layer does.

    A model of this library is audited by its taps, at its own size and with what more layers would
    see. Of any other network, what it is given and what it returns are found out by trying, unless
    told here. It is left as it was.

    Args:
        network: a model of this library; any `nn.Module`; a Keras 3 model on its torch backend; or
            any function of one NumPy array or tensor of images (JAX and TensorFlow too).
        size: rows and columns of the images; by default as large as its kernels ask for.
        channels: colours of the images.
        levels: values that a sub-pixel can take.
        values: `fractions` (0 to 1), `signed` (-1 to 1), `bytes` (0 to 255), `levels` (whole
            numbers) or `one-hot`.
        axes: of the input, without the batch: `C H W`, `H W C`, `(H W C)` for a sequence.
        layout: of the output, where P are the numbers of a pixel: `(C P) H W`, `H W C P`.
        labels: classes, for a network that is given a label.
        condition: length of the vector, for a network that is given one.
        order: in which the pixels are generated: a name such as `columns`, or a file.
        predicts: `same` if output i is for pixel i, `next` if it is for the next pixel.
        evaluating: put it into evaluation mode, or (False) into training mode.
        name: for the report.
        progress: called with what is done, and the share of it from 0 to 1.

    Raises:
        ConfigError: an option that cannot work, or a network that cannot be run.
    """
    if isinstance(network, AutoregressiveModel):
        return audit_model(network)
    options = options_of(
        size=size,
        channels=channels,
        levels=levels,
        values=values,
        axes=axes,
        layout=layout,
        labels=labels,
        condition=condition,
        order=order,
        predicts=predicts,
        evaluating=evaluating,
    )
    try:
        return audit_network(network, options, name=name, progress=progress)
    except CannotRunError as error:
        because = "" if error.cause is None else f": {type(error.cause).__name__}: {error.cause}"
        raise ConfigError(f"{error}{because}") from error


def audit_code(
    text: str,
    arguments: Mapping[str, Any] | None = None,
    options: AuditOptions | None = None,
    progress: Progress | None = None,
) -> NetworkReport:
    """The same for a network in a file. **This runs the code in the file.**

    It is made from a fixed seed, and tried in training mode unless told otherwise: there a loss is
    measured, and there batch normalisation looks at all pixels.

    Args:
        text: `FILE.py:NAME` or `PACKAGE.MODULE:NAME`.
        arguments: that the network is made with.
        options: what is known of it.
        progress: called with what is done, and the share of it from 0 to 1.

    Raises:
        ConfigError: what cannot be loaded, made or run, and why, with the line in the file.
    """
    options = options or AuditOptions()
    dtype = torch.get_default_dtype()
    # Masks that the network makes for itself then have the precision of its weights.
    torch.set_default_dtype(torch.float64)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            loaded = load(text, arguments)
            if isinstance(loaded.network, AutoregressiveModel):
                return audit_model(loaded.network)
            return _audited(loaded, options, progress)
    finally:
        torch.set_default_dtype(dtype)


def _audited(loaded: Loaded, options: AuditOptions, progress: Progress | None) -> NetworkReport:
    if options.evaluating is None and isinstance(loaded.network, nn.Module):
        loaded.network.train()
    try:
        report = audit_network(
            loaded.network,
            options,
            name=loaded.name,
            make=loaded.make,
            guard=loaded.guard,
            progress=progress,
        )
    except CannotRunError as error:
        because = "." if error.cause is None else f": {told(error.cause, loaded.path)}"
        what = f"{loaded.name}: {error}" if error.cause is None else f"{loaded.name} cannot be run"
        raise ConfigError(f"{loaded.path}: {what}{because}".replace("..", ".")) from error
    if not loaded.notes:
        return report

    return replace(report, notes=(*loaded.notes, *report.notes))


def options_of(
    *,
    size: int | tuple[int, int] | None = None,
    order: str | None = None,
    predicts: Predicts = "auto",
    evaluating: bool | None = None,
    **wanted: Any,
) -> AuditOptions:
    """Options, checked.

    Raises:
        ConfigError: one that cannot work.
    """
    sizes = (size, size) if isinstance(size, int) else size
    for one in sizes or ():
        if not 2 <= one <= _LARGEST:
            raise ConfigError(f"--size {one} must lie between 2 and {_LARGEST}.")
    levels, channels = wanted.get("levels"), wanted.get("channels")
    if levels is not None and not 2 <= levels <= 256:
        raise ConfigError(f"--levels {levels} must lie between 2 and 256.")
    if channels is not None and channels < 1:
        raise ConfigError(f"--channels {channels} must be 1 or more.")
    for key in ("labels", "condition"):
        if wanted.get(key) is not None and wanted[key] < 1:
            raise ConfigError(f"--{key} {wanted[key]} must be 1 or more.")
    if wanted.get("values") is not None and wanted["values"] not in VALUES:
        raise ConfigError(f"--values {wanted['values']} is none of {', '.join(VALUES)}.")
    if wanted.get("layout") is not None:
        wrong = pattern_error(wanted["layout"])
        if wrong:
            raise ConfigError(f'--layout {wanted["layout"]!r}: {wrong}, as in "(C P) H W".')
    return AuditOptions(Wanted(size=sizes, **wanted), order, predicts, evaluating)


# ---------------------------------------------------------------- models of this library


def audit_model(model: AutoregressiveModel) -> NetworkReport:
    """Count what a model of this library sees, leaks and could never see, exactly, by its taps."""
    counted = audit_by_taps(model)
    config = model.config
    height, width = config.height, config.width
    order = np.arange(height * width).reshape(height, width)
    shape = (config.channels, height, width)
    report = NetworkReport(
        counted.relation,
        counted.limit,
        name=model.name,
        verdict="leak" if counted.leaks else "none",
        proven=True,
        has_limit=True,
        order=order,
        shape=shape,
        parameters=sum(weight.numel() for weight in model.parameters()),
        mode="training" if model.training else "evaluation",
    )
    if not counted.leaks:
        return report

    located = _located(model, shape, order)
    return report if located is None else replace(report, culprit=find_culprit(located))


def _located(
    model: AutoregressiveModel, shape: tuple[int, int, int], order: np.ndarray[Any, Any]
) -> Located | None:
    network = Network(model, 0 if model.config.classes else None).float()

    def through(lens: Lens) -> tuple[Trace, BoolArray] | None:
        image = torch.rand(1, *shape)
        out, trace = run(
            network.model, network, image, lambda ids: ids, order, shape[0], located=True, lens=lens
        )
        ids = trace.ids(out)[0]  # (P, C, H, W)
        lines = ids.reshape(len(ids), -1).T
        bits = trace.cells.bits(trace.cells.union(lines))
        return trace, bits.reshape(*shape, *shape)

    first = through(Lens())
    if first is None:
        return None
    return Located(first[0], first[1], order, through)
