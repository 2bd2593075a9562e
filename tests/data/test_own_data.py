"""The user's own data: valid uploads become a data set, and hostile ones are refused."""

import io
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st
from PIL import Image

from pixelcnn.data import uploads
from pixelcnn.data.own import pack_own, read_own
from pixelcnn.data.registry import load_data
from pixelcnn.data.uploads import read_uploads
from pixelcnn.errors import DataError, LabError
from pixelcnn.recipes.config import RunConfig
from pixelcnn.runs.directory import Run
from pixelcnn.runs.resume import prepare_resume
from pixelcnn.runs.store import create_run, find_run
from pixelcnn.runs.worker import run_training
from pixelcnn.training.config import TrainConfig

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
    """An image with a bright square on black."""
    image = Image.new("L", size, 0)
    image.paste(value, (size[0] // 3, size[1] // 3, 2 * size[0] // 3, 2 * size[1] // 3))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo("as it is")
            entry.filename = name  # set afterwards, since the constructor would clean it up
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return file.getvalue()


def test_folders_become_classes_and_sizes_may_differ() -> None:
    files = {f"mine/{'ab'[n % 2]}/{n}.png": png(size=(10 + n, 30)) for n in range(10)}
    images = read_uploads([("x.zip", zipped(files | {"mine/note.txt": b"hello"}))])
    assert images.greys.shape == (10, 1, 32, 32)
    assert images.class_names == ("a", "b")
    assert sorted(images.labels) == [0] * 5 + [1] * 5
    assert images.skipped == 1
    alone = read_uploads([(f"{n}.png", png()) for n in range(6)])
    assert alone.class_names == ()
    assert not alone.labels.any()


def test_dark_ink_on_light_paper_is_turned_around() -> None:
    light = read_uploads([(f"{n}.png", png()) for n in range(6)]).greys
    inverted = io.BytesIO()
    Image.fromarray(255 - np.asarray(Image.open(io.BytesIO(png())))).save(inverted, "PNG")
    dark = read_uploads([(f"{n}.png", inverted.getvalue()) for n in range(6)]).greys
    assert (light == dark).all()
    assert light[0, 0, 16, 16] == 255
    assert light[0, 0, 0, 0] == 0


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no picture"),
        ([("empty.zip", zipped({}))], "no picture"),
        ([("one.png", png())], "only 1"),
        ([("x.zip", b"PK\x03\x04 nonsense")], "x.zip is no zip"),
        ([(f"{n}.png", b"just text") for n in range(9)], "0.png cannot be read as a picture"),
        ([("half.png", png()[:60])], "half.png cannot be read"),
        ([("many.zip", zipped({f"{n}/{n}.png": png() for n in range(60)}))], "60 folders"),
    ],
)
def test_unusable_uploads_are_explained(files: list[uploads.File], message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_uploads(files)


def test_zip_bombs_are_detected_before_unpacking(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({f"{n}.png": bytes(2**24) for n in range(17)})
    assert len(bomb) < 2**20
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(DataError, match="Unpacked, these files have more than 256 MB"):
        read_uploads([("bomb.zip", bomb)])
    monkeypatch.undo()
    wide = io.BytesIO()
    Image.new("1", (5000, 5000)).save(wide, "PNG")
    monkeypatch.setattr(Image.Image, "convert", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(DataError, match="25,000,000 pixels, more than 16,000,000"):
        read_uploads([("wide.png", wide.getvalue())])
    monkeypatch.setattr(uploads, "MAX_IMAGES", 5)
    monkeypatch.setattr(uploads, "_decoded", lambda *_: np.zeros((32, 32), np.uint8))
    with pytest.raises(DataError, match="more than 5 pictures"):
        read_uploads([(f"{n}.png", b"") for n in range(6)])


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
    files |= {f"{index}.png": png() for index in range(5)}
    sent = [("x.zip", zipped(files))] if in_zip else list(files.items())
    with watching_files() as opened:
        try:
            images = read_uploads(sent)
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
    images = uploads.OwnImages(greys, np.zeros(20, np.int64))
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
