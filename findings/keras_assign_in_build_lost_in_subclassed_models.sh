#!/usr/bin/env bash
# keras 3.15.1 with tensorflow 2.21.0 (CPU, Python 3.11), seen 2026-11-30.
#
# A layer that masks its kernel once, by `kernel.assign(kernel * mask)` in `build`, is masked if it is
# called directly or stands in a functional or Sequential model. In a subclassed `keras.Model` whose
# first call builds it, the assignment is lost without a word: the kernel keeps its unmasked values,
# and a PixelCNN written this way looks ahead.
#
# Output seen (the mask is all zeros, so 0.0 is right):
#   called directly: 0.0
#   functional: 0.0
#   Sequential: 0.0
#   subclassed: not masked
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 tensorflow==2.21.0
KERAS_BACKEND=tensorflow TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PY' | tee "$folder/seen"
import keras
import numpy as np


class Masked(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.convolution = keras.layers.Conv2D(2, 3, padding="same")

    def build(self, shape):
        self.convolution.build(shape)
        self.convolution.kernel.assign(self.convolution.kernel * 0.0)

    def call(self, x):
        return self.convolution(x)


class Network(keras.Model):
    def __init__(self):
        super().__init__()
        self.masked = Masked()

    def call(self, x):
        return self.masked(x)


def largest(layer):
    return float(np.abs(layer.convolution.kernel.numpy()).max())


image = np.random.default_rng(0).random((1, 4, 4, 1)).astype("float32")
direct = Masked()
direct(image)
print("called directly:", largest(direct))
entry = keras.Input((4, 4, 1))
functional = Masked()
keras.Model(entry, functional(entry))
print("functional:", largest(functional))
sequential = keras.Sequential([keras.Input((4, 4, 1)), Masked()])
print("Sequential:", largest(sequential.layers[0]))
network = Network()
network(image)
print("subclassed:", "masked" if largest(network.masked) == 0 else "not masked")
PY
grep -qx "called directly: 0.0" "$folder/seen"
grep -qx "functional: 0.0" "$folder/seen"
grep -qx "Sequential: 0.0" "$folder/seen"
grep -qx "subclassed: not masked" "$folder/seen"
