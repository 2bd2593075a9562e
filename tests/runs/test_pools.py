"""A pile of drawings takes what a class draws, in any order, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pixelcnn.errors import DataError
from pixelcnn.runs.pools import SIDE, find_pool, open_pool


def drawing(number: int) -> np.ndarray:
    """A drawing of its own for each number."""
    bits = (number + 1) >> np.arange(SIDE) & 1
    return np.repeat(bits[None] * 255, SIDE, axis=0).astype(np.uint8)


def test_thirty_students_at_once_lose_no_drawing(tmp_path: Path) -> None:
    pool = open_pool(tmp_path)
    with ThreadPoolExecutor(30) as students:
        list(students.map(lambda number: pool.add(drawing(number)), range(300)))
    found = find_pool(tmp_path, pool.code)
    assert found is not None
    assert len(found) == 300
    images = found.drawings()
    assert images is not None
    assert {one.tobytes() for one in images.greys[:, 0]} == {
        drawing(number).tobytes() for number in range(300)
    }


def test_what_is_no_drawing_is_refused_or_passed_over(tmp_path: Path) -> None:
    pool = open_pool(tmp_path)
    with pytest.raises(DataError, match="no ink"):
        pool.add(np.zeros((SIDE, SIDE), np.uint8))
    with pytest.raises(DataError, match="14 x 14"):
        pool.add(np.ones((28, 28), np.uint8))
    assert pool.drawings() is None
    pool.add(drawing(1))
    (tmp_path / ".pools" / pool.code / "99999-damaged.npy").write_bytes(b"nonsense")
    images = pool.drawings()
    assert images is not None
    assert len(images.greys) == 1


def test_no_code_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / ".pools").mkdir()
    (tmp_path / "secret").mkdir()
    for code in ("../secret", "secret", "", ".", "..", "a" * 6, "abc/de"):
        assert find_pool(tmp_path, code) is None
