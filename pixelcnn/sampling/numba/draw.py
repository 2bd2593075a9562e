"""Compiled likelihoods: draw a level from the network's parameters, in plain loops."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from pixelcnn.nn.logistic_mixture import HIGHEST_LOG_SCALE, LOWEST_LOG_SCALE
from pixelcnn.sampling.likelihood_kinds import BERNOULLI, CATEGORICAL, COUPLED_MIXTURE


@njit(nogil=True, error_model="numpy")
def _log_sigmoid(x):  # type: ignore[no-untyped-def]
    return min(x, 0.0) - math.log1p(math.exp(-abs(x)))


@njit(nogil=True, error_model="numpy")
def _softplus(x):  # type: ignore[no-untyped-def]
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


@njit(nogil=True, error_model="numpy")
def _log_bin(level, levels, mean, log_scale):  # type: ignore[no-untyped-def]
    """As `DiscretizedLogisticMixture._log_bin`."""
    half = 1.0 / (levels - 1)
    sharpness = math.exp(-log_scale)
    distance = level * 2.0 * half - 1.0 - mean
    if level == 0:
        return _log_sigmoid((distance + half) * sharpness)
    if level == levels - 1:
        return _log_sigmoid((half - distance) * sharpness)
    inside = math.log(-math.expm1(-2.0 * half * sharpness))
    return (
        _log_sigmoid((distance + half) * sharpness)
        + _log_sigmoid((half - distance) * sharpness)
        + inside
    )


@njit(nogil=True, error_model="numpy")
def _log_bins(log_weight, mean, log_scale, result):  # type: ignore[no-untyped-def]
    """`log_weight` + `_log_bin` of every level; each bin edge is computed once."""
    levels = result.size
    half = 1.0 / (levels - 1)
    sharpness = math.exp(-log_scale)
    inside = math.log(-math.expm1(-2.0 * half * sharpness))
    above = log_weight
    for level in range(levels - 1):
        edge = ((2 * level + 1) * half - 1.0 - mean) * sharpness
        tail = math.log1p(math.exp(-abs(edge)))
        below = min(edge, 0.0) - tail
        result[level] = above + below
        above = log_weight + min(-edge, 0.0) - tail + inside
    result[levels - 1] = above - inside


@njit(nogil=True, error_model="numpy")
def _mixture(memory, start, parameters, coupled, pixel, colour, levels, weights, means, scales):  # type: ignore[no-untyped-def]
    """Log weights, means and log scales of one sub-pixel's components."""
    count = parameters // (5 if coupled else 3)
    for c in range(colour + 1) if coupled else range(colour, colour + 1):
        place = start + c * parameters
        highest = -1e300
        for k in range(count):
            if coupled and c > 0:
                # The colour before tells how likely each component is.
                weights[k] += _log_bin(pixel[c - 1], levels, means[k], scales[k])
                weights[k] += memory[place + k]
            else:
                weights[k] = memory[place + k]
            highest = max(highest, weights[k])
        total = 0.0
        for k in range(count):
            total += math.exp(weights[k] - highest)
        for k in range(count):
            weights[k] -= highest + math.log(total)
            means[k] = memory[place + count + k]
            raw = memory[place + 2 * count + k]
            above = LOWEST_LOG_SCALE + _softplus(raw - LOWEST_LOG_SCALE)
            scales[k] = HIGHEST_LOG_SCALE - _softplus(HIGHEST_LOG_SCALE - above)
            if coupled and c > 0:
                red = pixel[0] * 2.0 / (levels - 1) - 1.0
                means[k] += math.tanh(memory[place + 3 * count + k]) * red
            if coupled and c > 1:
                green = pixel[1] * 2.0 / (levels - 1) - 1.0
                means[k] += math.tanh(memory[place + 4 * count + k]) * green
    return count


@njit(nogil=True, error_model="numpy")
def level_log_probs(memory, start, kind, parameters, pixel, colour, result):  # type: ignore[no-untyped-def]
    """Log-probability of every level of a sub-pixel, up to a constant.

    Args:
        memory, start: the parameters of the pixel's first colour begin at `memory[start]`.
        kind: see `likelihood_kind`.
        parameters: number of parameters per sub-pixel.
        pixel: uint8 (colours,): the levels of the pixel; those before `colour` are read.
        colour: index of the sub-pixel.
        result: float64 (levels,), written.
    """
    levels = result.size
    place = start + colour * parameters
    if kind == BERNOULLI:
        result[0], result[1] = 0.0, memory[place]
    elif kind == CATEGORICAL:
        for level in range(levels):
            result[level] = memory[place + level]
    else:
        weights, means, scales = np.empty((3, parameters))
        count = _mixture(memory, start, parameters, kind == COUPLED_MIXTURE, pixel, colour, levels,
                         weights, means, scales)  # fmt: skip
        parts = np.empty((count, levels))
        for k in range(count):
            _log_bins(weights[k], means[k], scales[k], parts[k])
        for level in range(levels):
            highest = parts[:, level].max()
            total = 0.0
            for k in range(count):
                total += math.exp(parts[k, level] - highest)
            result[level] = highest + math.log(total)


@njit(nogil=True, error_model="numpy")
def draw(log_probs, temperature, uniform):  # type: ignore[no-untyped-def]
    """The level at which the cumulative distribution first exceeds the uniform number."""
    levels = log_probs.size
    if temperature == 0:
        return np.argmax(log_probs)
    highest = log_probs.max()
    total = 0.0
    for level in range(levels):
        log_probs[level] = math.exp((log_probs[level] - highest) / temperature)
        total += log_probs[level]
    reached = 0.0
    for level in range(levels - 1):
        reached += log_probs[level]
        if reached > uniform * total:
            return level
    return levels - 1


@njit(nogil=True, error_model="numpy")
def draw_from_mixture(memory, start, kind, parameters, pixel, colour, levels, uniform):  # type: ignore[no-untyped-def]
    """As `draw` for a mixture at temperature 1, without the probability of every level.

    A logistic's bins up to a level sum to one sigmoid, so bisection finds the level with 8 sums
    over the components for 256 levels.
    """
    weights, means, scales = np.empty((3, parameters))
    count = _mixture(memory, start, parameters, kind == COUPLED_MIXTURE, pixel, colour, levels,
                     weights, means, scales)  # fmt: skip
    half = 1.0 / (levels - 1)
    low, high = 0, levels - 1
    while low < high:
        middle = (low + high) // 2
        reached = 0.0
        for k in range(count):
            distance = (2 * middle + 1) * half - 1.0 - means[k]
            reached += math.exp(weights[k] + _log_sigmoid(distance * math.exp(-scales[k])))
        if reached > uniform:
            high = middle
        else:
            low = middle + 1
    return low


@njit(nogil=True, error_model="numpy")
def log_prob(log_probs, level):  # type: ignore[no-untyped-def]
    """Log-probability of a level in nats, from unnormalised log-probabilities of all levels."""
    highest = log_probs.max()
    total = 0.0
    for other in range(log_probs.size):
        total += math.exp(log_probs[other] - highest)
    return log_probs[level] - highest - math.log(total)
