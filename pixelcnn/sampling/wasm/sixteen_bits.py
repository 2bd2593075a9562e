"""The portable form with products of 16-bit integers: half the size, up to twice the speed.

Sums of such products are exact, so every machine, vector width and order of summation agrees by
construction. What a product reads is rounded to 13 bits, of a scale for each buffer that is found
on images which the model draws itself; its weights are rounded to as many bits as the worst case
leaves without overflow.

Images then differ from those of float32 where a uniform number falls between the two
distributions. At two levels that is one image in twenty, at 256 levels nearly each one. So float32
is the published form, which every engine computes in: a link or a film shows the same images
everywhere. `python -m pixelcnn bench numbers` measures both; the cards of the models tell.
"""

from __future__ import annotations

import numpy as np

from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.wasm.executor import Executor, Shape
from pixelcnn.sampling.wasm.portable import Portable, portable

_IMAGES = 50


def sixteen_bits(model: AutoregressiveModel) -> Portable:
    """The portable form of a model with 16-bit products.

    Raises:
        ConfigError: the network is not causal, or the executor has no operation for a step.
    """
    executor = Executor(portable(model))
    executor.prepare(Shape(_IMAGES))
    executor.options(1.0, 0.0)
    uniforms = executor.array("uniforms")
    uniforms[:] = np.random.default_rng(0).random(uniforms.shape, np.float32)
    if executor.header["labels"]:
        executor.array("labels")[:] = np.arange(_IMAGES) % executor.header["labels"]
    so_far = executor.peaks()
    executor.begin()
    for row in range(executor.header["height"]):
        executor.rows(row, 0, row + 1)
        peaks = so_far()
    return portable(model, peaks)
