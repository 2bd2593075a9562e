"""The autoencoder and the VAE learn, and the VAE's bounds are bounds."""

import itertools
import json
import math
from dataclasses import asdict
from pathlib import Path

import pytest
import safetensors
import torch

from pixelcnn.baselines.autoencoder import Autoencoder, AutoencoderConfig
from pixelcnn.baselines.base import log_likelihood
from pixelcnn.baselines.files import baseline_names, build_baseline, load_baseline, save_baseline
from pixelcnn.baselines.training import train_baseline
from pixelcnn.baselines.vae import VAE, VAEConfig
from pixelcnn.checkpoints.files import load_checkpoint, save_checkpoint
from pixelcnn.cli.remake import RemakeBaselines
from pixelcnn.data.registry import load_data
from pixelcnn.errors import CheckpointError, ConfigError, DataError, RunError
from pixelcnn.metrics import bernoulli_baseline
from pixelcnn.models.registry import build_model
from pixelcnn.system.shipped import BASELINES


@pytest.fixture(scope="module")
def digits():
    return load_data("digits8x8")


@pytest.fixture(scope="module")
def mnist():
    return load_data("mnist5k")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def all_images():
    """The 16 binary images of 2 x 2 pixels: uint8 `(16, 1, 2, 2)`."""
    return torch.tensor(list(itertools.product((0, 1), repeat=4))).view(16, 1, 2, 2).byte()


def tiny_vae():
    """2 x 2 pixels, one number as code, and weights large enough for the code to matter.

    Its q(z | x) is wider than p(z | x), so that importance weights have light tails.
    """
    torch.manual_seed(0)
    vae = VAE(VAEConfig(height=2, width=2, hidden=(6,), codes=1))
    with torch.no_grad():
        vae.decoder[2].weight.mul_(4)
        vae.encoder[2].bias[1] += 0.7
    return vae


@torch.no_grad()
def exact_log_prob(vae, images):
    """log of the integral of p(x | z) p(z) over the single number z, summed on a fine grid."""
    codes = torch.linspace(-10, 10, 8001, dtype=torch.float64)
    spacing = (codes[1] - codes[0]).item()
    log_prior = -0.5 * (codes**2 + math.log(2 * math.pi))
    logits = vae.decode(codes.float()[:, None])  # (8001, 4)
    likelihood = log_likelihood(logits[:, None], images.flatten(1).float())  # (8001, 16)
    return torch.logsumexp(likelihood.double() + log_prior[:, None], dim=0) + math.log(spacing)


# The bounds


def test_the_exact_probabilities_of_a_2x2_world_sum_to_one():
    assert exact_log_prob(tiny_vae(), all_images()).exp().sum().item() == pytest.approx(1, abs=1e-6)


def test_the_importance_bound_rises_from_the_elbo_to_the_exact_log_probability():
    vae, images = tiny_vae(), all_images()
    exact = exact_log_prob(vae, images)
    random = generator()

    def mean_bound(samples, repeats):
        many = images.repeat(repeats, 1, 1, 1)
        bounds = vae.importance_bound(many, samples=samples, generator=random)
        return bounds.view(repeats, 16).mean(dim=0)

    with torch.no_grad():
        elbo = vae.elbo(images, samples=40_000, generator=random).double()
    single, two, ten = (mean_bound(samples, 40_000) for samples in (1, 2, 10))
    many = vae.importance_bound(images, samples=200_000, generator=random)
    assert torch.allclose(single, elbo, atol=0.1)
    assert (elbo < exact).all()
    assert single.mean() < two.mean() < ten.mean() < exact.mean()
    assert torch.allclose(many, exact, atol=0.01)


def test_the_bound_does_not_depend_on_how_many_codes_are_decoded_at_once(monkeypatch):
    vae, images = tiny_vae(), all_images()
    together = vae.importance_bound(images, samples=30, generator=generator())
    monkeypatch.setattr("pixelcnn.baselines.vae._DECODED_AT_ONCE", 64)
    parts = vae.importance_bound(images, samples=30, generator=generator())
    assert torch.allclose(together, parts, atol=1e-6)


def test_on_digits_the_bounds_are_in_order_and_beat_independent_pixels(mnist):
    torch.manual_seed(0)
    vae = VAE(VAEConfig())
    losses = list(train_baseline(vae, mnist, steps=300))
    images = mnist.test.images[:100]
    with torch.no_grad():
        elbo = vae.elbo(images, samples=20, generator=generator()).mean().item()
    few, many = (
        vae.importance_bound(images, samples=k, generator=generator()).mean().item()
        for k in (5, 100)
    )
    assert losses[-1] < losses[0] / 3
    assert -bernoulli_baseline(mnist).nats < elbo < few < many


# Reconstructing


@pytest.mark.parametrize("name", baseline_names())
def test_200_steps_reconstruct_better_than_the_mean_image(mnist, name):
    torch.manual_seed(0)
    model = build_baseline(name)
    for _ in train_baseline(model, mnist, steps=200):
        pass
    images = mnist.test.images
    shown = model.reconstruct(images)
    mean = mnist.train.images.float().mean(dim=0)
    assert shown.shape == images.shape
    assert 0 <= shown.min() < shown.max() <= 1
    assert (shown - images).square().mean() < 0.75 * (mean - images).square().mean()


def test_the_autoencoder_has_the_lab_sheets_layers():
    sizes = [tuple(value.shape) for value in Autoencoder(AutoencoderConfig()).parameters()]
    expected = [784, 128, 64, 32, 64, 128, 784]
    assert sizes[::2] == [(out, into) for into, out in itertools.pairwise(expected)]


def test_the_autoencoders_loss_is_the_binary_cross_entropy_in_nats_per_image(digits):
    torch.manual_seed(0)
    model = Autoencoder(AutoencoderConfig(height=8, width=8))
    images = digits.test.images[:5]
    expected = torch.nn.functional.binary_cross_entropy(
        model.reconstruct(images), images.float(), reduction="none"
    ).sum(dim=(1, 2, 3))
    assert torch.allclose(model.loss(images), expected, rtol=1e-5)


# Drawing


@pytest.mark.parametrize("name", baseline_names())
def test_samples_are_levels_and_repeat_with_their_generator(digits, name):
    model = build_baseline(name, height=8, width=8, hidden=[16], codes=4)
    list(train_baseline(model, digits, steps=5))
    drawn = model.sample(7, generator(3))
    assert drawn.shape == (7, 1, 8, 8)
    assert drawn.dtype == torch.uint8
    assert drawn.max() == 1
    assert torch.equal(drawn, model.sample(7, generator(3)))
    assert not torch.equal(drawn, model.sample(7, generator(4)))
    means = model.sample_means(500, generator())
    share = model.sample(500, generator()).float().mean()
    assert share == pytest.approx(means.mean().item(), abs=0.01)


def test_the_autoencoders_random_codes_are_spread_like_its_training_codes(digits):
    torch.manual_seed(0)
    model = Autoencoder(AutoencoderConfig(height=8, width=8))
    for _ in train_baseline(model, digits, steps=50):
        break  # however the loop is left
    codes = model.code(digits.train.images)
    drawn = model.random_codes(20_000, generator())
    assert torch.allclose(drawn.mean(dim=0), codes.mean(dim=0), atol=0.02)
    assert torch.allclose(drawn.std(dim=0), codes.std(dim=0), rtol=0.05)


def test_an_untrained_autoencoder_refuses_to_draw_codes():
    with pytest.raises(RunError, match="is untrained"):
        Autoencoder(AutoencoderConfig()).sample(1)


@pytest.mark.parametrize("name", baseline_names())
def test_the_same_seed_trains_the_same_weights(digits, name):
    courses = []
    for seed, other_numbers in ((1, 0), (1, 5), (2, 0)):
        torch.manual_seed(0)
        model = build_baseline(name, height=8, width=8, hidden=[16], codes=4)
        torch.manual_seed(other_numbers)
        courses.append(list(train_baseline(model, digits, steps=4, seed=seed)))
    assert courses[0] == courses[1] != courses[2]


# Files


@pytest.mark.parametrize("name", baseline_names())
def test_a_baseline_and_its_card_survive_saving_and_loading(tmp_path, digits, name):
    model = build_baseline(name, height=8, width=8, hidden=[16, 12], codes=4)
    list(train_baseline(model, digits, steps=3))
    path = tmp_path / "baseline.safetensors"
    save_baseline(path, model, {"data": {"name": "digits8x8"}})
    loaded, card = load_baseline(path)
    assert card == {"data": {"name": "digits8x8"}}
    assert type(loaded) is type(model)
    assert loaded.config == model.config
    assert not loaded.training
    assert torch.equal(loaded.sample(3, generator()), model.sample(3, generator()))
    with safetensors.safe_open(path, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["model"] == name
    assert json.loads(metadata["config"]) == json.loads(json.dumps(asdict(model.config)))


def test_baselines_and_autoregressive_models_refuse_each_other_s_files(tmp_path):
    path = tmp_path / "model.safetensors"
    save_baseline(path, VAE(VAEConfig(height=4, width=4)), {})
    with pytest.raises(CheckpointError, match="'vae' is unknown"):
        load_checkpoint(path)
    save_checkpoint(path, build_model("pixelcnn", height=4, width=4, hidden_channels=4), {})
    with pytest.raises(CheckpointError, match="'pixelcnn' is unknown"):
        load_baseline(path)


def test_a_file_that_claims_more_than_it_holds_is_refused(tmp_path):
    path = tmp_path / "model.safetensors"
    save_baseline(path, VAE(VAEConfig(height=4, width=4, hidden=(4,))), {})
    content = path.read_bytes().replace(b"[4], ", b"[4096,4096,4096], ")
    length = int.from_bytes(content[:8], "little") + len(b"[4096,4096,4096], ") - len(b"[4], ")
    path.write_bytes(length.to_bytes(8, "little") + content[8:])
    with pytest.raises(CheckpointError):
        load_baseline(path)


# Invalid input


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"codes": 0}, "codes = 0"),
        ({"codes": 2.5}, "codes = 2.5"),
        ({"height": 300}, "height = 300"),
        ({"width": True}, "width = True"),
        ({"hidden": [16, -1]}, "hidden = -1"),
        ({"hidden": 16}, "hidden = 16"),
        ({"layers": 3}, "vae has no option 'layers'; it takes height, width, hidden, codes"),
    ],
)
def test_an_invalid_option_is_named(options, named):
    with pytest.raises(ConfigError, match=named):
        build_baseline("vae", **options)


def test_an_unknown_baseline_lists_the_known_ones():
    with pytest.raises(ConfigError, match=r"'gan' is unknown; use one of autoencoder, vae"):
        build_baseline("gan")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"steps": 0}, "steps = 0"),
        ({"batch_size": 0}, "batch_size = 0"),
        ({"learning_rate": math.nan}, "learning_rate = nan"),
        ({"seed": -1}, "seed = -1"),
    ],
)
def test_invalid_training_options_are_refused_at_once(digits, options, named):
    model = VAE(VAEConfig(height=8, width=8))
    with pytest.raises(ConfigError, match=named):
        train_baseline(model, digits, **{"steps": 1, **options})


def test_data_and_images_that_do_not_fit_are_refused(digits):
    vae = VAE(VAEConfig(height=8, width=8))
    with pytest.raises(DataError, match="height = 8, the vae needs 28"):
        train_baseline(VAE(VAEConfig()), digits, steps=1)
    with pytest.raises(DataError, match="levels = 4, the vae needs 2"):
        train_baseline(vae, load_data("digits8x8", levels=4), steps=1)
    with pytest.raises(DataError, match="shape"):
        vae.reconstruct(torch.zeros(1, 1, 9, 8, dtype=torch.uint8))
    with pytest.raises(DataError, match="levels=2"):
        vae.elbo(torch.full((1, 1, 8, 8), 2, dtype=torch.uint8))
    with pytest.raises(DataError, match="uint8"):
        vae.importance_bound(torch.zeros(1, 1, 8, 8))
    for bound in (vae.elbo, vae.importance_bound):
        with pytest.raises(ConfigError, match="samples = 0"):
            bound(digits.test.images[:1], samples=0)
    with pytest.raises(ConfigError, match="n = 0"):
        vae.sample(0)


def test_the_command_trains_measures_and_writes_both(tmp_path: Path) -> None:
    RemakeBaselines(data="mnist5k", steps=2, bounded=10, output=tmp_path).run()
    for name in baseline_names():
        model, card = load_baseline(tmp_path / f"{name}.safetensors")
        assert card["test_images"] == 500
        assert 0 < card["test_loss_nats"] < 1000
        shipped, measured = load_baseline(BASELINES / f"{name}.safetensors")
        assert measured["test_loss_nats"] < card["test_loss_nats"]
        assert shipped.config == model.config
    assert card["bound_nats"] < card["test_loss_nats"]  # the VAE's: the tighter of its two bounds
