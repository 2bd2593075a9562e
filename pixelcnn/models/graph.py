"""A model as a short list of values, read from its `torch.fx` trace.

Receptive fields, audits and the fast sampler need the network's wiring. It is read here once, so
that a model is written as an ordinary module and nowhere else.
"""

from __future__ import annotations

import copy
import operator
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.conditioning import ClassBias, ClassScale, LabelPlanes, PositionBias
from pixelcnn.nn.attention import CausalAttention
from pixelcnn.nn.layers import ChannelNorm, TapConv2d, TapLayer, Upsample2
from pixelcnn.nn.recurrence import Recurrence

# Layers that are one value each in the graph, by the name of their operation.
_LAYERS: dict[type[nn.Module], str] = {
    ChannelNorm: "norm",
    CausalAttention: "attention",
    Recurrence: "recurrence",
    Upsample2: "upsample",
}
_CONSTANTS = (ClassBias, ClassScale, LabelPlanes, PositionBias)

_OPERATIONS: dict[Any, str] = {
    F.relu: "relu",
    torch.relu: "relu",
    F.elu: "elu",
    torch.tanh: "tanh",
    torch.sigmoid: "sigmoid",
    torch.neg: "neg",
    operator.neg: "neg",
    operator.add: "add",
    torch.add: "add",
    operator.mul: "mul",
    torch.mul: "mul",
    torch.cat: "cat",
}
_SHAPE = "shape"
"""What a recorded node knows of its result."""


@dataclass(frozen=True, eq=False)
class Value:
    """One tensor inside the network: `(B, channels, H / scale, W / scale)`, rounded up.

    Attributes:
        index: place in the list; inputs come first.
        name: dotted path of the layer, or the operation's name.
        op: `image`, `constant` (does not depend on the image), `taps` (a `TapLayer`), `norm`,
            `attention` (of query, key and value), `recurrence`, `upsample`, `relu`, `elu`, `tanh`,
            `sigmoid`, `neg`, `add`, `mul`, `cat`, `slice`.
        inputs: the values that it is computed from.
        channels: number of feature channels.
        layer: the module, if a single one computes it.
        start: first channel, for `slice`.
        scale: pixels of the image per row or column of this value.
    """

    index: int
    name: str
    op: str
    inputs: tuple[Value, ...] = field(repr=False)
    channels: int
    layer: nn.Module | None = None
    start: int = 0
    scale: int = 1


class Constants(Protocol):
    """What does not depend on the image."""

    def __call__(self, given: Tensor | None, *, exact: bool = False) -> dict[int, Tensor]:
        """From the labels `(B,)` to {index: `(B or 1, C, H or 1, W or 1)`} of every constant value.

        `exact` works in double precision on the CPU, whatever the model does.
        """
        ...


@dataclass(frozen=True)
class Graph:
    """All values of a model in order, the output last."""

    values: tuple[Value, ...]
    constants: Constants

    @property
    def image(self) -> Value:
        return self.values[0]

    @property
    def output(self) -> Value:
        """The output of `network`."""
        return self.values[-1]


# While tracing, `torch.fx` replaces `__call__` of every module in the process.
_TRACING = threading.Lock()


class _Tracer(fx.Tracer):
    """Traces `network`, stopping at the layers of `pixelcnn.nn.layers`.

    Modules called by other threads meanwhile run as usual: on a server some model is always at
    work.
    """

    traced_func_name = "network"

    def __init__(self) -> None:
        # By default it would also replace the functions of `math` for the whole process, and a
        # compilation that numba starts meanwhile would pick up the replacements.
        super().__init__(autowrap_modules=())  # type: ignore[arg-type]  # declared as one module
        self._thread = threading.get_ident()

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Record a call, if it comes from this thread."""
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        """Record the use of a parameter, if it comes from this thread."""
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        ours = isinstance(m, (TapLayer, *_LAYERS, *_CONSTANTS))
        return ours or super().is_leaf_module(m, module_qualified_name)


def record(model: AutoregressiveModel) -> fx.Graph:
    """Trace `model.network`, with the shape of each call's result.

    Takes far longer than building a graph from the recording, which is valid for every model of
    the same architecture and depth: weights, masks and kernels are looked up in the model itself.
    """
    config = model.config
    unlabelled = {} if config.classes else {"labels": None}
    with _TRACING:
        calls = _Tracer().trace(model, concrete_args=unlabelled)
    like = next(model.parameters())
    example = like.new_zeros(1, *config.image_shape)
    label = like.new_zeros(1, dtype=torch.int64) if config.classes else None
    with torch.no_grad():
        _Shapes(fx.GraphModule(model, calls)).run(example, label)
    return calls


class _Shapes(fx.Interpreter):
    """Notes the shape of each call's result, and computes nearly nothing for it.

    `torch.fx` has a pass for shapes, but its import takes half a second, as does that of torch's
    own `broadcast_shapes`.
    """

    def call_module(self, target: fx.node.Target, args: tuple[Any, ...], kwargs: Any) -> Any:
        layer = self.fetch_attr(str(target))
        if not isinstance(layer, TapConv2d):
            return super().call_module(target, args, kwargs)
        (x,) = args
        rows, columns = (-(-size // layer.stride[0]) for size in x.shape[2:])
        return x.new_empty(len(x), layer.out_channels, rows, columns)

    def call_function(self, target: fx.node.Target, args: tuple[Any, ...], kwargs: Any) -> Any:
        tensors = [argument for argument in args if isinstance(argument, Tensor)]
        if _OPERATIONS.get(target, "cat") == "cat":
            return super().call_function(target, args, kwargs)
        return tensors[0].new_empty(np.broadcast_shapes(*(tuple(x.shape) for x in tensors)))

    def run_node(self, n: fx.Node) -> Any:
        result = super().run_node(n)
        if isinstance(result, Tensor):
            n.meta[_SHAPE] = result.shape
        return result


def _channels(node: fx.Node) -> int:
    """Feature channels of a call's result; 0 if it has none."""
    shape = node.meta.get(_SHAPE, ())
    return shape[1] if len(shape) > 1 else 0


def trace(model: AutoregressiveModel, recording: fx.Graph | None = None) -> Graph:
    """The graph of `model.network`.

    Args:
        model: a model of the registry.
        recording: of this model, or of one that differs only in weights, masks and kernels.

    Raises:
        ConfigError: the network uses an operation that `Value` does not list.
    """
    calls = recording or record(model)
    image, labels = [node for node in calls.nodes if node.op == "placeholder"]
    builder = _Builder(model, image)
    for node in calls.nodes:
        if node is not labels:
            builder.add(node)
    constant_nodes = builder.constant_nodes

    def constants(given: Tensor | None, *, exact: bool = False) -> dict[int, Tensor]:
        network = copy.deepcopy(model).cpu().double() if exact else model
        computed = _evaluate(network, calls, constant_nodes, labels, given)
        return {value.index: computed[node] for node, value in constant_nodes.items()}

    return Graph(live(builder.values, builder.output), constants)


class _Builder:
    """Turns fx nodes into values."""

    def __init__(self, model: AutoregressiveModel, image: fx.Node) -> None:
        self.modules = dict(model.named_modules())
        self.values: list[Value] = []
        self.known: dict[fx.Node, Value | list[Value]] = {}
        self.constant_nodes: dict[fx.Node, Value] = {}
        self.output = self.known[image] = self._append("image", "image", (), _channels(image))

    def _append(self, name: str, op: str, inputs: tuple[Value, ...], channels: int, **more: Any):  # type: ignore[no-untyped-def]
        scale = max((source.scale for source in inputs), default=1)
        value = Value(len(self.values), name, op, inputs, channels, **{"scale": scale, **more})
        self.values.append(value)
        return value

    def add(self, node: fx.Node) -> None:
        """Append the value of `node`, if it has one."""
        if node in self.known:
            return
        if node.op == "output":
            self.output = self._value(node.args[0])
            return
        sources = [self.known[source] for source in node.all_input_nodes if source in self.known]
        if all(isinstance(source, Value) and source.op == "constant" for source in sources):
            value = self._append(node.name, "constant", (), _channels(node))
            self.known[node] = self.constant_nodes[node] = value
        elif node.op == "call_module":
            self.known[node] = self._layer(node)
        else:
            self.known[node] = self._operation(node)

    def _value(self, argument: Any) -> Value:
        value = self.known[argument]
        assert isinstance(value, Value)
        return value

    def _layer(self, node: fx.Node) -> Value:
        name = str(node.target)
        layer = self.modules[name]
        inputs = tuple(self._value(argument) for argument in node.args)
        if isinstance(layer, nn.Dropout | nn.Identity):
            return inputs[0]
        if isinstance(layer, TapLayer):
            scale = inputs[0].scale
            if isinstance(layer, TapConv2d):
                scale *= layer.stride[0]
            return self._append(name, "taps", inputs, _channels(node), layer=layer, scale=scale)
        for kind, op in _LAYERS.items():
            if isinstance(layer, kind):
                scale = inputs[0].scale // 2 if op == "upsample" else inputs[0].scale
                return self._append(name, op, inputs, _channels(node), layer=layer, scale=scale)
        raise ConfigError(f"Layer {name} is a {type(layer).__name__}, which declares no taps.")

    def _operation(self, node: fx.Node) -> Value | list[Value]:
        if node.op == "call_method" and node.target == "chunk":
            return self._chunk(node)
        if node.target is operator.getitem:
            parts = self.known[node.args[0]]  # type: ignore[index]
            assert isinstance(parts, list)
            return parts[node.args[1]]  # type: ignore[index]
        op = _OPERATIONS.get(node.target)
        if op is None:
            raise ConfigError(f"Operation {node.name} ({node.target}) is not supported.")
        arguments = node.args[0] if op == "cat" else node.args
        inputs = tuple(self._value(argument) for argument in arguments)  # type: ignore[union-attr]
        return self._append(node.name, op, inputs, _channels(node))

    def _chunk(self, node: fx.Node) -> list[Value]:
        source, parts = self._value(node.args[0]), int(node.args[1])  # type: ignore[arg-type]
        size = source.channels // parts
        return [
            self._append(f"{node.name}_{part}", "slice", (source,), size, start=part * size)
            for part in range(parts)
        ]


def _evaluate(
    model: AutoregressiveModel,
    traced: fx.Graph,
    nodes: dict[fx.Node, Value],
    labels: fx.Node,
    given: Tensor | None,
) -> dict[fx.Node, Tensor]:
    """Run only the nodes that do not depend on the image."""
    interpreter = fx.Interpreter(model, graph=traced)
    interpreter.env = {labels: given}
    with torch.no_grad():
        for node in nodes:
            interpreter.env[node] = interpreter.run_node(node)
    return {node: interpreter.env[node] for node in nodes}


def live(values: list[Value], output: Value) -> tuple[Value, ...]:
    """The image and all values that the output depends on, in order, the output last."""
    needed = {0, output.index}
    for value in reversed(values):
        if value.index in needed:
            needed.update(source.index for source in value.inputs)
    return tuple(value for value in values if value.index in needed)
