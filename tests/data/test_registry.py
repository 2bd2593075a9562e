"""The bundled data sets, and the conversion from grey values to levels."""

import hashlib

import hypothesis.strategies as st
import numpy as np
import pytest
import torch
from hypothesis import given
from torch import Tensor

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.data.levels import dequantize, draw_binary, draw_binary_once, quantize, resize
from pixelcnn.data.registry import data_names, describe, load_data
from pixelcnn.errors import ConfigError, DataError

any_levels = st.integers(2, 256)


@pytest.fixture(scope="module")
def greys() -> DataSet:
    return load_data("mnist5k", levels=256)


def fingerprint(images: Tensor) -> str:
    return hashlib.sha256(images.numpy().tobytes()).hexdigest()[:16]


def as_set(images: Tensor) -> set[bytes]:
    return {image.numpy().tobytes() for image in images}


# Levels


@given(levels=any_levels)
def test_every_level_survives_the_round_trip(levels: int) -> None:
    every = torch.arange(levels).to(torch.uint8)
    assert torch.equal(quantize(dequantize(every, levels), levels), every)


@given(levels=any_levels)
def test_levels_span_black_to_white_in_equal_bins(levels: int) -> None:
    quantized = quantize(torch.arange(256).to(torch.uint8), levels)
    counts = torch.bincount(quantized.long(), minlength=levels)
    assert len(counts) == levels
    assert int(counts.max() - counts.min()) <= 1
    assert torch.equal(quantized, quantized.sort().values)
    ends = torch.tensor([0, levels - 1], dtype=torch.uint8)
    assert dequantize(ends, levels).tolist() == [0, 255]


def test_two_levels_split_at_128_and_256_levels_change_nothing() -> None:
    assert quantize(torch.tensor([127, 128], dtype=torch.uint8), 2).tolist() == [0, 1]
    every = torch.arange(256).to(torch.uint8)
    assert torch.equal(quantize(every, 256), every)
    assert torch.equal(dequantize(every, 256), every)


@pytest.mark.parametrize("levels", [1, 0, -3, 257, 2.0, True, "2", None])
def test_levels_out_of_range_are_refused(levels: object) -> None:
    for function in (quantize, dequantize):
        with pytest.raises(ConfigError, match=r"levels = .* is not a whole number from 2 to 256"):
            function(torch.zeros(1, dtype=torch.uint8), levels)


def test_values_that_are_not_levels_are_refused() -> None:
    with pytest.raises(DataError, match="images must have values below levels = 4, not 4"):
        dequantize(torch.tensor([4], dtype=torch.uint8), 4)
    with pytest.raises(DataError, match="greys must be a uint8 tensor"):
        quantize(torch.zeros(3), 2)
    with pytest.raises(DataError, match="greys must be a uint8 tensor"):
        quantize(np.zeros(3, np.uint8), 2)


# Size


@given(
    value=st.integers(0, 255),
    side=st.integers(2, 40),
    size=st.integers(2, 64),
    channels=st.sampled_from([1, 3]),
)
def test_a_plain_image_stays_plain_at_any_size(
    value: int, side: int, size: int, channels: int
) -> None:
    images = torch.full((2, channels, side, side), value, dtype=torch.uint8)
    resized = resize(images, size)
    assert resized.dtype == torch.uint8
    assert torch.equal(resized, torch.full((2, channels, size, size), value, dtype=torch.uint8))


def test_half_the_size_is_the_mean_of_two_by_two_before_the_threshold(greys: DataSet) -> None:
    blocks = greys.train.images.numpy().reshape(-1, 1, 14, 2, 14, 2).astype(np.float64)
    means = blocks.mean((3, 5))
    data = load_data("mnist5k", size=14)
    clear = np.abs(means - 127.5) > 0.5
    assert data.train.images.shape == (4500, 1, 14, 14)
    assert np.array_equal(data.train.images.numpy()[clear], (means >= 128)[clear])


@pytest.mark.parametrize("size", [1, 0, 65, 14.0, "14", True])
def test_a_size_out_of_range_is_refused(size: object) -> None:
    with pytest.raises(ConfigError, match=r"size = .* is not a whole number from 2 to 64"):
        load_data("digits8x8", size=size)


# The bundled data sets


@pytest.mark.parametrize(
    ("name", "side", "train", "test"), [("mnist5k", 28, 4500, 500), ("digits8x8", 8, 1500, 297)]
)
@pytest.mark.parametrize("levels", [2, 3, 17, 256])
def test_bundled_data_are_levels_with_labels(
    name: str, side: int, train: int, test: int, levels: int
) -> None:
    data = load_data(name, levels=levels)
    assert (data.name, data.levels) == (name, levels)
    assert (data.channels, data.height, data.width, data.classes) == (1, side, side, 10)
    assert data.class_names == tuple("0123456789")
    for split, count in ((data.train, train), (data.test, test)):
        assert split.images.shape == (count, 1, side, side)
        assert split.images.dtype == torch.uint8
        assert split.images.unique().tolist() == list(range(levels)) or levels == 256
        assert split.labels.dtype == torch.int64
        assert split.labels.unique().tolist() == list(range(10))


def test_the_same_digits_are_always_held_out(greys: DataSet) -> None:
    # Published figures of the shipped models refer to these 500 and 297 images.
    assert fingerprint(greys.test.images) == "c7d8123bf7defcc0"
    assert fingerprint(load_data("digits8x8", levels=17).test.images) == "44f272acb3aae09e"


def test_training_and_held_out_digits_are_disjoint(greys: DataSet) -> None:
    train, test = as_set(greys.train.images), as_set(greys.test.images)
    assert len(train) == 4500
    assert len(test) == 500
    assert not train & test


def test_the_pixels_of_8x8_digits_keep_their_17_counts() -> None:
    from sklearn.datasets import load_digits

    data = load_data("digits8x8", levels=17)
    ours = as_set(torch.cat([data.train.images, data.test.images]))
    assert ours == as_set(torch.from_numpy(load_digits().images.astype(np.uint8)))


def test_every_name_has_one_line_and_says_whether_it_needs_a_download() -> None:
    assert data_names()[:2] == ["mnist5k", "digits8x8"]
    for name in data_names():
        described = describe(name)
        assert described.name == name
        assert described.text
        assert "\n" not in described.text
        bundled = ("mnist5k", "digits8x8", "coloured5k", "photographs")
        assert described.needs_download == (name not in bundled)


# Binarisation


def test_threshold_is_white_from_128_on(greys: DataSet) -> None:
    data = load_data("mnist5k", binarize="threshold")
    assert data.binarize == "threshold"
    assert torch.equal(data.train.images, (greys.train.images >= 128).to(torch.uint8))


def test_static_binarization_is_one_fixed_draw(greys: DataSet) -> None:
    once, again = load_data("mnist5k", binarize="static"), load_data("mnist5k", binarize="static")
    assert torch.equal(once.train.images, again.train.images)
    assert torch.equal(once.test.images, again.test.images)
    assert fingerprint(once.test.images) == "fed2c8207104e85c"
    _follows_the_greys(once.train.images, greys.train.images)
    _follows_the_greys(once.test.images, greys.test.images)


def test_dynamic_binarization_redraws_every_batch_but_not_the_held_out_images(
    greys: DataSet,
) -> None:
    data = load_data("mnist5k", binarize="dynamic")
    static = load_data("mnist5k", binarize="static")
    generator = torch.Generator().manual_seed(0)
    everything = torch.arange(4500)
    first, second = data.batch(everything, generator), data.batch(everything, generator)
    assert not torch.equal(first.images, second.images)
    assert torch.equal(first.labels, data.train.labels)
    _follows_the_greys(first.images, greys.train.images)
    assert torch.equal(data.train.images, static.train.images)
    assert torch.equal(data.test.images, static.test.images)
    repeated = data.batch(everything, torch.Generator().manual_seed(0))
    assert torch.equal(first.images, repeated.images)


def test_a_draw_is_white_as_often_as_the_grey_level_says() -> None:
    greys = torch.arange(256).to(torch.uint8).expand(20_000, 256)
    drawn = draw_binary(greys, torch.Generator().manual_seed(0)).double().mean(0)
    fixed = draw_binary_once(greys, 0).double().mean(0)
    expected = torch.arange(256).double() / 255
    for frequency in (drawn, fixed):
        assert torch.allclose(frequency, expected, atol=0.02)
        assert frequency[0] == 0
        assert frequency[255] == 1


def test_a_dynamic_batch_needs_a_generator() -> None:
    data = load_data("digits8x8", binarize="dynamic")
    with pytest.raises(ConfigError, match=r"generator must be a torch\.Generator"):
        data.batch(torch.arange(3))


def test_a_fixed_batch_is_the_indexed_images() -> None:
    data = load_data("digits8x8")
    indices = torch.tensor([7, 0, 7])
    images, labels = data.batch(indices)
    assert torch.equal(images, data.train.images[indices])
    assert torch.equal(labels, data.train.labels[indices])


@pytest.mark.parametrize("binarize", ["threshold", "dynamic", None])
def test_more_than_two_levels_record_no_binarization(binarize: str | None) -> None:
    data = load_data("digits8x8", levels=4, binarize=binarize)
    assert data.binarize is None
    assert torch.equal(data.batch(torch.arange(5)).images, data.train.images[:5])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"binarize": "round"}, "binarize must be one of threshold, static, dynamic, not 'round'"),
        ({"binarize": "round", "levels": 4}, "binarize must be one of"),
        ({"binarize": None}, "binarize must be one of"),
        ({"levels": 1}, "levels = 1 is not a whole number from 2 to 256"),
        ({"levels": 300}, "levels = 300 is not a whole number from 2 to 256"),
    ],
)
def test_invalid_options_are_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_data("digits8x8", **options)


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"name must be one of mnist5k, digits8x8.*'mnist5'"):
        load_data("mnist5")


# The user's own data


def test_a_data_set_refuses_invalid_images_and_labels() -> None:
    good = Split(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.tensor([0, 1]))
    names = ("a", "b")

    def build(split: Split, **options: object) -> DataSet:
        return DataSet("own", 2, "threshold", split, good, **{"class_names": names, **options})

    assert build(good).classes == 2
    wrong = [
        (good._replace(images=good.images.float()), "train images must be a uint8 tensor"),
        (good._replace(images=good.images[:, 0]), "train images must be a uint8 tensor"),
        (good._replace(images=good.images[:0]), "at least one image"),
        (good._replace(images=good.images + 2), "train images must have values below levels = 2"),
        (good._replace(images=good.images[:, :, 1:]), "one shape"),
        (good._replace(labels=torch.tensor([0, 2])), r"train labels must lie in 0\.\.1"),
        (good._replace(labels=torch.tensor([0])), r"int64 tensor \(2,\)"),
        (good._replace(labels=torch.tensor([0.0, 1.0])), "train labels must be an int64 tensor"),
    ]
    for split, message in wrong:
        with pytest.raises(DataError, match=message):
            build(split)
    with pytest.raises(DataError, match="greys must be given where binarize is 'dynamic'"):
        build(good, greys=good.images)


def _follows_the_greys(images: Tensor, greys: Tensor) -> None:
    """Black stays black, white stays white, and the mean agrees within four standard errors."""
    assert images.unique().tolist() == [0, 1]
    assert not images[greys == 0].any()
    assert images[greys == 255].all()
    chances = greys.double() / 255
    error = (chances * (1 - chances)).sum().sqrt()
    assert abs(images.double().sum() - chances.sum()) < 4 * error
