"""Every engine draws the reference's images from the same uniform numbers."""

from __future__ import annotations

import copy
import os

import pytest
import torch
from hypothesis import given, settings, strategies as st
from torch import Tensor

from pixelcnn.errors import ConfigError, DataError
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.registry import build_model, model_names
from pixelcnn.nn.layers import MaskedConv2d
from pixelcnn.nn.likelihoods import apply_temperature
from pixelcnn.sampling.drawing import sample
from pixelcnn.sampling.editable import EditableSamples
from pixelcnn.sampling.engines import TracingEngine, engine_names, make_engine, tile_engine
from pixelcnn.sampling.reference import guided_log_probs
from pixelcnn.sampling.request import SampleOptions, SamplingCancelled, make_request
from pixelcnn.sampling.trace import trace_of

FAST = [name for name in engine_names() if name != "reference"]
BOUNDARY = 1e-5


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compile the loop before hypothesis times any test."""
    from pixelcnn.sampling.engines import warm_up

    warm_up()


def shaken(model: AutoregressiveModel, seed: int) -> AutoregressiveModel:
    """The model with random biases, so that nothing starts at zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return model.eval()


def assert_same_images(
    model: AutoregressiveModel,
    expected: Tensor,
    drawn: Tensor,
    uniforms: Tensor,
    labels: Tensor | None,
    temperature: float,
    guidance: float = 0.0,
) -> None:
    """Images are equal, or diverge at a draw whose uniform number is at a threshold."""
    channels = expected.shape[1]
    for index in (expected != drawn).flatten(1).any(dim=1).nonzero().flatten().tolist():
        single = expected[index : index + 1]
        label = None if labels is None else labels[index : index + 1]
        with torch.no_grad():
            log_probs = guided_log_probs(model, single, label, guidance)
        bounds = apply_temperature(log_probs, temperature).cumsum(dim=1)[0]  # (levels, C, H, W)
        first = (single[0] != drawn[index]).permute(1, 2, 0).flatten().nonzero()[0].item()
        pixel, channel = divmod(int(first), channels)
        row, column = divmod(pixel, expected.shape[3])
        distance = (bounds[:, channel, row, column] - uniforms[index, channel, row, column]).abs()
        logits_tie = temperature == 0 and log_probs[0, :, channel, row, column].topk(2)[0].diff()
        assert distance.min() < BOUNDARY or abs(float(logits_tie)) < BOUNDARY, (
            f"image {index} differs at row {row}, column {column}, channel {channel}, and the "
            f"uniform number is {distance.min():.2e} away from the nearest boundary"
        )


def special_options(draw: st.DrawFn, name: str, channels: int) -> dict[str, object]:
    """Options of one architecture that affect its program."""
    if name == "pixelcnn":
        return {
            "block": draw(st.sampled_from(["plain", "bottleneck", "single"])),
            "norm": draw(st.sampled_from(["none", "layer"])),
            "skip": draw(st.booleans()),
            "dilations": draw(st.sampled_from([(1,), (1, 2)])),
            "activation": draw(st.sampled_from(["relu", "elu", "tanh", "none"])),
        }
    if name in ("pixelcnn_attention", "pixelsnail"):
        return {"heads": channels * draw(st.sampled_from([1, 2]))}
    if name == "pixelcnnpp":
        return {"resolutions": draw(st.integers(1, 3))}
    if name == "pixelrnn":
        return {
            "layer": draw(st.sampled_from(["row_lstm", "diagonal_bilstm"])),
            "cell": draw(st.sampled_from(["lstm", "gru"])),
        }
    return {}


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, object]:
    """Small models of every architecture, with all options that affect the program."""
    name = draw(st.sampled_from(model_names()))
    channels = draw(st.sampled_from([1, 3]))
    classes = draw(st.sampled_from([0, 3]))
    return {
        "name": name,
        "levels": draw(st.sampled_from([2, 3, 16, 256])),
        "channels": channels,
        "height": draw(st.integers(2, 5)),
        "width": draw(st.integers(2, 6)),
        "classes": classes,
        "conditioning": draw(st.sampled_from(["bias", "film", "concat"])),
        "label_dropout": draw(st.sampled_from([0.0, 0.1])) if classes else 0.0,
        "likelihood": draw(st.sampled_from(["softmax", "logistic_mixture"])),
        "components": draw(st.integers(1, 3)),
        "independent_channels": draw(st.booleans()),
        "hidden_channels": channels * draw(st.sampled_from([4, 8, 16])),
        "blocks": draw(st.integers(1, 2)),
        "kernel_size": draw(st.sampled_from([1, 3])),
        "first_kernel_size": draw(st.sampled_from([1, 3])) if channels == 3 else 3,
        "position": draw(st.booleans()),
        "level_features": draw(st.sampled_from([0, 6])) if channels == 1 else 0,
        **special_options(draw, name, channels),
    }


# Many more than the usual ones with, say, CONFIGURATIONS=200 pytest -k images_of_the_reference.
@settings(max_examples=int(os.environ.get("CONFIGURATIONS", "40")))
@given(
    options=configurations(),
    n=st.integers(1, 5),
    temperature=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
    guidance=st.sampled_from([0.0, 1.0]),
    known_share=st.sampled_from([0.0, 0.3, 0.9, 1.0]),
    known_rows=st.integers(0, 5),
    seed=st.integers(0, 2**16),
)
def test_every_engine_gives_the_images_of_the_reference(
    options: dict[str, object],
    n: int,
    temperature: float,
    guidance: float,
    known_share: float,
    known_rows: int,
    seed: int,
) -> None:
    torch.manual_seed(seed)
    model = shaken(build_model(**options), seed)  # type: ignore[arg-type]
    config = model.config
    guidance = guidance if config.label_dropout else 0.0
    shape = (n, config.channels, config.height, config.width)
    known = torch.randint(0, config.levels, shape).to(torch.uint8)
    known_mask = torch.rand(shape) < known_share
    known_mask[:, :, :known_rows] = True
    uniforms = torch.rand(shape)
    labels = torch.randint(0, config.classes, (n,)) if config.classes else None
    request = {
        "labels": labels,
        "known": known,
        "known_mask": known_mask,
        "uniforms": uniforms,
        "temperature": temperature,
        "guidance": guidance,
    }
    expected = sample(model, n, engine="reference", **request)  # type: ignore[call-overload]
    for name in FAST:
        engine = make_engine(model, name)
        found = sample(model, n, engine=engine, **request)  # type: ignore[call-overload]
        assert torch.equal(found[known_mask], known[known_mask])
        assert_same_images(model, expected, found, uniforms, labels, temperature, guidance)
        if name == "wasm":
            assert_same_outputs(engine, model, expected, labels)


def assert_same_outputs(
    engine: TracingEngine, model: AutoregressiveModel, images: Tensor, labels: Tensor | None
) -> None:
    """What an engine computes for finished images is within 1e-4 of the network's exact numbers.

    A network whose numbers are so large that torch's own float32 comes near that bound gets a bound
    of eight times torch's error.
    """
    known = torch.ones_like(images, dtype=torch.bool)
    options = SampleOptions(labels=labels, known=images, known_mask=known, seed=0)
    _, outputs = engine.run_with_outputs(make_request(model, len(images), options))
    with torch.no_grad():
        told = model.full_labels(labels, len(images))
        single = model.network(model.scale(images), told)
        exact = copy.deepcopy(model).double().network(model.scale(images).double(), told)
    bound = max(1e-4, 8 * float((single - exact).abs().max()))
    assert float((outputs[0] - exact).abs().max()) <= bound


@pytest.mark.parametrize("levels", [2, 16])
@pytest.mark.parametrize("name", model_names())
def test_every_engine_gives_the_images_of_the_reference_at_full_size(
    name: str, levels: int
) -> None:
    torch.manual_seed(0)
    model = shaken(build_model(name, levels=levels, hidden_channels=8, blocks=1), 0)
    uniforms = torch.rand(3, 1, 28, 28)
    known = torch.randint(0, levels, (3, 1, 28, 28)).to(torch.uint8)
    known_mask = torch.zeros(3, 1, 28, 28, dtype=torch.bool)
    known_mask[:, :, 2:25] = True  # the reference is slow at unknown pixels
    known_mask[1, :, :1] = True
    known_mask[2] |= torch.rand(1, 28, 28) < 0.5
    request = {"known": known, "known_mask": known_mask, "uniforms": uniforms}
    expected = sample(model, 3, engine="reference", **request)  # type: ignore[call-overload]
    for engine in FAST:
        drawn = sample(model, 3, engine=engine, **request)  # type: ignore[call-overload]
        assert torch.equal(drawn[known_mask], known[known_mask])
        assert_same_images(model, expected, drawn, uniforms, None, 1.0)


def test_a_batch_of_several_tiles_equals_its_images_one_by_one() -> None:
    torch.manual_seed(0)
    model = shaken(build_model("gated_pixelcnn", height=5, width=5, hidden_channels=8), 0)
    uniforms = torch.rand(70, 1, 5, 5)
    for engine in FAST:
        reused = make_engine(model, engine)
        together = sample(model, 70, uniforms=uniforms, engine=reused)
        alone = torch.cat(
            [sample(model, 1, uniforms=each[None], engine=reused) for each in uniforms]
        )
        assert_same_images(model, alone, together, uniforms, None, 1.0)


@pytest.mark.parametrize("name", model_names())
def test_trace_log_probabilities_sum_to_the_model_s_own(name: str) -> None:
    model = shaken(
        build_model(name, height=6, width=5, levels=4, channels=3, hidden_channels=12), 1
    )
    trace = sample(model, 4, seed=3, trace=True)
    assert torch.allclose(
        trace.log_prob.sum(dim=(1, 2, 3)), model.log_prob(trace.images), atol=1e-4
    )
    assert trace.probabilities.shape == (4, 4, 3, 6, 5)
    assert (trace.entropy >= 0).all()
    assert (trace.entropy <= 2 + 1e-5).all()


@pytest.mark.parametrize(("channels", "guidance"), [(1, 1.5), (3, 0.0), (3, 1.5)])
@pytest.mark.parametrize("name", model_names())
def test_the_fast_engine_s_outputs_equal_a_forward_pass(
    name: str, channels: int, guidance: float
) -> None:
    torch.manual_seed(0)
    model = shaken(
        build_model(
            name,
            height=6,
            width=5,
            levels=4,
            channels=channels,
            hidden_channels=12,
            classes=3,
            label_dropout=0.1,
        ),
        1,
    )
    labels = torch.arange(40) % 3  # of more than two tiles
    known = torch.rand(40, channels, 6, 5) < 0.3
    request = make_request(
        model,
        40,
        SampleOptions(
            labels=labels,
            known=torch.full((40, channels, 6, 5), 3, dtype=torch.uint8),
            known_mask=known,
            guidance=guidance,
            seed=0,
        ),
    )
    kept = sample(
        model,
        40,
        labels=labels,
        known=request.images,
        known_mask=known,
        guidance=guidance,
        uniforms=request.uniforms,
        engine="numba",
        trace=True,
    )
    recomputed = trace_of(model, request, kept.images)
    # Sums run in another order, and these models have large logits.
    assert (kept.log_prob - recomputed.log_prob).exp().sub(1).abs().mean() < 1e-3
    assert (kept.entropy - recomputed.entropy).abs().mean() < 1e-3
    assert (kept.probabilities.int() - recomputed.probabilities.int()).abs().max() <= 1


def test_the_trace_of_two_levels_has_the_probability_of_ink() -> None:
    model = shaken(build_model("pixelcnn", height=5, width=5, hidden_channels=8), 2)
    trace = sample(model, 3, seed=0, trace=True, temperature=0.5)
    logits = model(trace.images)[:, 0]
    ink = (torch.sigmoid(2 * logits) * 255).round().to(torch.uint8)
    assert torch.equal(trace.probabilities[:, 0], ink)


def test_the_same_seed_gives_the_same_images_and_another_gives_others() -> None:
    model = shaken(build_model("pixelcnn", height=8, width=8, hidden_channels=8), 3)
    assert torch.equal(sample(model, 4, seed=5), sample(model, 4, seed=5))
    assert not torch.equal(sample(model, 4, seed=5), sample(model, 4, seed=6))


@pytest.mark.parametrize("engine", engine_names())
def test_a_cancelled_sampling_stops_between_rows(engine: str) -> None:
    model = build_model("gated_pixelcnn", height=8, width=8, hidden_channels=4, blocks=1)
    rows: list[int] = []
    with pytest.raises(SamplingCancelled):
        sample(
            model,
            2,
            engine=engine,
            progress=lambda done, _: rows.append(done),
            cancelled=lambda: len(rows) == 3,
        )
    assert rows == [0, 1, 2]


@pytest.mark.parametrize("engine", FAST)
def test_an_engine_refuses_a_model_that_looks_at_the_pixel_itself(engine: str) -> None:
    model = build_model("pixelcnn", hidden_channels=4, blocks=1)
    model.first = MaskedConv2d(1, 4, 7, "B")
    with pytest.raises(ConfigError, match="not causal"):
        make_engine(model, engine)


def test_sampling_changes_neither_the_mode_nor_the_given_pixels() -> None:
    model = build_model("pixelcnn", height=6, width=6, hidden_channels=4, blocks=1).train()
    known = torch.ones(1, 1, 6, 6, dtype=torch.uint8)
    mask = torch.zeros(1, 1, 6, 6, dtype=torch.bool)
    mask[..., :2] = True
    sample(model, 3, known=known, known_mask=mask, seed=0)
    assert model.training
    assert known.all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0}, "n = 0"),
        ({"temperature": -1.0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"engine": "quantum"}, "engine"),
        ({"uniforms": torch.rand(2, 1, 5, 5)}, "uniforms"),
        ({"uniforms": torch.ones(2, 1, 6, 6)}, "uniforms"),
        ({"known": torch.zeros(1, 1, 6, 6, dtype=torch.uint8)}, "known_mask"),
        (
            {
                "known": torch.full((1, 1, 6, 6), 7, dtype=torch.uint8),
                "known_mask": torch.ones(1, 1, 6, 6, dtype=torch.bool),
            },
            "level 7",
        ),
        (
            {
                "known": torch.zeros(1, 1, 6, 6, dtype=torch.uint8),
                "known_mask": torch.ones(1, 1, 6, 6),
            },
            "known_mask",
        ),
        ({"labels": torch.tensor([0, 1])}, "labels"),
    ],
)
def test_an_invalid_request_is_refused_by_name(arguments: dict[str, object], message: str) -> None:
    model = build_model("pixelcnn", height=6, width=6, hidden_channels=4, blocks=1)
    request: dict[str, object] = {"n": 2, **arguments}
    with pytest.raises((ConfigError, DataError), match=message):
        sample(model, **request)  # type: ignore[call-overload]


def test_a_label_may_be_given_once_for_all() -> None:
    model = shaken(build_model("pixelcnn", height=6, width=6, hidden_channels=4, classes=3), 4)
    shared = sample(model, 3, labels=torch.tensor(2), seed=0)
    each = sample(model, 3, labels=torch.tensor([2, 2, 2]), seed=0)
    assert torch.equal(shared, each)


@pytest.mark.parametrize("engine", ["numba", "wasm"])
@pytest.mark.parametrize("name", model_names())
@pytest.mark.parametrize(("channels", "levels"), [(1, 2), (3, 4)])
def test_changed_samples_equal_samples_with_everything_up_to_there_given(
    name: str, channels: int, levels: int, engine: str
) -> None:
    torch.manual_seed(0)
    n, height, width = 17, 4, 5  # one image more than a tile has
    options = {"levels": levels, "channels": channels, "height": height, "width": width}
    model = shaken(build_model(name, hidden_channels=12, blocks=2, **options), 0)
    given = torch.rand(n, channels, height, width) < 0.1
    levels_given = torch.randint(0, levels, given.shape).to(torch.uint8)
    request = make_request(model, n, SampleOptions(known=levels_given, known_mask=given, seed=1))
    editable = EditableSamples(tile_engine(model, engine), request)
    first = editable.images
    assert torch.allclose(editable.log_probs.sum(dim=(1, 2, 3)), model.log_prob(first), atol=1e-3)
    order = torch.arange(channels * height * width).reshape(height, width, channels)
    order = order.permute(2, 0, 1)  # (C, H, W)
    for pixel in [(0, 2, 2), (channels - 1, 0, 0), (0, 3, 4), (channels - 1, 1, 4)]:
        before = editable.images
        editable.change(pixel, torch.tensor((3 * levels) // 4, dtype=torch.uint8))
        prefix = order <= order[pixel]
        expected_known = before.clone()
        expected_known[(slice(None), *pixel)] = (3 * levels) // 4
        known_mask = prefix | given
        expected = sample(
            model,
            n,
            known=torch.where(prefix, expected_known, levels_given),
            known_mask=known_mask,
            uniforms=request.uniforms,
            engine="reference",
        )
        assert torch.equal(editable.images, expected)
        assert torch.allclose(
            editable.log_probs.sum(dim=(1, 2, 3)), model.log_prob(expected), atol=1e-3
        )


def test_log_probabilities_stay_right_where_gates_saturate() -> None:
    model = build_model("gated_pixelcnn", height=6, width=6, hidden_channels=8, blocks=1).eval()
    with torch.no_grad():
        for layer in model.layers:  # type: ignore[union-attr]
            layer.horizontal.bias[:8].fill_(-60.0)
            layer.horizontal.bias[8:].fill_(0.5)
    request = make_request(model, 2, SampleOptions(seed=0))
    editable = EditableSamples(tile_engine(model, "numba"), request)
    exact = model.log_prob(editable.images)
    assert torch.allclose(editable.log_probs.sum(dim=(1, 2, 3)), exact, atol=1e-4)
