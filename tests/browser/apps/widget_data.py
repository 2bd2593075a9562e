"""Made-up digits and distributions for the widget apps: no data set, no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.uint8]

# Each digit is a polyline in a unit box, (x, y) with y downwards.
_STROKES = {
    0: [(0.5, 0.1), (0.75, 0.25), (0.78, 0.6), (0.5, 0.9), (0.25, 0.65), (0.25, 0.3), (0.5, 0.1)],
    1: [(0.35, 0.3), (0.55, 0.1), (0.5, 0.9)],
    2: [(0.25, 0.3), (0.45, 0.1), (0.72, 0.25), (0.6, 0.5), (0.25, 0.88), (0.78, 0.86)],
    3: [(0.28, 0.15), (0.65, 0.15), (0.45, 0.45), (0.72, 0.65), (0.55, 0.88), (0.25, 0.82)],
    4: [(0.6, 0.1), (0.25, 0.6), (0.8, 0.58), (0.62, 0.4), (0.58, 0.92)],
    5: [(0.75, 0.12), (0.35, 0.12), (0.32, 0.45), (0.7, 0.55), (0.62, 0.85), (0.25, 0.85)],
    6: [(0.65, 0.1), (0.35, 0.45), (0.3, 0.75), (0.55, 0.9), (0.7, 0.68), (0.35, 0.62)],
    7: [(0.22, 0.15), (0.78, 0.14), (0.45, 0.9)],
    8: [(0.5, 0.48), (0.3, 0.28), (0.5, 0.1), (0.7, 0.28), (0.3, 0.7), (0.5, 0.9), (0.72, 0.7),
        (0.5, 0.48)],
    9: [(0.7, 0.35), (0.4, 0.5), (0.3, 0.25), (0.6, 0.12), (0.7, 0.35), (0.6, 0.9)],
}  # fmt: skip


@dataclass(frozen=True)
class Samples:
    """What a sampler would hand to the player, for two levels."""

    images: Array
    probabilities: Array
    entropy: npt.NDArray[np.float32]
    log_prob: npt.NDArray[np.float32]
    uniforms: npt.NDArray[np.float32]


def grey_digits(n: int, size: int = 28, seed: int = 0) -> npt.NDArray[np.float32]:
    """(n, 1, size, size) in 0..1: the digits 0 to 9 in turn, each written a little differently."""
    return np.stack(
        [_written(index % 10, size, np.random.default_rng([seed, index])) for index in range(n)]
    )[:, None]


def levels_of(grey: npt.NDArray[np.float32], levels: int) -> Array:
    return (grey * (levels - 1)).round().astype(np.uint8)


def samples(n: int, size: int = 28, seed: int = 0) -> Samples:
    """Two-level samples whose random numbers explain every choice."""
    generator = np.random.default_rng(seed)
    grey = grey_digits(n, size, seed)
    images = levels_of(grey, 2)
    ink = np.clip(0.03 + 0.94 * grey, 0.03, 0.97)
    share = generator.random(ink.shape)
    uniforms = np.where(images == 1, 1 - ink + ink * share, (1 - ink) * share)
    chosen = np.where(images == 1, ink, 1 - ink)
    entropy = -(ink * np.log2(ink) + (1 - ink) * np.log2(1 - ink))
    return Samples(
        images=images,
        probabilities=(ink * 255).round().astype(np.uint8)[:, None],
        entropy=entropy.astype(np.float32),
        log_prob=np.log(chosen).astype(np.float32),
        uniforms=uniforms.astype(np.float32),
    )


def plain_reach(size: int = 28, layers: int = 7, mask: str = "A") -> list[npt.NDArray[np.bool_]]:
    """The exact reach of a 7x7 masked layer and then 3x3 masked ones, after each layer."""
    return _grown(size, _raster_offsets(7, mask), _raster_offsets(3, "B"), layers)


def two_stack_reach(size: int = 28, layers: int = 7) -> list[npt.NDArray[np.bool_]]:
    """As the gated net's two stacks reach: a block of the rows above, and the row to the left."""
    rows, columns = np.mgrid[:size, :size]
    relations = []
    for depth in range(layers + 1):
        radius = 3 + depth
        down = rows[:, :, None, None] - rows
        across = np.abs(columns[:, :, None, None] - columns)
        above = (down >= 1) & (down <= radius) & (across <= radius + 3)
        left = (down == 0) & (columns < columns[:, :, None, None]) & (across <= radius)
        relations.append(above | left)
    return relations


def _grown(
    size: int,
    first: list[tuple[int, int]],
    later: list[tuple[int, int]],
    layers: int,
) -> list[npt.NDArray[np.bool_]]:
    seen = np.zeros((size, size, size, size), bool)
    for row in range(size):
        for column in range(size):
            for down, across in first:
                if 0 <= row + down < size and 0 <= column + across < size:
                    seen[row, column, row + down, column + across] = True
    relations = [seen]
    for _ in range(layers):
        wider = np.zeros_like(seen)
        for down, across in later:
            wider |= _shifted(seen, down, across)
        seen = wider
        relations.append(seen)
    return relations


def _shifted(seen: npt.NDArray[np.bool_], down: int, across: int) -> npt.NDArray[np.bool_]:
    """What the neighbour at (down, across) has seen, for every target that has one."""
    size = len(seen)
    moved = np.zeros_like(seen)
    to_rows = slice(max(0, -down), min(size, size - down))
    from_rows = slice(max(0, down), min(size, size + down))
    to_columns = slice(max(0, -across), min(size, size - across))
    from_columns = slice(max(0, across), min(size, size + across))
    moved[to_rows, to_columns] = seen[from_rows, from_columns]
    return moved


def _raster_offsets(kernel: int, mask: str) -> list[tuple[int, int]]:
    half = kernel // 2
    offsets = [(d, a) for d in range(-half, half + 1) for a in range(-half, half + 1)]
    return [offset for offset in offsets if offset < (0, 0) or (mask == "B" and offset == (0, 0))]


def _written(digit: int, size: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    points = np.array(_STROKES[digit]) + generator.normal(0, 0.02, (len(_STROKES[digit]), 2))
    points[:, 0] += generator.normal(0, 0.12) * (0.5 - points[:, 1])
    points = 0.14 + 0.72 * _smoothed(points)
    thickness = generator.uniform(0.035, 0.055)
    rows, columns = (np.mgrid[:size, :size] + 0.5) / size
    distance = np.full((size, size), np.inf)
    for x, y in points:
        distance = np.minimum(distance, np.hypot(columns - x, rows - y))
    edge = 0.7 / size
    return np.clip((thickness + edge - distance) / (2 * edge), 0, 1).astype(np.float32)


def _smoothed(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """A dense curve near the polyline: corners cut three times, then 200 points along it."""
    for _ in range(3):
        ahead, behind = points[:-1], points[1:]
        cut = np.stack([0.75 * ahead + 0.25 * behind, 0.25 * ahead + 0.75 * behind], 1)
        points = np.vstack([points[:1], cut.reshape(-1, 2), points[-1:]])
    along = np.linspace(0, len(points) - 1, 200)
    steps = np.arange(len(points))
    return np.stack([np.interp(along, steps, points[:, axis]) for axis in (0, 1)], 1)
