"""Patches of two photographs: natural images without a network."""

import torch

from pixelcnn.data.photographs import SIZE, patches
from pixelcnn.data.registry import load_data


def test_patches_are_coloured_from_both_photographs_and_half_are_mirrored() -> None:
    data = load_data("photographs", levels=256)
    images, labels = data.train
    assert images.shape == (19800, 3, 16, 16)
    assert len(data.test.images) == 1700
    assert labels.bincount().tolist() == [9900, 9900]
    # The flower is orange.
    red, _, blue = images[labels == 1].float().mean((0, 2, 3))
    assert red > 1.3 * blue
    first = images[labels == 0]
    assert torch.equal(first[: len(first) // 2], first[len(first) // 2 :].flip(-1))


def test_training_and_held_out_patches_share_no_pixel() -> None:
    rows, columns = 80, 160
    numbered = torch.arange(columns).div(2, rounding_mode="floor").byte().repeat(3, rows, 1)
    train, test = patches(numbered)
    assert train.shape[1:] == test.shape[1:] == (3, SIZE, SIZE)
    assert not set(train.unique().tolist()) & set(test.unique().tolist())
