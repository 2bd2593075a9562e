"""The user's own data: valid uploads become a data set, and hostile ones are refused."""

import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from PIL import Image

from pixelcnn.data.own import pack_own, read_own
from pixelcnn.data.registry import load_data
from pixelcnn.errors import ConfigError, DataError, LabError
from pixelcnn.pictures.sets import drawings, read_sent
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.resume import prepare_resume
from pixelcnn.runs.store import create_run, find_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig
from tests.pictures.cases import zipped

_opened: list[str] | None = None


def _audit(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _opened is not None:
        _opened.append(str(arguments[0]))


sys.addaudithook(_audit)


@contextmanager
def watching_files() -> Iterator[list[str]]:
    """Record the paths opened within this context."""
    global _opened
    _opened = []
    try:
        yield _opened
    finally:
        _opened = None


def png(value: int = 255, size: tuple[int, int] = (12, 12)) -> bytes:
    """A picture with a bright square on black, a little to the left for odd values."""
    image = Image.new("L", size, 0)
    left = size[0] // 3 - value % 2
    image.paste(value, (left, size[1] // 3, 2 * size[0] // 3, 2 * size[1] // 3))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        [
            "../../etc/passwd",
            "/etc/passwd",
            "C:\\Windows\\x",
            "a/../../b",
            "\x00",
            "~/.ssh/id",
            "//",
        ]
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=8), st.booleans())
def test_no_file_name_from_an_upload_is_ever_opened(names: list[str], in_zip: bool) -> None:
    Image.init()
    files = {f"{name}/{index}.png": png() for index, name in enumerate(names)}
    files |= {f"{index}.png": png(250 - index) for index in range(5)}
    sent = [("x.zip", zipped(files))] if in_zip else list(files.items())
    with watching_files() as opened:
        try:
            images = read_sent(sent)
        except LabError as error:
            assert str(error).isprintable()  # noqa: PT017
        else:
            assert all(name.isprintable() and len(name) <= 43 for name in images.class_names)
            assert len(images.greys) >= 5
    assert not [path for path in opened if not path.endswith((".py", ".pyc", ".so"))]


def test_held_out_pictures_are_not_among_the_shifted_ones(tmp_path: Path) -> None:
    greys = np.zeros((20, 1, 8, 8), np.uint8)
    for number in range(20):  # each with its own pattern
        greys[number, 0, 3:5, 3:6] = 255 * np.array(
            [[1, number & 1, number >> 1 & 1], [number >> 2 & 1, number >> 3 & 1, number >> 4 & 1]]
        )
    images = drawings(greys, np.zeros(20, np.int64))
    (tmp_path / "own.npz").write_bytes(pack_own(images, shift=2))
    data = load_data("own", root=tmp_path, size=8)
    assert data.train.images.shape == (16 * 25, 1, 8, 8)
    assert data.test.images.shape == (4, 1, 8, 8)
    ink = {tuple(torch.nonzero(image[0])[0].tolist()) for image in data.train.images}
    assert len(ink) >= 25
    patterns = {picture[0, 3:5, 3:6].numpy().tobytes() for picture in data.test.images}
    centre = data.train.images[16 * 12 : 16 * 13]  # the unshifted copies
    assert not patterns & {picture[0, 3:5, 3:6].numpy().tobytes() for picture in centre}


def test_a_run_keeps_its_images_and_resumes_anywhere(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(10):
        (folder / f"{number}.png").write_bytes(png(200 + number))
    config = RunConfig(
        model_options={"hidden_channels": 4, "blocks": 1},
        data="own",
        data_options={"root": str(folder), "size": 8},
        train=TrainConfig(steps=4, batch_size=4, held_out=2, samples=2, sample_every=0),
    )
    run = create_run(tmp_path / "runs", config)
    for path in folder.iterdir():
        path.unlink()
    assert str(tmp_path) not in (run.path / "config.json").read_text()
    run.train_until(2)
    run_training(run, watch=lambda event: run.control("stop") if event.step == 2 else None)
    assert run.status().state == "stopped"
    moved = (tmp_path / "elsewhere").absolute()
    run.path.parent.rename(moved)
    again = find_run(moved, run.id)
    prepare_resume(Run(again.path))
    assert run_training(again).state == "finished"
    assert again.status().step == 4
    (again.path / "own.npz").write_bytes(b"broken")
    with pytest.raises(DataError, match="damaged"):
        read_own(again.path)


def test_a_set_of_one_class_is_refused_where_the_class_is_to_be_told(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / "3").mkdir(exist_ok=True)
        (tmp_path / "3" / f"{number}.png").write_bytes(png(200 + number))
    config = RunConfig(
        model_options={"hidden_channels": 4, "blocks": 1},
        conditional=True,
        data="own",
        data_options={"root": str(tmp_path), "size": 8},
        train=TrainConfig(steps=1),
    )
    with pytest.raises(ConfigError, match="of one class"):
        create_run(tmp_path / "runs", config)


def test_a_run_shows_on_its_contact_sheet_exactly_what_it_learns_from(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.png").write_bytes(png(200 + number))
    options = {"root": str(tmp_path), "size": 8, "levels": 4}
    config = RunConfig(
        model_options={"hidden_channels": 4, "blocks": 1},
        data="own",
        data_options=options,
        train=TrainConfig(steps=1),
    )
    run = create_run(tmp_path / "runs", config)
    sheet = np.asarray(Image.open(run.path / "contact-sheet.png"))[..., 0]
    shown = {
        (sheet[1 + 17 * row : 17 + 17 * row : 2, 1 + 17 * column : 17 + 17 * column : 2] // 85)
        .astype(np.uint8)
        .tobytes()
        for row in range(3)
        for column in range(4)
        if 4 * row + column < 10
    }
    data = load_data("own", root=run.path, size=8, levels=4)
    learnt = torch.cat([data.train.images, data.test.images])
    assert {image.numpy().tobytes() for image in learnt} == shown
