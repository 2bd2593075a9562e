#!/usr/bin/env bash
# tensorflow-probability 0.25.0, tensorflow 2.21.0, tf_keras 2.21.0 (CPU, Python 3.11), seen 2026-11-30.
#
# tfp.distributions.PixelCNN states its masks as kernel constraints of its layers. A constraint is
# applied by the optimizer, after a step. So a fresh distribution, which `log_prob` and `sample`
# accept without a word, looks ahead everywhere: its "log-probabilities" are those of no distribution.
# After a single step of a Keras optimizer all forbidden dependences are gone.
#
# Output seen, on a 6 x 6 image (666 pairs of an output and a pixel that it must not see):
#   fresh network: 666 of 666
#   after one optimizer step: 0 of 666
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet tensorflow==2.21.0 tf_keras==2.21.0 tensorflow-probability==0.25.0
TF_CPP_MIN_LOG_LEVEL=3 "$folder/venv/bin/python" - <<'PY' | tee "$folder/seen"
import numpy as np
import tensorflow as tf
import tensorflow_probability as tfp
import tf_keras

SIZE = 6
PIXELS = SIZE * SIZE


def forbidden(network):
    """Pairs (changed pixel, output at it or before it) in which the output changes."""
    image = np.random.default_rng(0).uniform(-1, 1, (1, SIZE, SIZE, 1)).astype("float32")
    images = np.repeat(image, PIXELS + 1, axis=0)
    for pixel in range(PIXELS):
        images[pixel + 1, pixel // SIZE, pixel % SIZE, 0] += 0.7
    parts = [np.asarray(part) for part in network(images, training=False)]
    outputs = np.concatenate([part.reshape(len(images), PIXELS, -1) for part in parts], axis=-1)
    change = np.abs(outputs[1:] - outputs[:1]).max(axis=-1)
    seen = change > 2e-6 * np.abs(outputs[0]).max()
    return int(sum(seen[pixel, : pixel + 1].sum() for pixel in range(PIXELS)))


distribution = tfp.distributions.PixelCNN(
    image_shape=(SIZE, SIZE, 1), num_resnet=1, num_hierarchies=1, num_filters=4,
    num_logistic_mix=2, dropout_p=0.0, low=0, high=255,
)
allowed = sum(pixel + 1 for pixel in range(PIXELS))
print(f"fresh network: {forbidden(distribution.network)} of {allowed}")
image = tf_keras.layers.Input((SIZE, SIZE, 1))
log_prob = distribution.log_prob(image, training=True)
model = tf_keras.Model(image, log_prob)
model.add_loss(-tf.reduce_mean(log_prob))
model.compile(optimizer=tf_keras.optimizers.Adam(1e-3))
digits = np.random.default_rng(1).integers(0, 256, (8, SIZE, SIZE, 1)).astype("float32")
model.fit(digits, batch_size=8, epochs=1, verbose=0)
print(f"after one optimizer step: {forbidden(distribution.network)} of {allowed}")
PY
grep -qx "fresh network: 666 of 666" "$folder/seen"
grep -qx "after one optimizer step: 0 of 666" "$folder/seen"
