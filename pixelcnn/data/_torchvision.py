"""The only place that imports torchvision.

The wheel of torchvision on the package index is built against CUDA. With a CPU build of torch its
compiled part does not load, and the import fails with `operator torchvision::nms does not exist`.
Only the pure-Python data sets, transforms and grids are used here, so it suffices to declare the
missing operators, which are never called.
"""

import importlib
import sys
import threading
from types import ModuleType

import torch

_SCHEMAS = {
    "torchvision::nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "torchvision::qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_importing = threading.Lock()


def import_torchvision() -> ModuleType:
    """Import torchvision, even where its compiled operators cannot be loaded.

    Declares nothing where the real operators load.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: torchvision fails for a reason other than a missing operator.
    """
    with _importing:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            if not any(f"operator {name} does not exist" in str(error) for name in _SCHEMAS):
                raise
        # The failed import leaves submodules that a second import would take for complete.
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name, schema in _SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name.partition("::")[2]):
                torch.library.define(name, schema)
        return importlib.import_module("torchvision")
