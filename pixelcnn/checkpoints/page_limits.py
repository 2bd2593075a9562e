"""Which models the pages take: an estimate from the header, before anything is built."""

from __future__ import annotations

import math

from pixelcnn.checkpoints.header import Header
from pixelcnn.errors import CheckpointError

MAX_SUB_PIXELS = 3 * 32 * 32
MAX_TENSORS = 1500
MAX_PRODUCTS = 2e10
"""Weights times pixels: about the multiplications of one look at an image. A page repeats it."""


def check_for_pages(header: Header, name: str) -> None:
    """Raise unless a page can work with this model in a few seconds.

    The pages keep, for every pixel, which pixels it sees: the square of the image's size. Building
    and auditing a network takes time for each of its layers, drawing for each of its weights.

    Args:
        header: of a checkpoint, its options checked.
        name: of the model, for the message.

    Raises:
        CheckpointError: the model is too large for the pages; the message says in what.
    """
    shape = (header.config["channels"], header.config["height"], header.config["width"])
    sub_pixels = math.prod(shape)
    products = header.parameters * sub_pixels // shape[0]
    for amount, most, what in (
        (sub_pixels, MAX_SUB_PIXELS, "draws pictures of {:,} values, and the pages take {:,}"),
        (len(header.shapes), MAX_TENSORS, "has {:,} tensors of weights, and the pages take {:,}"),
        (products, MAX_PRODUCTS, "needs {:,} products for one picture, and the pages take {:,.0f}"),
    ):
        if amount > most:
            raise CheckpointError(
                f"{name} is too large for the pages: it {what.format(amount, most)} at most. The "
                "command line takes any size, for example python -m pixelcnn audit FILE."
            )
