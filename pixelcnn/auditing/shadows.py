"""A second storage behind each tensor's, with a cell for each of its numbers.

It is kept by storage and not by tensor: a view is then a view of its cells as well, and what is
written into a view is written for all who share it.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.multiprocessing.reductions import StorageWeakRef

_CLEAN_EVERY = 64


class Shadows:
    """The cells of all tensors that depend on the image, int32."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[StorageWeakRef, Tensor, int]] = {}
        self._made = 0

    def cells(self, tensor: Tensor) -> Tensor | None:
        """The cells of a tensor, as a view; None if none of its numbers ever depended."""
        if not _strided(tensor):
            return None
        kept = self._kept.get(tensor.untyped_storage()._cdata)
        if kept is None:
            return None
        _, flat, size = kept
        if size == tensor.element_size():
            return flat.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
        return None if not flat.any() else flat.max().expand(tensor.shape)  # read as another type

    def put(self, tensor: Tensor, cells: Tensor) -> None:
        """Note the cells of a tensor, broadcast to its shape."""
        if not _strided(tensor):
            return
        view = self.cells(tensor)
        if view is None:
            storage = tensor.untyped_storage()
            size = tensor.element_size()
            flat = torch.zeros(storage.nbytes() // size, dtype=torch.int32)
            self._kept[storage._cdata] = (StorageWeakRef(storage), flat, size)
            self._made += 1
            if self._made % _CLEAN_EVERY == 0:
                self._clean()
            view = flat.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())
        view.copy_(cells)

    def _clean(self) -> None:
        for key in [key for key, (alive, _, _) in self._kept.items() if alive.expired()]:
            del self._kept[key]


def _strided(tensor: Tensor) -> bool:
    return tensor.layout == torch.strided and tensor.device.type == "cpu"
