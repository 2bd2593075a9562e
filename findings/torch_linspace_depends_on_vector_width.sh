#!/usr/bin/env bash
# torch 2.13.0 (CPU, Python 3.11) on an x86-64 processor with AVX2, seen 2026-11-30.
#
# `torch.linspace` in float32 has other last bits with other vector instructions: the same call gives
# other numbers on a machine without AVX2 (here: `ATEN_CPU_CAPABILITY=default`, which a user may set).
# Position planes or quantisation grids that are made with it at start, rather than stored, then
# differ between machines, and with them every network that reads them. For a codec whose decoder
# must repeat the encoder's probabilities bit for bit that is another picture. Made in float64 and
# rounded to float32, the numbers are the same.
#
# Output seen (numbers of 28 that differ between the two):
#   float32: some differ, by at most one unit in the last place of 1
#   made in float64, then rounded: 0 differ
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
for width in default avx2; do
    ATEN_CPU_CAPABILITY=$width "$folder/venv/bin/python" - "$folder/$width" <<'PY'
import sys

import numpy as np
import torch

single = torch.linspace(-1, 1, 28)
rounded = torch.linspace(-1, 1, 28, dtype=torch.float64).float()
np.savez(sys.argv[1], single=single.numpy(), rounded=rounded.numpy())
PY
done
"$folder/venv/bin/python" - "$folder" <<'PY' | tee "$folder/seen"
import sys

import numpy as np

narrow, wide = (np.load(f"{sys.argv[1]}/{width}.npz") for width in ("default", "avx2"))
apart = np.abs(narrow["single"].astype(float) - wide["single"])
within = apart.max() <= np.finfo(np.float32).eps
some = "some differ" if apart.any() else "none differ"
print(f"float32: {some}, by at most one unit in the last place of 1" if within else "float32: far apart")
print(f"made in float64, then rounded: {int((narrow['rounded'] != wide['rounded']).sum())} differ")
PY
diff "$folder/seen" - <<'SEEN'
float32: some differ, by at most one unit in the last place of 1
made in float64, then rounded: 0 differ
SEEN
