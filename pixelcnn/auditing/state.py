"""Runs somebody's network as it is, and leaves it as it was.

Nothing is copied with `deepcopy`, which fails for `weight_norm`, `spectral_norm` and for modules
that keep an activation. Instead the numbers are borrowed: weights, buffers and whatever else a
module keeps are replaced, put back before each call, and put back for good at the end.
"""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import UninitializedBuffer, UninitializedParameter

_OF_EVERY_MODULE = frozenset(vars(nn.Module()))
_DEEPEST = 4
_GENERATORS = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)


def modules_of(network: Any) -> list[nn.Module]:
    """The modules that something callable is made of: itself, or what a function holds."""
    if isinstance(network, nn.Module):
        return [network]
    found: list[nn.Module] = []
    held: list[Any] = []
    if isinstance(network, functools.partial):
        held += [network.func, *network.args, *network.keywords.values()]
    held += [getattr(network, "__self__", None), getattr(network, "__wrapped__", None)]
    for cell in getattr(network, "__closure__", None) or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    code = getattr(network, "__code__", None)
    known = getattr(network, "__globals__", {})
    held += [known[name] for name in getattr(code, "co_names", ()) if name in known]
    if not hasattr(network, "__code__"):
        held += list(getattr(network, "__dict__", {}).values())
    for one in held:
        if isinstance(one, nn.Module) and one not in found:
            found.append(one)
    return found


class Borrowed:
    """The numbers of some modules, replaced by copies in another precision until `close`.

    Args:
        modules: the networks, each with all that is in it.
    """

    def __init__(self, modules: list[nn.Module]) -> None:
        self._modules = list(dict.fromkeys(part for one in modules for part in one.modules()))
        self._modes = [(part, part.training) for part in self._modules]
        self._attributes = [(part, _own(part)) for part in self._modules]
        self._buffers = [(part, dict(part.named_buffers(recurse=False))) for part in self._modules]
        self._weights = {
            weight: (weight.data, weight.grad)
            for part in self._modules
            for weight in part.parameters(recurse=False)
            if not isinstance(weight, UninitializedParameter | UninitializedBuffer)
        }
        self._saved: list[tuple[nn.Module, dict[str, Any], dict[str, Any]]] = []
        self._given: list[tuple[nn.Parameter, Tensor]] = []

    @property
    def weights(self) -> list[nn.Parameter]:
        """All learned numbers."""
        return [
            weight
            for weight in dict.fromkeys(
                weight for part in self._modules for weight in part.parameters(recurse=False)
            )
            if not isinstance(weight, UninitializedParameter | UninitializedBuffer)
        ]

    def convert(self, dtype: torch.dtype) -> None:
        """Give every module copies of its own numbers, on the CPU and in this precision."""
        known: dict[int, Any] = {}
        for weight, (data, _) in self._weights.items():
            weight.data = _converted(data, dtype)
        for part, buffers in self._buffers:
            for name, buffer in buffers.items():
                if buffer is not None and not isinstance(buffer, UninitializedBuffer):
                    setattr(part, name, _copied(buffer, dtype, known))
        for part, attributes in self._attributes:
            _put(part, {name: _copied(one, dtype, known) for name, one in attributes.items()})
        self.save()

    def save(self) -> None:
        """Make the present state the one that `reset` goes back to."""
        known: dict[int, Any] = {}
        self._saved = [
            (
                part,
                {name: _copied(one, None, known) for name, one in _own(part).items()},
                {
                    name: _copied(one, None, known)
                    for name, one in part.named_buffers(recurse=False)
                    if not isinstance(one, UninitializedBuffer)
                },
            )
            for part in self._modules
        ]
        self._given = [(weight, weight.data.clone()) for weight in self.weights]

    def reset(self) -> None:
        """Undo what calls have changed: counters, caches, averages, and weights written over."""
        known: dict[int, Any] = {}
        for part, attributes, buffers in self._saved:
            _put(part, {name: _copied(one, None, known) for name, one in attributes.items()})
            for name, buffer in buffers.items():
                setattr(part, name, _copied(buffer, None, known))
        for weight, data in self._given:
            weight.data.copy_(data)

    def changed(self) -> list[str]:
        """What differs from the saved state: names such as `layers.2.calls`."""
        names = {part: path for path, part in reversed(list(self._modules[0].named_modules()))}
        found = []
        for part, attributes, buffers in self._saved:
            path = names.get(part, type(part).__name__)
            now = _own(part) | dict(part.named_buffers(recurse=False))
            before = attributes | buffers
            for name in sorted(set(now) | set(before)):
                if not _same(before.get(name), now.get(name)):
                    found.append(f"{path}.{name}" if path else name)
        return found

    def close(self) -> None:
        """Put everything back as it was given."""
        for weight, (data, grad) in self._weights.items():
            weight.data, weight.grad = data, grad
        for part, attributes in self._attributes:
            _put(part, attributes)
        for part, buffers in self._buffers:
            for name, buffer in buffers.items():
                setattr(part, name, buffer)
        for part, training in self._modes:
            part.training = training


@contextmanager
def undisturbed() -> Iterator[None]:
    """The random states, the precision and the threads' gradients of the caller stay theirs."""
    numpy_state, python_state = np.random.get_state(), random.getstate()
    dtype = torch.get_default_dtype()
    try:
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            yield
    finally:
        np.random.set_state(numpy_state)
        random.setstate(python_state)
        torch.set_default_dtype(dtype)


def seed_everything(seed: int) -> None:
    """PyTorch's, NumPy's and Python's random numbers from a known state."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def _own(part: nn.Module) -> dict[str, Any]:
    return {name: one for name, one in vars(part).items() if name not in _OF_EVERY_MODULE}


def _put(part: nn.Module, attributes: dict[str, Any]) -> None:
    kept = vars(part)
    for name in [name for name in _own(part) if name not in attributes]:
        del kept[name]
    kept.update(attributes)


def _converted(tensor: Tensor, dtype: torch.dtype | None) -> Tensor:
    moved = tensor.detach().to("cpu")
    if dtype is not None and moved.is_floating_point():
        moved = moved.to(dtype)
    return moved.clone() if moved.data_ptr() == tensor.data_ptr() else moved


def _copied(value: Any, dtype: torch.dtype | None, known: dict[int, Any], depth: int = 0) -> Any:
    """A copy of what calls may change; modules, weights and all else stay what they are."""
    if id(value) in known:
        return known[id(value)][1]
    result = value
    if isinstance(value, nn.Parameter | nn.Module):
        return value
    if isinstance(value, Tensor):
        result = _converted(value, dtype)
    elif isinstance(value, np.ndarray):
        result = value.copy()
    elif isinstance(value, torch.Generator):
        result = torch.Generator(value.device)
        result.set_state(value.get_state())
    elif isinstance(value, _GENERATORS):
        result = copy.deepcopy(value)
    elif depth < _DEEPEST and type(value) in (list, tuple, set, dict):
        if isinstance(value, dict):
            result = {key: _copied(one, dtype, known, depth + 1) for key, one in value.items()}
        else:
            result = type(value)(_copied(one, dtype, known, depth + 1) for one in value)
    known[id(value)] = (value, result)  # with the value, so that its id is not given to another
    return result


def _same(before: Any, after: Any) -> bool:
    if isinstance(before, Tensor) and isinstance(after, Tensor):
        return before.shape == after.shape and bool(torch.equal(before, after))
    if isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
        return bool(np.array_equal(before, after))
    if isinstance(before, torch.Generator) and isinstance(after, torch.Generator):
        return bool(torch.equal(before.get_state(), after.get_state()))
    if type(before) is not type(after):
        return False
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(_same, before, after))
    if isinstance(before, dict):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, int | float | str | bool | type(None)):
        return bool(before == after)
    return True
