"""Follows what every number inside a network depends on, while the network runs.

Each operation that PyTorch carries out is seen as it happens (`TorchDispatchMode`), with the very
weights that it uses: masks that are multiplied into a weight, `weight_norm`, shifts by padding and
slicing, and writing into a tensor need no special care, whatever module they stand in. `torch.fx`
would record what the code says, and drops `weight.data *= mask` without a word.

What comes out is the relation of outputs to sources by the taps that are not zero: exact, as long
as every operation is known. One that is not is taken to mix everything, and `Trace.exact` is False.
"""

from __future__ import annotations

import linecache
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from pixelcnn.auditing.cells import NOWHERE, Cells, Ids, distinct_columns
from pixelcnn.auditing.rules import BENDING, RULES
from pixelcnn.auditing.shadows import Shadows
from pixelcnn.auditing.steps import MOVED, Call, CodeLine, Lens, Progress, Step

_TORCH = str(Path(torch.__file__).parent)
_HERE = str(Path(__file__).parent)


@dataclass(frozen=True, eq=False)
class Trace:
    """What a run has shown.

    Attributes:
        cells: the table in which the dependences are kept.
        steps: the operations, in order.
        unknown: operations that could not be followed, and were taken to mix everything.
        floats: numbers that the operations made, for one image: how much memory a run takes.
        bends: the operations that are not linear, in order with the steps.
        chained: pairs of convolutions, the second of which is given just what the first returned.
    """

    cells: Cells
    shadows: Shadows
    steps: tuple[Step, ...]
    unknown: tuple[str, ...]
    floats: int
    bends: tuple[Step, ...] = ()
    chained: tuple[tuple[int, int], ...] = ()

    @property
    def exact(self) -> bool:
        """Whether every operation was followed."""
        return not self.unknown

    def ids(self, tensor: Tensor) -> Ids:
        """The cells of a tensor that the network returned, in its shape."""
        found = self.shadows.cells(tensor)
        if found is None:
            return np.zeros(tuple(tensor.shape), np.int64)
        return found.numpy().astype(np.int64)


class _Rules:
    """What a `Tracer` does with each operation.

    A class of its own: PyTorch wraps a `__torch_dispatch__` that a mode itself defines, which
    imports its compiler, for three seconds.
    """

    def __init__(
        self,
        cells: Cells,
        order: Ids,
        *,
        located: bool,
        lens: Lens,
    ) -> None:
        self.cells, self.order, self.located, self.lens = cells, order, located, lens
        self.shadows = Shadows()
        self.steps: dict[int, Step] = {}
        self.unknown: dict[str, None] = {}
        self.bends: list[Step] = []
        self.chained: list[tuple[int, int]] = []
        # By storage. They are kept alive, so that no later tensor takes the place of one.
        self._convolved: dict[int, tuple[int, Tensor]] = {}
        self.modules: list[tuple[str, str]] = []
        self.names: dict[int, tuple[str, str]] = {}
        self.floats = 0
        self.operations = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        self.operations += 1
        name = func._schema.name.removeprefix("aten::")
        given = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        ids = {id(tensor): self._dependent(tensor) for tensor in given}
        depends = any(found is not None for found in ids.values())
        writes = func._schema.is_mutable
        before = args[0].clone() if depends and writes and isinstance(args[0], Tensor) else None
        out = func(*args, **kwargs)
        made = [leaf for leaf in tree_leaves(out) if isinstance(leaf, Tensor)]
        if made and not func.is_view:
            self.floats += sum(tensor.numel() for tensor in made)
        if not depends:
            return out
        storages = {tensor.untyped_storage()._cdata for tensor in given}
        if not writes and made and all(t.untyped_storage()._cdata in storages for t in made):
            return out  # a view: it shares its cells
        values = list(args)
        if before is not None:
            values[0] = before
            ids[id(before)] = ids.get(id(args[0]))
        call = Call(self, name, func, tuple(values), kwargs, made, ids)
        rule = RULES.get(name) or RULES.get(name.removesuffix("_"))
        if rule is None and torch.Tag.pointwise in func.tags:
            rule = RULES["pointwise"]
        if rule is None:
            self.unknown[name] = None
            rule = RULES["mixed"]
        self._chain(name, args, made, writes=writes)
        if name.removesuffix("_") in BENDING and made:
            module, kind = self.at_work()
            index, shape = 2 * self.operations + 1, tuple(made[0].shape)
            self.bends.append(Step(index, name, module, kind, code_line(), shape))
        rule(call)
        return out

    def _chain(self, name: str, args: tuple[Any, ...], made: list[Tensor], *, writes: bool) -> None:
        """Note a convolution of what another one returned, unless that was written over since."""
        if writes and isinstance(args[0], Tensor):
            self._convolved.pop(args[0].untyped_storage()._cdata, None)
        if name == "convolution":
            index = 2 * self.operations + 1
            before = self._convolved.get(args[0].untyped_storage()._cdata)
            if before is not None:
                self.chained.append((before[0], index))
            self._convolved[made[0].untyped_storage()._cdata] = (index, made[0])

    def _dependent(self, tensor: Tensor) -> Ids | None:
        found = self.shadows.cells(tensor)
        if found is None or not found.any():
            return None
        ids: Ids = found.numpy().astype(np.int64)
        own = self.own_places(tuple(tensor.shape))
        return ids if own is None else self._arrived(ids, np.broadcast_to(own, ids.shape))

    def _arrived(self, ids: Ids, own: Ids) -> Ids:
        """What has been moved belongs to the place where it stands now.

        Where that comes before the place it was computed for, the move itself looked ahead.
        """
        places = self.cells.places[ids]
        ahead = (places > own) & (ids > 0)
        if ahead.any():
            index = 2 * self.operations
            module, kind = self.at_work()
            self.steps[index] = Step(index, MOVED, module, kind, code_line(), ids.shape)
            if self.causal(index):
                ids = np.where(ahead, 0, ids)
        elsewhere = (places != own) & (ids > 0) & (places != NOWHERE)
        if elsewhere.any():
            pairs, inverse = distinct_columns([ids[elsewhere], own[elsewhere]])
            ids = ids.copy()
            ids[elsewhere] = self.cells.intern(self.cells.rows[pairs[0]], pairs[1])[inverse]
        return ids

    def begin(self, operation: str, shape: tuple[int, ...]) -> int:
        """Note an operation; returns its index, which the lens knows it by.

        All operations are counted, so that it has the same index seen through any lens.
        """
        index = 2 * self.operations + 1
        module, kind = self.at_work()
        self.steps[index] = Step(index, operation, module, kind, code_line(), shape)
        return index

    def at_work(self) -> tuple[str, str]:
        """Path and class of the module at work, empty strings for the network itself.

        Hooks tell it. A module that is not called as PyTorch calls one is found among the functions
        that are being carried out; a layer of Keras says its own path.
        """
        if self.modules and self.modules[-1][0]:
            return self.modules[-1]
        frame = sys._getframe(1)
        while frame is not None:
            module = frame.f_locals.get("self")
            if isinstance(module, nn.Module):
                path = getattr(module, "path", "")
                own = (path if isinstance(path, str) else "", type(module).__name__)
                return self.names.get(id(module), own)
            frame = frame.f_back  # type: ignore[assignment]
        return self.modules[-1] if self.modules else ("", "")

    def causal(self, step: int) -> bool:
        """Whether the lens forbids this step to look ahead."""
        return self.located and (step >= self.lens.causal_from or step in self.lens.without_own)

    def own_places(self, shape: tuple[int, ...]) -> Ids | None:
        """The place of each number of a tensor, by its shape: int64 that broadcasts to `shape`."""
        if not self.located:
            return None
        height, width = self.order.shape
        for scale in (1, 2, 4, 8):
            size = (-(-height // scale), -(-width // scale))
            for first in range(len(shape) - 2, 0, -1):
                if shape[first : first + 2] == size:
                    small = self.order[::scale, ::scale]
                    return small.reshape(*size, *[1] * (len(shape) - first - 2))
        pixels = [axis for axis, size in enumerate(shape) if size == self.order.size and axis]
        if len(pixels) == 1:  # of two, as in an attention's scores, nobody can tell which it is
            return self.order.reshape(-1, *[1] * (len(shape) - pixels[0] - 1))
        return None


class Tracer(_Rules, TorchDispatchMode):
    """Watches operations; `run` is the way to use it."""

    def __init__(self, cells: Cells, order: Ids, *, located: bool, lens: Lens) -> None:
        TorchDispatchMode.__init__(self)
        _Rules.__init__(self, cells, order, located=located, lens=lens)


def code_line() -> CodeLine | None:
    """The innermost line at work that belongs neither to PyTorch nor to this package."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_TORCH, _HERE, "<")) and "/site-packages/" not in file:
            return CodeLine(file, frame.f_lineno, _text(file, frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return None


def _text(file: str, number: int) -> str:
    return linecache.getline(file, number).strip()


def run(
    network: nn.Module | Callable[..., Any],
    call: Callable[[Tensor], Any],
    image: Tensor,
    ids: Callable[[Ids], Ids],
    order: Ids,
    channels: int,
    *,
    located: bool = False,
    lens: Lens | None = None,
    progress: Progress | None = None,
) -> tuple[Any, Trace]:
    """Run a network once and follow what its outputs depend on.

    Args:
        network: whose modules are to be named.
        call: gives the network an input and returns what comes out.
        image: the input as the network wants it; only the first image of the batch is followed.
        ids: turns cells `(C, H, W)` into those of `image[0]`, as the image itself was turned.
        order: int64 `(H, W)`, the step at which each pixel is generated.
        channels: colours.
        located: keep the places, which takes longer, and is needed for a lens.
        lens: what to leave out.
        progress: told the module at work and the share of them that have been.

    Returns:
        What the network returned, and the trace.
    """
    height, width = order.shape
    cells = Cells(channels * height * width)
    places = np.tile(order.ravel(), channels) if located else None
    tracer = Tracer(cells, order, located=located, lens=lens or Lens())
    of_image = np.zeros(tuple(image.shape), np.int64)
    of_image[0] = ids(cells.of_sources(places).reshape(channels, height, width))
    with _decomposed(), _named(network, tracer, progress), torch.no_grad():
        tracer.shadows.put(image, torch.from_numpy(of_image.astype(np.int32)))
        with tracer:
            out = call(image)
    floats = tracer.floats // max(1, len(image))
    return out, Trace(
        cells,
        tracer.shadows,
        tuple(tracer.steps.values()),
        tuple(tracer.unknown),
        floats,
        tuple(tracer.bends),
        tuple(tracer.chained),
    )


@contextmanager
def _decomposed() -> Iterator[None]:
    """Have fused operations carried out as the sums and products that they are made of."""
    fast = torch.backends.mha.get_fastpath_enabled()
    with ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("ignore")
        stack.enter_context(sdpa_kernel(SDPBackend.MATH))
        torch.backends.mha.set_fastpath_enabled(False)
        stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        try:
            yield
        finally:
            torch.backends.mha.set_fastpath_enabled(fast)


@contextmanager
def _named(network: Any, tracer: Tracer, progress: Progress | None) -> Iterator[None]:
    """Tell the tracer which module is at work."""
    handles = []
    seen: set[str] = set()

    def entered(entry: tuple[str, str]) -> None:
        tracer.modules.append(entry)
        seen.add(entry[0])
        if progress is not None:
            progress(f"following `{entry[0]}`", len(seen) / len(tracer.names))

    if isinstance(network, nn.Module):
        for path, module in network.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                continue
            entry = (path, type(module).__name__)
            tracer.names[id(module)] = entry
            handles += [
                module.register_forward_pre_hook(
                    lambda *_, entry=entry: entered(entry), prepend=True
                ),
                module.register_forward_hook(lambda *_: _left(tracer), always_call=True),
            ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _left(tracer: Tracer) -> None:
    if tracer.modules:
        tracer.modules.pop()
