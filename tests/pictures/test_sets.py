"""Sets: what was sent is read or named, classes are the first folders, and a share is held out."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from pixelcnn.errors import DataError
from pixelcnn.pictures import sets
from pixelcnn.pictures.classes import folders_of, held_out
from pixelcnn.pictures.contact_sheet import all_left_out, oddities
from pixelcnn.pictures.limits import LIMITS, Limits
from pixelcnn.pictures.sets import PictureSet, changed, read_folder, read_sent
from tests.pictures.cases import dark, digits, encoded, large, zipped

DIGITS, TRUTH = digits(40)


def drawing(at: int, side: int = 100) -> bytes:
    return encoded(dark(DIGITS[at % len(DIGITS)], side))


def reasons(found: PictureSet) -> dict[str, str]:
    return {one.name: one.reason for one in all_left_out(found)}


# ---------------------------------------------------------------- what takes part


def test_what_cannot_be_read_is_named_with_its_reason_and_stops_nothing_else() -> None:
    files = [(f"{at}.png", drawing(at)) for at in range(8)]
    files += [
        ("text.png", b"only text"),
        ("half.jpg", encoded(dark(DIGITS[0], 300), "JPEG")[:900]),
        ("old.doc", b"x"),
        ("blank.png", encoded(np.full((50, 50), 240, np.uint8))),
        ("noise.jpg", encoded(np.full((50, 50), 240, np.uint8), "JPEG")),
        ("black.png", encoded(np.zeros((200, 200), np.uint8))),
        ("broken.zip", b"PK\x03\x04 nonsense"),
        ("broken.npy", b"\x93NUMPY"),
        (".DS_Store", b"x"),
        ("__MACOSX/._1.png", b"x"),
    ]
    found = read_sent(files)
    assert int(found.kept.sum()) == 8
    told = reasons(found)
    assert "it is no JPEG" in told["text.png"]
    assert "damaged or cut off" in told["half.jpg"]
    assert "files that end in .doc are not read" in told["old.doc"]
    assert told["blank.png"] == told["noise.jpg"] == told["black.png"] == "blank"
    assert "no zip that can be read" in told["broken.zip"]
    assert "damaged" in told["broken.npy"]
    assert len(told) == 8


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ([], "no pictures to learn from"),
        ([("empty.zip", zipped({}))], "no pictures to learn from"),
        ([("one.png", drawing(0))], "There is 1 picture to learn from, and at least 5"),
        ([("x.zip", b"PK\x03\x04 nonsense")], "x.zip is no zip|x.zip: .*no zip"),
        ([(f"{at}.png", drawing(3)) for at in range(9)], "All 9 pictures are equal"),
        (
            [(f"{at}.png", encoded(np.full((50, 50), 240 + at, np.uint8))) for at in range(9)],
            "All 9 pictures are blank",
        ),
        ([("many.zip", zipped({f"{at}/1.png": drawing(at) for at in range(60)}))], "60 classes"),
    ],
    ids=["nothing", "empty zip", "one", "no zip", "equal", "blank", "60 classes"],
)
def test_a_set_from_which_nothing_can_be_learnt_is_refused(
    files: list[tuple[str, bytes]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        read_sent(files)


def test_blank_scans_of_16_bits_are_blank() -> None:
    dice = np.random.default_rng(0)
    scans = [encoded((60_000 + dice.normal(0, 300, (80, 60))).astype(np.uint16)) for _ in range(12)]
    with pytest.raises(DataError, match="All 12 pictures are blank"):
        read_sent([(f"{at}.png", scan) for at, scan in enumerate(scans)])


def test_bytes_of_several_archives_count_together() -> None:
    few = Limits(unpacked_bytes=300_000)
    archive = zipped({"a.bin": bytes(200_000)})
    with pytest.raises(DataError, match="Unpacked, these files have more than"):
        read_sent([("1.zip", archive), ("2.zip", archive)], limits=few)
    table = gzip.compress(bytes(200_000))
    found = read_sent(
        [("1.gz", table), ("2.gz", table), *((f"{at}.png", drawing(at)) for at in range(6))],
        limits=few,
    )
    assert "Unpacked, these files have more" in reasons(found)["2.gz"]


def test_a_bomb_is_noticed_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zipped({f"{at}.png": bytes(2**24) for at in range(17)})
    assert len(bomb) < 2**20
    monkeypatch.setattr(zipfile.ZipExtFile, "read", lambda *_: pytest.fail("it was unpacked"))
    with pytest.raises(DataError, match="Unpacked, these files have more than 256 MB"):
        read_sent([("bomb.zip", bomb)])


def test_reading_is_bounded_in_pictures_pixels_and_seconds() -> None:
    files = [(f"{at:02}.png", drawing(at)) for at in range(20)]
    found = read_sent(files, limits=Limits(pictures=10))
    assert len(found.greys) == 10
    assert found.names[0] == "00.png"
    assert found.names[-1] == "19.png"
    assert reasons(found) == {"10 of 20 pictures": "a set has at most 10"}
    found = read_sent(files, limits=Limits(all_pixels=85_000))
    assert 8 <= len(found.greys) <= 12
    assert all("pixels already" in one for one in reasons(found).values())
    with pytest.raises(DataError, match="took more than 0 seconds"):
        read_sent(files, limits=Limits(seconds=0))
    with pytest.raises(DataError, match="more than 0 MB together"):
        read_sent(files, limits=Limits(sent_bytes=1000))


def test_time_runs_while_archives_and_tables_are_unpacked() -> None:
    row = ",".join(["0"] * 64)
    table = ("big.csv", "\n".join([row] * 3000).encode())
    with pytest.raises(DataError, match="took more than 0 seconds"):
        read_sent([table], limits=Limits(seconds=0))
    archive = ("some.zip", zipped({"a.png": drawing(1)}))
    with pytest.raises(DataError, match="took more than 0 seconds"):
        read_sent([archive], limits=Limits(seconds=0))


class Left(BaseException):
    """What a page raises once its session has ended."""


@pytest.mark.parametrize("sent", ["pictures", "table"])
def test_reading_ends_at_once_when_nobody_waits_for_it(
    sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    decode = sets.decode
    monkeypatch.setattr(
        sets, "decode", lambda *args, **kwargs: decoded.append(args) or decode(*args, **kwargs)
    )
    row = ",".join(["0"] * 64)
    table = [("big.csv", "\n".join([row] * 3000).encode())]
    pictures = [(f"{at:03}.png", drawing(at)) for at in range(300)]

    def leave(done: int, of: int) -> None:
        raise Left

    with pytest.raises(Left):
        read_sent(table if sent == "table" else pictures, progress=leave)
    assert len(decoded) < 30


def test_progress_is_told_to_the_end() -> None:
    told: list[tuple[int, int]] = []
    read_sent(
        [(f"{at}.png", drawing(at)) for at in range(6)],
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(at, 6) for at in range(1, 7)]


# ---------------------------------------------------------------- classes


def test_the_first_folder_in_which_not_all_lie_is_the_class() -> None:
    def classes(*paths: str) -> list[str]:
        return folders_of([path.split("/") for path in paths])

    assert classes("x/3/anna/1.png", "x/3/ben/2.png", "x/4/1.png") == ["3", "3", "4"]
    assert classes("train/3/1.png", "test/4/1.png", "train/4/2.png") == ["3", "4", "4"]
    assert classes("mine/1.png", "mine/2.png") == ["", ""]
    assert classes("1.png", "3/2.png") == ["", "3"]
    assert classes("train/1.png", "test/2.png") == ["train", "test"]
    assert classes() == []


def test_classes_are_sorted_as_numbers_and_named_as_their_folders() -> None:
    files = {f"{at}/{at}.png": drawing(at) for at in range(12)}
    found = read_sent([("x.zip", zipped(files))])
    assert found.class_names == tuple(map(str, range(12)))
    names = [found.class_names[label] for label in found.labels]
    assert names == [name.split("/")[0] for name in found.names]


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("utf-8", ("Köln", "München")),
        ("cp850", ("Köln", "München")),
        ("cp1252", ("München", "été")),
        ("cp852", ("křeček", "žába")),
        ("cp866", ("кошка", "собака")),
        ("gbk", ("狗狗", "猫猫")),
        ("shift_jis", ("ねこ", "犬")),
        ("euc_kr", ("강아지", "고양이")),
    ],
)
def test_names_in_a_zip_may_be_of_any_encoding(encoding: str, names: tuple[str, ...]) -> None:
    files = {f"{name}/{at}.png": drawing(at) for name in names for at in range(3)}
    # Python writes UTF-8 and says so: names of the same length stand in for the real ones.
    raw = {name.encode(encoding): content for name, content in files.items()}
    stand_ins = {f"{at:03}".ljust(len(name), "Q"): name for at, name in enumerate(raw)}
    archive = zipped(dict(zip(stand_ins, raw.values(), strict=True)))
    for stand_in, name in stand_ins.items():
        archive = archive.replace(stand_in.encode(), name)
    assert read_sent([("x.zip", archive)]).class_names == names


@settings(deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=120),
    st.integers(0, 99),
)
def test_a_fifth_is_held_out_and_of_no_class_all(labels: list[int], seed: int) -> None:
    array = np.array(labels)
    chosen = held_out(array, 0.2, seed)
    assert np.array_equal(chosen, held_out(array, 0.2, seed))
    assert 1 <= chosen.sum() < len(labels)
    sizes = np.bincount(array)
    for label in np.unique(array):
        count = int(chosen[array == label].sum())
        if sizes.max() > 1:
            assert count < sizes[label]
        assert abs(count - 0.2 * sizes[label]) <= 1
    able = sizes[sizes > 1].sum()
    if able >= len(labels) / 2:
        assert abs(int(chosen.sum()) - max(1, int(len(labels) * 0.2))) <= 1


def test_two_of_each_of_ten_classes_lose_no_class() -> None:
    labels = np.repeat(np.arange(10), 2)
    chosen = held_out(labels, 0.2, 0)
    assert chosen.sum() == 4
    assert set(labels[~chosen]) == set(range(10))


# ---------------------------------------------------------------- tables


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.tobytes()


def saved(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def csv(titles: bool, separator: str = ",") -> bytes:
    rows = [[label, *grey.ravel()] for label, grey in zip(TRUTH, DIGITS, strict=True)]
    head = [["label", *(f"pixel{at}" for at in range(784))]] if titles else []
    return "\n".join(separator.join(map(str, row)) for row in [*head, *rows]).encode()


@pytest.mark.parametrize(
    "files",
    [
        [("digits.csv", csv(titles=True))],
        [("digits.csv", csv(titles=False))],
        [("digits.csv", csv(titles=False, separator=";"))],
        [("mnist.npz", saved(x_train=DIGITS, y_train=TRUTH))],
        [("scaled.npz", saved(images=DIGITS[:, None] / 255, labels=np.eye(10)[TRUTH]))],
        [("images.npy", npy(DIGITS.reshape(-1, 784))), ("labels.npy", npy(TRUTH.astype(float)))],
        [("t-images-idx3-ubyte", idx(DIGITS)), ("t-labels-idx1-ubyte", idx(TRUTH.astype("u1")))],
        [
            ("t-images-idx3-ubyte.gz", gzip.compress(idx(DIGITS))),
            ("t-labels-idx1-ubyte.gz", gzip.compress(idx(TRUTH.astype("u1")))),
        ],
        [("all.zip", zipped({"x/digits.csv": csv(titles=True)}))],
    ],
    ids=["titles", "no titles", "semicolons", "npz", "scaled", "npy", "idx", "gzipped", "in a zip"],
)
def test_a_table_of_digits_is_read_exactly(files: list[tuple[str, bytes]]) -> None:
    found = read_sent(files)
    assert np.array_equal(found.greys[:, 0], DIGITS)
    names = [found.class_names[label] for label in found.labels]
    assert names == [str(label) for label in TRUTH]


def test_a_table_of_black_digits_on_white_is_turned_around() -> None:
    found = read_sent([("inverted.npy", npy(255 - DIGITS))])
    assert np.array_equal(found.greys[:, 0], DIGITS)


def test_a_table_says_what_is_wrong_with_it() -> None:
    pictures = [(f"{at}.png", drawing(at)) for at in range(6)]
    for content, words in (
        (b"1,2,3\n4,5,6", "has 3 columns"),
        (csv(titles=False) + b"\n1,2,3", "row 41, has 3 columns and not 785"),
        (b"", "is empty"),
    ):
        found = read_sent([("bad.csv", content), *pictures])
        assert words in reasons(found)["bad.csv"]
    found = read_sent([("nan.npy", npy(np.full((9, 8, 8), np.nan))), *pictures])
    assert "not finite" in reasons(found)["nan.npy"]


# ---------------------------------------------------------------- what is seen and can be changed


def test_polarity_is_found_for_each_picture() -> None:
    files = [
        (f"{at}.png", encoded(dark(one, 200) if at % 3 else large(one, 200)))
        for at, one in enumerate(DIGITS)
    ]
    found = read_sent(files)
    assert found.light.tolist() == [at % 3 == 0 for at in range(len(DIGITS))]
    assert ((found.greys >= 128).mean(axis=(1, 2, 3)) < 0.4).all()


def test_odd_pictures_are_named_with_the_reason() -> None:
    files = [(f"{at}.png", drawing(at)) for at in range(12)]
    files += [
        ("light.png", encoded(large(DIGITS[20], 100))),
        ("twin.png", drawing(3)),
        ("blank.png", encoded(np.full((50, 50), 240, np.uint8))),
    ]
    found = read_sent(files)
    told = {found.names[one.index]: one.reason for one in oddities(found)}
    assert told == {
        "blank.png": "blank",
        "light.png": "light ink on dark paper, unlike most",
        "twin.png": "the same as 3.png",
    }


def test_a_picture_can_be_left_out_put_back_inverted_or_used_as_it_is() -> None:
    found = read_sent([(f"{at}.png", drawing(at, 64)) for at in range(8)])
    without = changed(found, 2, kept=False)
    assert without.kept.sum() == 7
    assert reasons(without) == {"2.png": "left out by you"}
    assert changed(without, 2, kept=True).kept.all()
    inverted = changed(found, 2, invert=True)
    assert inverted.light[2] != found.light[2]
    assert (inverted.greys[2] >= 128).mean() > 0.4
    as_it_is = changed(found, 2, as_it_is=True)
    assert not as_it_is.drawn[2]
    assert as_it_is.greys[2].mean() > 128  # its paper is white
    for at in (0, 1, 3, 7):
        assert np.array_equal(inverted.greys[at], found.greys[at])
    with pytest.raises(DataError, match="no picture 8"):
        changed(found, 8, kept=False)


def test_pictures_of_up_to_64_pixels_are_kept_as_they_are() -> None:
    dice = np.random.default_rng(0)
    greys = dice.integers(0, 256, (6, 64, 64), dtype=np.uint8)
    found = read_sent([(f"{at}.png", encoded(one)) for at, one in enumerate(greys)], "as-is")
    assert np.array_equal(found.greys[:, 0], greys)


def test_a_folder_of_formats_is_read_whole(tmp_path: Path) -> None:
    from tests.pictures.cases import heic

    for at in range(4):
        (tmp_path / f"{at}.tiff").write_bytes(encoded(dark(DIGITS[at], 90), "TIFF"))
        (tmp_path / f"{at}.HEIC").write_bytes(heic(dark(DIGITS[at + 4], 90)))
        (tmp_path / f"{at}.JPG").write_bytes(encoded(dark(DIGITS[at + 8], 90), "JPEG"))
    found = read_folder(tmp_path)
    assert len(found.greys) == 12
    assert found.kept.all()
    assert not found.left_out


def test_the_limits_are_one_for_all_doors() -> None:
    assert Limits() == LIMITS
