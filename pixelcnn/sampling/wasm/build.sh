#!/bin/sh
# Builds executor.wasm: the same bytes on every machine with the same compiler.
# Needs ziglang 0.17.1 (`pip install ziglang==0.17.1`) in the Python that $PYTHON names.
set -e
cd "$(dirname "$0")/source"
exports=""
for name in mark release reserve check prepare images known uniforms log_probs outputs labels options begin rows \
    apply apply_double peaks size_of_image save load \
    coder start_coder code_number code_answer coded taken_from finish_coder decode encode; do
    exports="$exports -Wl,--export=$name"
done
# shellcheck disable=SC2086
"${PYTHON:-python}" -m ziglang cc -target wasm32-freestanding -mcpu=mvp+simd128+bulk_memory+sign_ext+nontrapping_fptoint \
    -O3 -ffp-contract=off -fno-math-errno -fno-strict-aliasing -fno-sanitize=all -nostdlib -Wall -Wextra -Wno-sign-compare \
    -Wl,--no-entry $exports -Wl,-s executor.c -o "${OUT:-../executor.wasm}"
