"""The discretised mixture of logistics: a smooth distribution over many levels."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

LOWEST_LOG_SCALE, HIGHEST_LOG_SCALE = -7.0, 7.0
"""Log scales of the narrowest and the widest logistic, with all levels in [-1, 1]."""

_FIT_STEPS = 100


class DiscretizedLogisticMixture:
    """Logistic distributions discretised to one bin per level; outer bins reach to infinity.

    Each sub-pixel has, for each of the `components`, a weight logit, a mean and a log scale, in
    this order, and if `coupled`, two coefficients more. Levels are evenly spaced in [-1, 1], so a
    bin is 2 / (levels - 1) wide, and probabilities are exact for any number of levels.

    With `coupled`, the means of G depend linearly on R, and those of B on R and G; the weights of G
    and B are the posterior of R's given the earlier draws, so that all channels of a pixel come
    from one component.

    Source: Salimans et al. 2017, "PixelCNN++", sections 2.1 and 2.2. Deviations: G and B may adjust
    the weights by logits of their own (0 in the paper), since with colour masks they know more than
    R's; a log scale approaches its bounds smoothly instead of being clamped; instead of a special
    case where the difference of two sigmoids vanishes, it is computed as
    sigmoid(a) - sigmoid(b) = sigmoid(a) sigmoid(-b) (1 - exp(b - a)), exact at any distance.
    """

    def __init__(self, levels: int, components: int, *, coupled: bool) -> None:
        self.levels = levels
        self.components = components
        self.coupled = coupled
        self.parameters = components * (5 if coupled else 3)

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        weights, means, log_scales = self._mixture(parameters, images)
        return (weights + self._log_bin(images.unsqueeze(1), means, log_scales)).logsumexp(dim=1)

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        parts = [
            weights + self._log_bins(means, log_scales)
            for weights, means, log_scales in zip(
                *(each.split(1, dim=1) for each in self._mixture(parameters, images)), strict=True
            )
        ]
        return torch.stack(parts).logsumexp(dim=0)

    def component_log_weights(self, parameters: Tensor, images: Tensor) -> Tensor:
        """Log weight of each component, `(B, components, C, H, W)`, to draw them separately."""
        return self._mixture(parameters, images)[0]

    def bias_for(self, frequencies: Tensor) -> Tensor:
        """Fitted numerically, so many levels are matched only approximately."""
        k = self.components
        centres = torch.searchsorted(
            frequencies.cumsum(dim=0), (torch.arange(k, device=frequencies.device) + 0.5) / k
        )
        start = torch.zeros(self.parameters, device=frequencies.device)
        start[k : 2 * k] = self._value(centres.clamp(max=self.levels - 1), start.dtype)
        start[2 * k : 3 * k] = math.log(1 / k)
        fitted = start[: 3 * k].clone().requires_grad_()
        optimizer = torch.optim.LBFGS([fitted], max_iter=_FIT_STEPS, line_search_fn="strong_wolfe")
        single = DiscretizedLogisticMixture(self.levels, k, coupled=False)

        def cross_entropy() -> Tensor:
            optimizer.zero_grad()
            log_probs = single.level_log_probs(fitted.view(1, -1, 1, 1, 1), torch.zeros(1, 1, 1, 1))
            loss = -(frequencies * log_probs.flatten()).sum()
            loss.backward()
            return loss

        with torch.enable_grad():
            optimizer.step(cross_entropy)
        start[: 3 * k] = fitted.detach()
        return start

    def _value(self, levels: Tensor, dtype: torch.dtype) -> Tensor:
        """Levels on the axis from -1 to 1."""
        return levels.to(dtype) * (2 / (self.levels - 1)) - 1

    def _mixture(self, parameters: Tensor, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Log weights, means and log scales, `(B, components, C, H, W)` each."""
        logits, means, raw_scales, *coefficients = parameters.chunk(5 if self.coupled else 3, dim=1)
        log_scales = LOWEST_LOG_SCALE + F.softplus(raw_scales - LOWEST_LOG_SCALE)
        log_scales = HIGHEST_LOG_SCALE - F.softplus(HIGHEST_LOG_SCALE - log_scales)
        if not self.coupled:
            return logits.log_softmax(dim=1), means, log_scales
        x = self._value(images, means.dtype).unsqueeze(1)  # (B, 1, 3, H, W)
        first, second = (c.tanh() for c in coefficients)
        red, green = x[:, :, 0], x[:, :, 1]
        shifts = [torch.zeros_like(means[:, :, 0]), first[:, :, 1] * red]
        shifts.append(first[:, :, 2] * red + second[:, :, 2] * green)
        means = means + torch.stack(shifts, dim=2)
        drawn = self._log_bin(images.unsqueeze(1), means, log_scales)  # (B, components, 3, H, W)
        weights = [logits[:, :, 0].log_softmax(dim=1)]
        for channel in (1, 2):
            posterior = weights[-1] + drawn[:, :, channel - 1] + logits[:, :, channel]
            weights.append(posterior.log_softmax(dim=1))
        return torch.stack(weights, dim=2), means, log_scales

    def _log_bin(self, levels: Tensor, means: Tensor, log_scales: Tensor) -> Tensor:
        """Log-probability of each level's bin under a logistic; the shapes broadcast."""
        sharpness = torch.exp(-log_scales)
        upper = self._upper_edge(levels.to(means.dtype))
        lower = self._upper_edge(levels.to(means.dtype) - 1)
        below_upper = F.logsigmoid((upper - means) * sharpness)
        above_lower = F.logsigmoid((means - lower) * sharpness)
        inside = below_upper + above_lower + self._log_width(sharpness)
        lowest, highest = levels == 0, levels == self.levels - 1
        return torch.where(lowest, below_upper, torch.where(highest, above_lower, inside))

    def _log_bins(self, means: Tensor, log_scales: Tensor) -> Tensor:
        """`_log_bin` of every level; each bin edge is computed once.

        Args:
            means: `(B, 1, ...)`.
            log_scales: the same.

        Returns:
            `(B, levels, ...)`.
        """
        sharpness = torch.exp(-log_scales)
        levels = torch.arange(self.levels - 1, device=means.device, dtype=means.dtype)
        levels = levels.view(1, -1, *[1] * (means.dim() - 2))
        edges = (self._upper_edge(levels) - means) * sharpness  # (B, levels - 1, ...)
        tail = torch.log1p(torch.exp(-edges.abs()))
        below, above = edges.clamp(max=0) - tail, (-edges).clamp(max=0) - tail
        inside = below[:, 1:] + above[:, :-1] + self._log_width(sharpness)
        return torch.cat([below[:, :1], inside, above[:, -1:]], dim=1)

    def _upper_edge(self, levels: Tensor) -> Tensor:
        """The upper bin edges of these levels, given as floats, on the axis from -1 to 1."""
        return (2 * levels + 1) / (self.levels - 1) - 1

    def _log_width(self, sharpness: Tensor) -> Tensor:
        """The term of log(sigmoid(upper) - sigmoid(lower)) besides the two log-sigmoids."""
        return _log1mexp(2 / (self.levels - 1) * sharpness)


def _log1mexp(x: Tensor) -> Tensor:
    """log(1 - exp(-x)) for x > 0, accurate near 0 and far from it (Maechler 2012)."""
    near = x < math.log(2)
    # Each branch gets only arguments in its range, so that no NaN enters the gradient.
    small = torch.where(near, x, torch.ones_like(x))
    large = torch.where(near, torch.ones_like(x), x)
    return torch.where(near, torch.log(-torch.expm1(-small)), torch.log1p(-torch.exp(-large)))
