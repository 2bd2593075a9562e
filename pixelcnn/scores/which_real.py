"""The game "Which is real?": one of two images is drawn. A seed deals it, so it can be shared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelcnn.errors import ConfigError

ROUNDS = 12


@dataclass(frozen=True, eq=False)
class Deal:
    """The images and sides of all rounds.

    Attributes:
        real: indices of the real images, int64 `(rounds,)`, all different.
        sides: side of the real one: 0 left, 1 right, int64 `(rounds,)`.
    """

    real: NDArray[np.int64]
    sides: NDArray[np.int64]

    def laid_out(self, real: NDArray[np.uint8], drawn: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The images of all rounds, left and right: `(rounds, 2, C, H, W)`.

        Args:
            real: the real image of each round, uint8 `(rounds, C, H, W)`.
            drawn: the drawn one.
        """
        rounds = np.arange(len(self.sides))
        table = np.stack([drawn, drawn], axis=1)
        table[rounds, self.sides] = real
        return table


def deal(available: int, seed: int, rounds: int = ROUNDS) -> Deal:
    """Choose the real images and their sides.

    Raises:
        ConfigError: fewer real images than rounds.
    """
    if available < rounds:
        raise ConfigError(f"{rounds} rounds need as many real images, and there are {available}.")
    # numpy guarantees this stream, so that a shared address always means the same game.
    generator = np.random.RandomState(seed)
    chosen = generator.permutation(available)[:rounds].astype(np.int64)
    return Deal(chosen, generator.randint(0, 2, rounds).astype(np.int64))
