"""One cell of a recurrent layer's map: its gates, and their effect on its memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor

from pixelcnn.introspect.cell import Cell, Term, described, value_at
from pixelcnn.introspect.wiring import Numbers, Wiring
from pixelcnn.nn.layers import Offset
from pixelcnn.nn.recurrence import GATES, Recurrence

_SIDES: Mapping[Offset, str] = {(-1, 0): "above", (0, -1): "to its left", (0, 1): "to its right"}


def remembered(wiring: Wiring, numbers: Numbers, place: str, cell: Cell) -> dict[str, Term] | None:
    """How a recurrence computed one of its cells; None for other kinds of layers.

    Args:
        wiring: of the model.
        numbers: its values, from `numbers_of`.
        place: the layer.
        cell: within its maps.

    Returns:
        The steps by their usual letters, in order: f, i, g, c, o, h of an LSTM, r, z, n, h of a
        GRU. The last one is the cell's value.

    Raises:
        ConfigError: there is no such place or cell.
    """
    value = value_at(wiring, place, cell)
    layer = value.layer
    if not isinstance(layer, Recurrence):
        return None
    channel, row, column = cell
    gates = value.inputs[0]
    parts = slice(channel, GATES[layer.cell] * layer.hidden, layer.hidden)
    inputs = numbers[gates.index].double()[parts]  # (gates, H, W)
    states = numbers[value.index].double()
    shares = _shares(layer, parts, states)
    side = _SIDES[layer.carry]
    from_input = [
        Term(
            "number",
            float(inputs[gate, row, column]),
            f"comes from {described(wiring, gates)}, map {channel + gate * layer.hidden}",
        )
        for gate in range(len(inputs))
    ]
    from_states = [
        Term("number", float(share), "comes from the states next to it")
        for share in shares[:, row, column]
    ]
    if layer.cell == "gru":
        before = float(_shifted(states[channel], layer.carry)[row, column])
        carried = Term("number", before, f"is the state of the pixel {side}")
        return _gru(from_input, from_states, carried)
    memory = _memory(inputs + shares, layer.carry)
    before = float(_shifted(memory, layer.carry)[row, column])
    carried = Term("number", before, f"is the memory c of the pixel {side}")
    return _lstm(from_input, from_states, carried)


def _lstm(from_input: list[Term], from_states: list[Term], carried: Term) -> dict[str, Term]:
    o, f, i, g = (
        _of(kind, _sum(*both))
        for kind, both in zip(
            ("sigmoid", "sigmoid", "sigmoid", "tanh"),
            zip(from_input, from_states, strict=True),
            strict=True,
        )
    )
    c = _sum(_product(_as("f", f), carried), _product(_as("i", i), _as("g", g)))
    h = _product(_as("o", o), _of("tanh", _as("c", c)))
    return {"f": f, "i": i, "g": g, "c": c, "o": o, "h": h}


def _gru(from_input: list[Term], from_states: list[Term], carried: Term) -> dict[str, Term]:
    r, z = (_of("sigmoid", _sum(from_input[at], from_states[at])) for at in range(2))
    n = _of("tanh", _sum(from_input[2], _product(_as("r", r), from_states[2])))
    new = _product(Term("number", 1 - z.value, "is 1 − z"), _as("n", n))
    h = _sum(new, _product(_as("z", z), carried))
    return {"r": r, "z": z, "n": n, "h": h}


def _as(letter: str, term: Term) -> Term:
    """The result of an earlier step, shown as its letter."""
    return Term("number", term.value, f"is {letter}")


def _sum(*parts: Term) -> Term:
    return Term("add", sum(part.value for part in parts), parts=parts)


def _product(first: Term, second: Term) -> Term:
    return Term("mul", first.value * second.value, parts=(first, second))


def _of(kind: str, part: Term) -> Term:
    x = torch.tensor(part.value, dtype=torch.float64)
    return Term(kind, float(x.tanh() if kind == "tanh" else x.sigmoid()), parts=(part,))


def _shares(layer: Recurrence, parts: slice, states: Tensor) -> Tensor:
    """The neighbouring states' part of the gates of one channel: `(gates, H, W)`."""
    weight = layer.weight.detach().double()[parts]  # (gates, hidden, taps)
    return sum(
        (
            torch.einsum("gc,chw->ghw", weight[:, :, tap], _shifted(states, offset))
            for tap, offset in enumerate(layer.offsets)
        ),
        start=torch.zeros(len(weight), *states.shape[1:], dtype=torch.float64),
    )


def _shifted(maps: Tensor, offset: Offset) -> Tensor:
    """Each pixel's neighbour at `offset`, 0 outside the image: `(..., H, W)`."""
    (dy, dx), result = offset, torch.zeros_like(maps)
    height, width = maps.shape[-2:]
    rows, columns = slice(max(0, -dy), height - max(0, dy)), slice(max(0, -dx), width - max(0, dx))
    above, beside = (slice(max(0, dy), height + min(0, dy)), slice(max(0, dx), width + min(0, dx)))
    result[..., rows, columns] = maps[..., above, beside]
    return result


def _memory(gates: Tensor, carry: Offset) -> Tensor:
    """The memory of one channel, from its gates `(4, H, W)`: `(H, W)`."""
    _, forget, update, content = gates
    new, memory = update.sigmoid() * content.tanh(), torch.zeros_like(content)
    for line in _lines(memory.shape, carry):
        memory[line] = forget.sigmoid()[line] * _shifted(memory, carry)[line] + new[line]
    return memory


def _lines(shape: torch.Size, carry: Offset) -> Iterator[tuple[slice, slice] | tuple[int, slice]]:
    """The rows or columns, in the order in which the memory is carried."""
    everything = slice(None)
    if carry[0]:
        yield from ((row, everything) for row in range(shape[0]))
    else:
        columns = range(shape[1]) if carry[1] < 0 else reversed(range(shape[1]))
        yield from ((everything, slice(column, column + 1)) for column in columns)
