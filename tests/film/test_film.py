"""A film records how its images were drawn, and the shipped one is the shipped model's own."""

import io
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from pixelcnn import build_model, receptive_field, sample
from pixelcnn.checkpoints.files import load_checkpoint
from pixelcnn.cli import main
from pixelcnn.errors import ConfigError, DataError
from pixelcnn.film.film import Film, draw_film, read_film
from pixelcnn.film.opening import OPENING, read_opening
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.sampling.request import SampleOptions, make_request
from pixelcnn.sampling.trace import trace_of

# Engines and machines round differently: this near to a threshold, a draw may go either way.
_BOUNDARY = 1e-5
_STALE = "the weights changed since the film was drawn: run `python -m pixelcnn remake opening`"


@pytest.fixture(scope="module")
def opening() -> Film:
    return read_opening()


@pytest.fixture(scope="module")
def opening_model(opening: Film) -> AutoregressiveModel:
    return load_checkpoint(opening.about["checkpoint"])[0]


@pytest.fixture
def film() -> Film:
    return draw_film(_small_model(), 5, temperature=0.7, seed=3, about={"checkpoint": "small"})


def test_the_opening_film_is_what_the_shipped_model_draws(
    opening: Film, opening_model: AutoregressiveModel
) -> None:
    images = torch.from_numpy(opening.images)
    uniforms = torch.from_numpy(opening.uniforms)
    labels = torch.from_numpy(opening.labels)
    with torch.no_grad():
        parameters = opening_model(images, labels)
        log_probs = opening_model.likelihood.level_log_probs(parameters, images)
    paper = log_probs[:, 0].exp()
    drawn = (uniforms >= paper).to(torch.uint8)
    decided = (uniforms - paper).abs() > _BOUNDARY
    assert torch.equal(drawn[decided], images[decided]), _STALE
    assert decided.float().mean() > 0.999


def test_drawing_the_opening_film_again_gives_the_same_images(
    opening: Film, opening_model: AutoregressiveModel
) -> None:
    again = sample(
        opening_model,
        4,
        labels=torch.from_numpy(opening.labels[:4]),
        uniforms=torch.from_numpy(opening.uniforms[:4]),
        engine="torch",
    ).numpy()
    for image, stored, margin in zip(again, opening.images, _margins(opening), strict=False):
        differing = np.flatnonzero(image != stored)
        assert not differing.size or margin.ravel()[differing[0]] < 1 / 255, _STALE


def test_the_opening_film_has_the_model_s_own_distributions(
    opening: Film, opening_model: AutoregressiveModel
) -> None:
    labels = torch.from_numpy(opening.labels)
    uniforms = torch.from_numpy(opening.uniforms)
    request = make_request(
        opening_model, len(opening.images), SampleOptions(labels=labels, uniforms=uniforms)
    )
    trace = trace_of(opening_model, request, torch.from_numpy(opening.images))
    difference = np.abs(trace.probabilities.numpy().astype(int) - opening.probabilities)
    assert difference.max() <= 1, _STALE
    np.testing.assert_allclose(opening.entropy, trace.entropy.numpy(), atol=1e-3)
    np.testing.assert_allclose(opening.log_prob, trace.log_prob.numpy(), atol=1e-2)
    np.testing.assert_array_equal(opening.receptive_field, receptive_field(opening_model))


def test_the_opening_film_names_the_command_that_made_it(opening: Film) -> None:
    about = opening.about
    assert about["command"] == (
        f"python -m pixelcnn remake opening --checkpoint {about['checkpoint']} --n {about['n']} "
        f"--seed {about['seed']}"
    )


def test_the_opening_film_is_read_without_torch() -> None:
    code = (
        "import sys; from pixelcnn.film.opening import read_opening; "
        "read_opening().bits; print('torch' in sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (result.stdout.strip(), result.stderr) == ("False", "")


def test_the_opening_command_writes_a_film(opening: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.npz"
    command = [*shlex.split(opening.about["command"])[1:], "--n", "1", "--output", str(path)]
    result = subprocess.run([sys.executable, *command], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    film = read_film(path)
    assert film.images.shape == (1, *opening.images.shape[1:])
    assert film.about["command"].endswith(f"--n 1 --seed {opening.about['seed']}")


def test_the_opening_command_explains_an_unknown_checkpoint(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pixelcnn", "remake", "opening", "--checkpoint", "nothing"]
    command += ["--output", str(tmp_path / "film.npz")]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 2
    assert "nothing" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_film_contains_what_sample_returns(film: Film) -> None:
    model = _small_model()
    labels = torch.arange(5) % 3
    trace = sample(model, 5, labels=labels, temperature=0.7, seed=3, trace=True)
    np.testing.assert_array_equal(film.images, trace.images)
    np.testing.assert_array_equal(film.probabilities, trace.probabilities)
    np.testing.assert_array_equal(film.uniforms, trace.uniforms)
    np.testing.assert_array_equal(film.labels, labels)
    np.testing.assert_array_equal(film.receptive_field, receptive_field(model))


def test_bits_are_the_model_s_negative_log_probability(film: Film) -> None:
    nats = -_small_model().log_prob(torch.from_numpy(film.images), torch.from_numpy(film.labels))
    bits = nats.detach().numpy() / np.log(2)
    np.testing.assert_allclose(film.bits, bits, rtol=1e-5)
    np.testing.assert_allclose(film.bits_per_pixel, bits / (6 * 5), rtol=1e-5)


def test_the_entropy_map_adds_up_the_channels() -> None:
    film = draw_film(_small_model(channels=3), 2, seed=0)
    assert film.entropy_map.shape == (2, 6, 5)
    np.testing.assert_allclose(film.entropy_map, film.entropy.sum(axis=1))


def test_a_film_survives_saving_and_loading(film: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.npz"
    path.write_bytes(film.to_npz())
    read = read_film(path)
    for name, value in vars(film).items():
        if name != "about":
            np.testing.assert_array_equal(getattr(read, name), value)
            assert getattr(read, name).dtype == value.dtype
    assert read.about == film.about


def test_the_picture_shows_each_image() -> None:
    film = draw_film(_small_model(), 1, seed=0)
    with Image.open(io.BytesIO(film.to_png())) as picture:
        grey = np.asarray(picture.convert("L"))[1:-1, 1:-1]
    scale = grey.shape[0] // 6
    shown = grey[scale // 2 :: scale, scale // 2 :: scale]
    np.testing.assert_array_equal(shown // 255, film.images[0, 0])


@pytest.mark.parametrize("label", [None, 4])
def test_the_command_of_a_film_draws_the_same_images(
    label: int | None, opening_model: AutoregressiveModel, tmp_path: Path
) -> None:
    about = {"checkpoint": "mnist-threshold-gated"}
    film = draw_film(
        opening_model, 2, label=label, temperature=0.8, seed=5, engine="torch", about=about
    )
    path = tmp_path / "digits.npz"
    program, *arguments = shlex.split(film.command.replace("digits.png", str(path)))
    assert [program, *arguments[:2]] == ["python", "-m", "pixelcnn"]
    assert main(arguments[2:]) == 0
    with np.load(path) as arrays:
        np.testing.assert_array_equal(arrays["images"], film.images)


def test_one_label_is_drawn_for_all() -> None:
    assert draw_film(_small_model(), 3, label=2, seed=0).labels.tolist() == [2, 2, 2]


def test_a_label_for_a_model_without_classes_is_refused() -> None:
    with pytest.raises(ConfigError, match="label = 2 cannot be drawn: this model has no classes"):
        draw_film(_small_model(classes=0), 1, label=2)


def test_a_model_without_classes_has_no_labels() -> None:
    assert draw_film(_small_model(classes=0), 2, seed=0).labels.size == 0


@pytest.mark.parametrize("damage", ["missing", "empty", "cut", "text", "foreign", "pickle"])
def test_a_file_that_is_not_a_film_is_refused(damage: str, film: Film, tmp_path: Path) -> None:
    path = tmp_path / "film.npz"
    if damage == "empty":
        path.touch()
    elif damage == "cut":
        path.write_bytes(film.to_npz()[:-200])
    elif damage == "text":
        path.write_text("no film at all")
    elif damage == "foreign":
        np.savez(path, images=film.images)
    elif damage == "pickle":
        np.savez(path, allow_pickle=True, **{**vars(film), "images": np.array([object()])})
    with pytest.raises(DataError, match=r"film\.npz cannot be read as a film"):
        read_film(path)


def test_the_opening_film_is_small_enough_to_be_sent_at_once() -> None:
    assert OPENING.stat().st_size < 300_000


def _small_model(classes: int = 3, channels: int = 1) -> AutoregressiveModel:
    torch.manual_seed(0)
    options = {"height": 6, "width": 5, "hidden_channels": 6 * channels, "blocks": 2}
    return build_model("pixelcnn", channels=channels, classes=classes, **options).eval()


def _margins(film: Film) -> NDArray[np.float64]:
    """Distance of each random number from the threshold between the levels, to 1/255."""
    return np.abs(film.uniforms - (1 - film.probabilities[:, 0] / 255))
