"""The one place where torchvision is imported.

The wheel of torchvision on the package index is built against CUDA. Beside a CPU build of torch its
compiled part does not load, and the import dies with `operator torchvision::nms does not exist`;
torchmetrics, which imports torchvision, dies with it. Only the pure-Python data sets, transforms
and grids are used here, so declaring the missing operators, which are never called, is enough.
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
    """Import torchvision, also where its compiled operators cannot be loaded.

    Call it before importing torchmetrics too. Where the real operators load, nothing is declared.

    Raises:
        ImportError: torchvision is not installed.
        RuntimeError: torchvision fails for another reason than a missing operator.
    """
    with _importing:
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            if not any(f"operator {name} does not exist" in str(error) for name in _SCHEMAS):
                raise
        # The failed import leaves submodules behind that a second import would take for complete.
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        for name, schema in _SCHEMAS.items():
            if not hasattr(torch.ops.torchvision, name.partition("::")[2]):
                torch.library.define(name, schema)
        return importlib.import_module("torchvision")
