"""The audit of any network: by its taps where they can be followed, else by trying."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pixelcnn.auditing.blame import Located, TakesTooLongError, find_blind_layer, find_culprit
from pixelcnn.auditing.fitting import Fit, Wanted, fit
from pixelcnn.auditing.hints import hints, reading_in_words, slips
from pixelcnn.auditing.inputs import reach_of_kernels
from pixelcnn.auditing.orders import Order, leaks_in, legal_in, named_orders, read_order
from pixelcnn.auditing.probing import NotRepeatableError, Repeats, finite, mixes, repeat
from pixelcnn.auditing.reading import Predicts, Reading, Relations, read
from pixelcnn.auditing.report import Culprit, NetworkReport, undecided
from pixelcnn.auditing.running import Guard
from pixelcnn.auditing.shaking import Weights
from pixelcnn.auditing.state import Borrowed, modules_of, undisturbed
from pixelcnn.auditing.steps import Lens, Progress
from pixelcnn.auditing.subject import Subject, spread
from pixelcnn.auditing.tracing import Trace
from pixelcnn.causality.reach import BoolArray

_CHECKED = 7  # sub-pixels that are tried although all operations were followed
_CONFIRMED = 8  # of those that leak by the taps
# Images on which the layer is looked for: of a size that no number of channels has.
_SMALL = (11, 13)
_SMALLEST = (5, 7)
_LARGEST_LOCATED = 40 * 40
_LONG = 200  # operations; a recurrence has some for each pixel
_LARGEST_CHOSEN = 64

_CANCELS = (
    "Its operations read pixels that come later, but with none of the weights that were tried did "
    "any of them change an output: what is read seems to cancel."
)


@dataclass(frozen=True)
class AuditOptions:
    """What is known of the network; None and `auto` are found out.

    Attributes:
        wanted: how it is called.
        order: a name, or a file with the step of each pixel.
        predicts: the pixel that an output stands at, or the next one.
        evaluating: put it into evaluation (True) or training mode (False); None as it is.
        locate: look for the layer to blame.
    """

    wanted: Wanted = field(default_factory=Wanted)
    order: str | None = None
    predicts: Predicts = "auto"
    evaluating: bool | None = None
    locate: bool = True


def audit_network(
    network: Any,
    options: AuditOptions | None = None,
    *,
    name: str = "",
    make: Callable[[], Any] | None = None,
    guard: Guard = nullcontext,
    progress: Progress | None = None,
) -> NetworkReport:
    """Find out who sees whom in a network, and whether it looks ahead.

    The network is left as it was: weights, buffers, mode, precision, random states.

    Args:
        network: a module, or a function of arrays.
        options: what is known of it.
        name: for the report.
        make: makes the network anew, for one that shapes itself by its first input.
        guard: what its code runs in.
        progress: told what is done and the share of it, 0 to 1.

    Raises:
        CannotRunError: it cannot be called in any of the usual ways.
        ConfigError: an order that is not one.
    """
    chosen = options or AuditOptions()
    name = name or getattr(network, "__name__", type(network).__name__)
    borrowed: list[Borrowed] = []

    def borrow(one: Any) -> Borrowed:
        borrowed.append(Borrowed(modules_of(one)))
        if chosen.evaluating is not None:
            for module in modules_of(one):
                module.train(not chosen.evaluating)
        return borrowed[-1]

    with undisturbed():
        try:
            try:
                fitted = fit(network, chosen.wanted, borrow, make=make, guard=guard)
                return _Audit(fitted, chosen, name, progress).report()
            except _TooSmallError as small:
                for one in borrowed:
                    one.close()
                chosen = replace(chosen, wanted=replace(chosen.wanted, size=small.size))
                fitted = fit(network, chosen.wanted, borrow, make=make, guard=guard)
                return _Audit(fitted, chosen, name, progress).report()
        finally:
            for one in borrowed:
                one.close()


class _TooSmallError(Exception):
    """Kernels that only the run has shown reach further than the image."""

    def __init__(self, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size


class _Audit:
    """One audit, step by step."""

    def __init__(
        self, fitted: Fit, options: AuditOptions, name: str, progress: Progress | None
    ) -> None:
        self.fitted, self.options = fitted, options
        self.subject = Subject(fitted, options.wanted.levels, progress)
        self.modules = modules_of(fitted.runner.network)
        self.order: tuple[str, Order] | None = None
        if options.order is not None:
            self.order = (options.order, read_order(options.order, *fitted.shape[1:]))
        self.notes: list[str] = []
        self.reach = (0, 0)
        self.long = False
        training = any(module.training for module in self.modules)
        self.known: dict[str, Any] = {
            "name": name,
            "shape": fitted.shape,
            "parameters": sum(one.numel() for one in fitted.runner.borrowed.weights),
            "mode": "training" if training else "evaluation",
        }

    def report(self) -> NetworkReport:
        """The whole audit; of batch normalisation that counts, it is told once."""
        norms = self._counting_norms()
        counts = bool(norms) and self._mixes(
            Repeats(tuple(None for _ in self.subject.heads), 1e-12)
        )
        for norm in norms.values():
            norm.eval()
        self.fitted.runner.borrowed.save()
        masks = self._audited()
        if not counts or not masks.relation.size:
            return masks
        path, norm = next(iter(norms.items()))
        everything = np.ones_like(masks.relation)
        return replace(
            masks,
            relation=everything,
            limit=everything,
            verdict="leak",
            reason="",
            proven=False,
            notes=(),
            mixes_images=True,
            masks=masks,
            blind=None,
            culprit=Culprit(
                path,
                type(norm).__name__,
                "batch_norm",
                "takes its mean and variance over all pixels of all images of the batch while it "
                "trains, so every pixel knows a little of all others",
            ),
        )

    def _audited(self) -> NetworkReport:
        try:
            repeats = self._repeats()
        except NotRepeatableError:
            named = self._what_changes()
            because = f": {named} changes from call to call" if named else ""
            return undecided(
                reason=f"its outputs change although the image does not{because}", **self.known
            )
        if repeats is None:
            return undecided(reason="none of its outputs is a finite number", **self.known)
        followed = self.subject.followed()
        if followed is not None:
            self._check_size(followed[0])
            self.subject.use(Weights.OWN)
            image, _ = self.subject.images(256, 0)
            self.notes += slips(followed[0], self.subject.outputs(image))
        mixing = followed[2] if followed is not None and followed[0].exact else self._mixes(repeats)
        reading = by_taps = None
        if followed is not None and followed[0].exact and not mixing:
            by_taps = self._read(followed[1])
            reading = self._confirmed(by_taps, followed[1], repeats)
        proven = reading is not None
        if reading is None:
            batch = 1 if mixing else self.subject.batch
            reading = self._read(self.subject.tried(repeats, batch))
            if by_taps is not None and by_taps.leaks and not reading.leaks:
                self.notes.append(_CANCELS)
        return self._judged(reading, proven, mixing)

    def _judged(self, reading: Reading, proven: bool, mixing: bool) -> NetworkReport:
        known = self.known | {
            "order": reading.order,
            "order_name": reading.order_name,
            "read_as": reading_in_words(reading, self.fitted),
            "proven": proven,
            "mixes_images": mixing,
        }
        if not reading.relation.any() and not mixing:
            reason = "none of its outputs depends on any pixel, with several weights and images"
            return undecided(reason=reason, **known)
        leak = reading.leaks > 0
        culprit = blind = None
        if self.options.locate and (leak or not mixing):
            try:
                located = self._located(reading)
                if located is not None and leak:
                    culprit = find_culprit(located)
                elif located is not None:
                    blind = find_blind_layer(located)
            except TakesTooLongError:
                self.notes.append("Which layer it is was not found in time.")
        notes = [*self.notes, *reading.notes, *hints(reading), *self._size_notes()]
        if mixing and not leak:
            notes.append("Within one image nothing looks ahead.")
        return NetworkReport(
            reading.relation,
            reading.relation,
            verdict="leak" if leak or mixing else "none",
            notes=tuple(notes),
            culprit=culprit,
            blind=blind,
            **known,
        )

    # ------------------------------------------------------------ what moves by itself

    def _repeats(self) -> Repeats | None:
        both = torch.cat(self.subject.images(256, 0))
        for kind in (Weights.OWN, Weights.SHAKEN):
            self.subject.use(kind)
            first = self.subject.outputs(both)
            if finite(first):
                repeats = repeat(self.fitted.runner, both, self.subject.heads, first)
                self._tell_what_moves(both, first)
                return repeats
        return None

    def _tell_what_moves(self, both: Tensor, first: list[Tensor]) -> None:
        """Name what changes by itself, although it is put back before each call."""
        runner = self.fitted.runner
        again = self.subject.outputs(both, fresh=False)
        if not _alike(first, again):
            names = self._what_changes() or "something that it keeps"
            self.notes.append(
                f"By itself, {names} changes from call to call; it was put back before each."
            )
        if not _alike(first, self.subject.outputs(both, seed=1)):
            self.notes.append(
                "It draws random numbers (dropout, say); they were the same in every call."
            )
        runner.borrowed.reset()

    def _what_changes(self) -> str:
        if not self.modules:
            return ""
        self.subject.outputs(torch.cat(self.subject.images(256, 0)))
        return ", ".join(f"`{one}`" for one in self.fitted.runner.borrowed.changed()[:3])

    def _mixes(self, repeats: Repeats) -> bool:
        image, other = self.subject.images(256, 2)
        for kind in Weights:
            self.subject.use(kind)
            if not finite(self.subject.outputs(torch.cat([image, other]))):
                continue
            if mixes(self.fitted.runner, image, other, self.subject.heads, repeats):
                return True
        return False

    def _counting_norms(self) -> dict[str, nn.Module]:
        return {
            path: part
            for module in self.modules
            for path, part in module.named_modules()
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d | nn.SyncBatchNorm)
            and part.training
        }

    # ------------------------------------------------------------ by taps

    def _read(self, heads: list[Relations]) -> Reading:
        sequence = "(H W" in self.fitted.runner.form.axes
        return read(heads, order=self.order, predicts=self.options.predicts, sequence=sequence)

    def _confirmed(
        self, reading: Reading, heads: list[Relations], repeats: Repeats
    ) -> Reading | None:
        """The reading of what was followed; None if trying shows that it cannot be trusted.

        A few sub-pixels are changed: what moves must be what was followed. And if something leaks,
        some of that must move.
        """
        if not reading.relation.any():
            return None
        total = int(np.prod(self.subject.shape))
        leaking = self._leaking_sources(reading)
        places = np.unique(np.concatenate([spread(total, _CHECKED), leaking])).tolist()
        one_call = replace(repeats, within=True)
        for seed, kind in enumerate((Weights.DRAWN, Weights.OWN, Weights.SHAKEN, Weights.OPEN)):
            moved = self.subject.moved_by(kind, places, one_call, seed)
            for known, found in zip(heads, moved, strict=True):
                if any((found[layout] & ~known[layout]).any() for layout in known):
                    return None
            if not reading.leaks or leaks_in(reading.read(moved), reading.order):
                return reading
        return None

    def _leaking_sources(self, reading: Reading) -> np.ndarray[Any, Any]:
        """A few sub-pixels that some output before them sees."""
        forbidden = reading.relation & ~legal_in(reading.order, reading.relation.shape[0])
        flat = np.flatnonzero(forbidden.any(axis=(0, 1, 2)).ravel())
        if len(flat) == 0:
            return flat
        chosen = flat[spread(len(flat), _CONFIRMED)]
        if forbidden.shape[3] == self.subject.shape[0]:
            return chosen
        pixels = int(np.prod(self.subject.shape[1:]))
        return np.concatenate([chosen + colour * pixels for colour in range(self.subject.shape[0])])

    # ------------------------------------------------------------ which layer

    def _located(self, reading: Reading) -> Located | None:
        """What is needed to look for a layer: on a small image, where the network takes one."""
        channels, height, width = self.subject.shape
        shapes = [(channels, height, width)] if height * width <= _LARGEST_LOCATED else []
        if self.order is None:
            rows, columns = (half // 2 + 2 for half in self.reach)
            sizes = [_SMALLEST, _SMALL] if self.long else [_SMALL]
            shapes[:0] = [
                (channels, *size) for size in sizes if size[0] > rows and size[1] > columns
            ]
        for shape in shapes:
            order = reading.order
            if shape[1:] != order.shape:
                order = np.ascontiguousarray(named_orders(*shape[1:])[reading.order_name])
            resized = replace(reading, order=order)

            def through(
                lens: Lens, shape: tuple[int, int, int] = shape, reading: Reading = resized
            ) -> tuple[Trace, BoolArray] | None:
                seen = self.subject.followed(reading.order, lens, shape)
                return None if seen is None else (seen[0], reading.read(seen[1]))

            first = through(Lens())
            if first is not None and (leaks_in(first[1], order) > 0) == (reading.leaks > 0):
                return Located(first[0], first[1], order, through)
        return None

    def _check_size(self, trace: Trace) -> None:
        """Take a larger image where a kernel reaches further, unless the size was given."""
        rows = columns = 0
        for step in trace.steps:
            if step.weight_open is not None and step.weight_open.ndim == 4:
                height, width = step.weight_open.shape[2:]
                rows = max(rows, (height - 1) * step.dilation[0])
                columns = max(columns, (width - 1) * step.dilation[1])
        self.reach = (rows, columns)
        self.long = len(trace.steps) > _LONG
        size = min(max(rows, columns) + 2, _LARGEST_CHOSEN)
        if self.options.wanted.size is None and size > min(self.subject.shape[1:]):
            raise _TooSmallError((size, size))

    def _size_notes(self) -> list[str]:
        reach = (max(one) // 2 for one in (reach_of_kernels(self.modules), self.reach))
        far = max(reach)
        if far < min(self.subject.shape[1:]):
            return []
        return [
            f"A kernel reaches {far} pixels far, further than this image: a leak that far was not "
            f"tried. Try --size {far + 2}."
        ]


def _alike(a: list[Tensor], b: list[Tensor]) -> bool:
    return all(
        one.shape == two.shape and bool(((one == two) | (one.isnan() & two.isnan())).all())
        for one, two in zip(a, b, strict=True)
    )
