"""PixelCNNs of Keras 3, channels last, as its code example writes them; one of them leaks."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np


class MaskedConvolution(keras.layers.Layer):
    """Multiplies its kernel by a mask whenever it is called."""

    def __init__(self, mask_type: str, filters: int, size: int) -> None:
        super().__init__()
        self.mask_type = mask_type
        self.convolution = keras.layers.Conv2D(filters, size, padding="same", activation="relu")

    def build(self, shape):
        self.convolution.build(shape)
        rows, columns = self.convolution.kernel.shape[:2]
        self.mask = np.ones((rows, columns, 1, 1), "float32")
        self.mask[rows // 2 + 1 :] = 0
        self.mask[rows // 2, columns // 2 + (self.mask_type == "B") :] = 0

    def call(self, x):
        self.convolution.kernel.assign(self.convolution.kernel * self.mask)
        return self.convolution(x)


def good(first: str = "A") -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            MaskedConvolution(first, 6, 5),
            MaskedConvolution("B", 6, 3),
            keras.layers.Conv2D(1, 1, activation="sigmoid"),
        ]
    )


def leaking() -> keras.Model:
    return good("B")
