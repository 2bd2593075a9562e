"""From a photograph, a scan or a drawing to its ink: 1 for ink, 0 for paper, whatever the light.

Paper is seldom evenly lit, so its brightness is estimated at each place, by a smooth surface
through what is not ink. How much darker (or, with chalk, lighter) a pixel is than its paper is the
strength of its ink. A shadow with an edge would be ink by that measure; but it is wider than any
stroke, so that a morphological closing tells them apart. Where ink begins is decided by Otsu's
threshold of the strength.

Source: Otsu, "A Threshold Selection Method from Gray-Level Histograms", 1979, in scikit-image's
version. Sauvola's threshold was tried too, and takes the darker side of a shadow's edge for ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.filters import threshold_otsu

from pixelcnn.pictures.limits import LIMITS
from pixelcnn.pictures.resampling import resampled

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_BLACK = 0.05  # brightness of paper, below which noise would count as ink
FAINTEST = 0.1  # strength of ink: whatever is fainter is paper
_SURFACE_SIDE = 48  # on which the light is looked at
_SHADOWS_FROM = 128  # pixels a side: smaller pictures are no photographs
_SHADOWS_SIDE = 256
_WINDOW = 0.25  # of the side: of the closing; wider than any stroke
_RING = 0.08  # of the side: the edge, where there is paper
_STROKE_COUNTS = 1.2  # how much thin strokes tell of what is ink, against the edge's 1
_ALONG_THE_EDGE = 0.08  # of the edge: what touches more of it is a table, or a shadow
_CUT_OFF = 0.3  # of the largest stroke inside: what is smaller at the edge is no drawing
_FULL = 0.7  # strength of ink that need not be stretched
_SPECK = 0.004  # of the largest stroke: what is smaller is dust


@dataclass(frozen=True, eq=False)
class Ink:
    """The ink of one picture.

    Attributes:
        strength: float32 `(H, W)`: 0 for paper, 1 for full ink.
        light: whether the ink is lighter than its paper.
        sure: how clearly the picture itself says which of the two is ink; 0 is undecided, 1 clear.
    """

    strength: Floats
    light: bool
    sure: float

    @property
    def blank(self) -> bool:
        """Whether there is no ink at all."""
        return not self.strength.any()


def ink_of(grey: Floats, *, light: bool | None = None, tidy: bool = True) -> Ink:
    """The ink of a picture on paper of any brightness, evenly lit or not.

    Args:
        grey: float32 `(H, W)`, 0 for black to 1 for white.
        light: whether the ink is lighter than its paper; None to find out, from the edge of the
            picture and from which of the two has thin strokes.
        tidy: take away what is no drawing: dust, and what lies along the edge, such as a table.
    """
    small = resampled(grey, *_fitting(grey.shape, _SURFACE_SIDE))
    found, sure = _polarity(small)
    against = light is not None and light != found
    light = found if light is None else light
    dark_ink, small = (1 - grey, 1 - small) if light else (grey, small)
    strength = _against_the_edge(dark_ink, small) if against else _strength(dark_ink, small)
    mask, full = _mask(strength, noisy=not against)
    drawn = _tidied(mask) if tidy else mask
    if not drawn.any():
        return Ink(np.zeros_like(grey), light, sure)
    if max(grey.shape) <= LIMITS.side and np.median(strength) == 0 and full > _FULL:
        # Even paper and full ink, at a size that a network may get: its greys are exact.
        nothing = ndimage.binary_dilation(mask & ~drawn) & ~drawn
        return Ink(np.where(nothing, np.float32(0), strength), light, sure)
    # A pixel around the strokes keeps their soft edge.
    near = ndimage.binary_dilation(drawn, iterations=1 if max(grey.shape) < _SHADOWS_FROM else 2)
    soft = np.where(near, np.clip(strength / np.float32(full), 0, 1), np.float32(0))
    return Ink(soft, light, sure)


# ---------------------------------------------------------------- which of the two is ink


def _polarity(small: Floats) -> tuple[bool, float]:
    """Whether the ink is light, and how sure that is."""
    ring = _ring(small.shape)
    level = small - _surface(small, ring)
    if np.ptp(level) < FAINTEST / 2:
        return False, 0.0
    bright = level > threshold_otsu(level)
    edge = 2 * float(bright[ring].mean()) - 1  # 1: the edge is bright, so the ink is dark
    thin = np.tanh(np.log(_thickness(bright) / _thickness(~bright)))
    says_dark = edge + _STROKE_COUNTS * float(thin)
    return says_dark < 0, min(1.0, abs(says_dark))


def _thickness(mask: Mask) -> float:
    """Mean distance from a pixel of the mask to its end, where the picture's edge is none."""
    padded = np.pad(mask, max(mask.shape) // 4, mode="edge")
    return float(ndimage.distance_transform_edt(padded)[padded].mean()) if mask.any() else 1e3


def _ring(shape: tuple[int, ...]) -> Mask:
    width = max(1, round(min(shape) * _RING))
    ring = np.ones(shape, bool)
    ring[width:-width, width:-width] = False
    return ring


# ---------------------------------------------------------------- how strong the ink is


def _strength(dark_ink: Floats, small: Floats) -> Floats:
    """How much darker each pixel is than its paper, as a share of the paper's brightness."""
    window = max(3, round(0.45 * min(small.shape)) | 1)
    paper = ndimage.percentile_filter(small, 80, size=window, mode="nearest")
    level = (paper - small) / np.maximum(paper, 0.05)
    is_paper = level < max(FAINTEST, threshold_otsu(level) if np.ptp(level) else 1.0)
    surface = _surface(small, is_paper)
    if surface.std() < 1e-6:
        paper_here = np.full_like(dark_ink, surface.flat[0])
    else:
        paper_here = resampled(surface, *dark_ink.shape)
    strength = _darker(paper_here, dark_ink)
    if min(dark_ink.shape) < _SHADOWS_FROM:
        return strength
    return np.minimum(strength, _out_of_shadows(dark_ink))


def _against_the_edge(dark_ink: Floats, small: Floats) -> Floats:
    """The same where somebody says that what lies around is ink: the paper is what is brightest."""
    return _darker(np.full_like(dark_ink, np.quantile(small, 0.98)), dark_ink)


def _darker(paper: Floats, dark_ink: Floats) -> Floats:
    """By which share of the paper's brightness a pixel is darker; on black paper none is."""
    share = np.maximum(0, paper - dark_ink) / np.maximum(paper, np.float32(_BLACK))
    return np.asarray(share, np.float32)


def _surface(small: Floats, where: Mask) -> Floats:
    """A smooth surface of degree three through the pixels of a mask, whatever a few of them say."""
    values = small[where].astype(np.float64)
    middle = np.median(values)
    if np.median(np.abs(values - middle)) < 1 / 512:  # even paper: as exact as the picture
        return np.full_like(small, middle)
    rows, columns = (np.linspace(-1, 1, side) for side in small.shape)
    y, x = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    terms = np.stack([x**i * y**j for i in range(4) for j in range(4 - i)], axis=1)
    chosen = terms[where.ravel()]
    weights = np.ones(len(values))
    ridge = 1e-6 * np.eye(terms.shape[1])  # fewer pixels than terms still have a solution
    for _ in range(6):
        weighed = chosen * weights[:, None]
        solution = np.linalg.solve(weighed.T @ chosen + ridge, weighed.T @ values)
        distance = np.abs(values - chosen @ solution)
        scale = max(1.5 * float(np.median(distance)), 1 / 255)
        weights = 1 / (1 + (distance / scale) ** 2) ** 2
    return (terms @ solution).reshape(small.shape).astype(np.float32)


# ---------------------------------------------------------------- where there is ink


def _mask(strength: Floats, noisy: bool) -> tuple[Mask, float]:
    """Where there is ink, bool `(H, W)`, and the strength of full ink.

    Args:
        strength: see `_strength`.
        noisy: whether what is no stronger than noise is none.
    """
    nothing = np.zeros(strength.shape, bool), 1.0
    if strength.max() < FAINTEST:
        return nothing
    limit = max(FAINTEST, float(threshold_otsu(strength)))
    mask = strength >= limit
    if not mask.any():
        return nothing
    paper = strength[~mask]
    noise = 1.5 * float(np.median(np.abs(paper - np.median(paper)))) if paper.size else 0.0
    full = float(np.quantile(strength[mask], 0.7))
    if noisy and full - float(np.median(paper) if paper.size else 0.0) < max(FAINTEST, 5 * noise):
        return nothing
    return mask, full


def _out_of_shadows(dark_ink: Floats) -> Floats:
    """How much darker each pixel is than what lies beyond the stroke that it may belong to.

    A closing fills whatever is narrower than its window, as strokes are, and leaves the sharp edge
    of a shadow where it is.
    """
    small = resampled(dark_ink, *_fitting(dark_ink.shape, _SHADOWS_SIDE))
    window = round(_WINDOW * min(small.shape)) | 1
    closed = ndimage.grey_closing(small, size=window, mode="nearest")
    # What is enlarged is soft at an edge: the darker side's paper counts on both.
    paper = resampled(ndimage.minimum_filter(closed, 3), *dark_ink.shape)
    return _darker(paper, dark_ink)


def _tidied(mask: Mask) -> Mask:
    """Without dust, and without what lies along the edge where there is something else."""
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    if count < 2:
        return mask
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    keep = sizes >= _SPECK * sizes.max()
    edge = np.concatenate([parts[0], parts[-1], parts[1:-1, 0], parts[1:-1, -1]])
    touching = np.bincount(edge, minlength=count + 1)
    along = touching > _ALONG_THE_EDGE * len(edge)
    inside = sizes * (keep & ~along)
    if inside.max() > _SPECK * mask.size / 4:
        whole = (sizes * (touching == 0)).max()
        keep = (inside >= _SPECK * inside.max()) & ((touching == 0) | (inside >= _CUT_OFF * whole))
    keep[0] = False
    kept: Mask = keep[parts]
    return kept


def _fitting(shape: tuple[int, ...], side: int) -> tuple[int, int]:
    """The shape with its longer side at most `side`."""
    factor = min(1.0, side / max(shape))
    return max(1, round(shape[0] * factor)), max(1, round(shape[1] * factor))
