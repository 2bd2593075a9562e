"""The formula of sampling, and the loop that computes it, line by line."""

# The core of pixelcnn/sampling/reference.py. A test runs these lines.
LOOP = """\
for at in reading_order:  # every (..., row, column), left to right, top to bottom
    log_p = likelihood.level_log_probs(model(images, labels), images)[at]
    p = apply_temperature(log_p, temperature)
    images[at] = draw(p, uniforms[at])
"""


_FORMULAS = (
    "log p(xᵢ | x₁ … xᵢ₋₁)",
    "p(xᵢ | x₁ … xᵢ₋₁)¹ᐟᵀ",
    "∑ p > u   gives   xᵢ",
)


LINES = tuple(zip(_FORMULAS, map(str.strip, LOOP.splitlines()[1:]), strict=True))


FORMULA = r"p_T(x_i) \;\propto\; p(x_i \mid x_1, \ldots, x_{i-1})^{1/T}"
