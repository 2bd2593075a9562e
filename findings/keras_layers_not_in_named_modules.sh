#!/usr/bin/env bash
# keras 3.15.1 on its torch backend with torch 2.13.0 (CPU, Python 3.11), seen 2026-11-30.
#
# A Keras model is a `torch.nn.Module` there, but what `named_modules()` lists depends on how it was
# written: a subclassed model lists its layers, a functional or Sequential one lists none of them,
# though `parameters()` has all weights. Whatever walks the modules (to register hooks, to count, to
# prune, to audit) finds an empty network, without a word. Hooks on the layers themselves do fire.
#
# Output seen:
#   Sequential: parameters 4, layers among the modules 0 of 2
#   functional: parameters 4, layers among the modules 0 of 2
#   subclassed: parameters 4, layers among the modules 2 of 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet keras==3.15.1 torch==2.13.0
KERAS_BACKEND=torch "$folder/venv/bin/python" - <<'PY' | tee "$folder/seen"
import keras
import torch


def convolutions():
    return keras.layers.Conv2D(2, 3, padding="same"), keras.layers.Conv2D(1, 1)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.first, self.second = convolutions()

    def call(self, x):
        return self.second(self.first(x))


entry = keras.Input((6, 6, 1))
first, second = convolutions()
models = {
    "Sequential": keras.Sequential([keras.Input((6, 6, 1)), *convolutions()]),
    "functional": keras.Model(entry, second(first(entry))),
    "subclassed": Subclassed(),
}
for name, model in models.items():
    model(torch.zeros(1, 6, 6, 1))
    layers = [one for one in model.layers if isinstance(one, keras.layers.Conv2D)]
    listed = {id(module) for _, module in model.named_modules()}
    found = sum(id(layer) in listed for layer in layers)
    weights = len(list(model.parameters()))
    print(f"{name}: parameters {weights}, layers among the modules {found} of {len(layers)}")
PY
diff "$folder/seen" - <<'SEEN'
Sequential: parameters 4, layers among the modules 0 of 2
functional: parameters 4, layers among the modules 0 of 2
subclassed: parameters 4, layers among the modules 2 of 2
SEEN
