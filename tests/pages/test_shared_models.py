"""A server's sessions share one copy of each model: what one looks at, no other one sees."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pixelcnn.introspect.feature_maps import activations
from pixelcnn.models.graph import trace
from pixelcnn.models.preset_configs import presets
from pixelcnn.models.registry import build_model
from pixelcnn.system.arrays import read_npy


def test_layers_shown_are_those_of_one_s_own_picture_while_others_use_the_model() -> None:
    model = build_model("gated_pixelcnn", height=8, width=8, **presets("gated_pixelcnn")["tiny"])
    pictures = [torch.full((1, 1, 8, 8), level, dtype=torch.uint8) for level in (0, 1)]
    alone = [activations(model, picture) for picture in pictures]
    values = len(trace(model).values)
    done = threading.Event()

    def look(which: int) -> int:
        wrong = 0
        for _ in range(60):
            found = activations(model, pictures[which])
            for name, maps in found.items():
                wrong += maps.requires_grad or not bool((maps == alone[which][name]).all())
        return wrong

    def disturb() -> bool:
        same = True
        while not done.is_set():
            model.log_prob(pictures[0])  # with gradients
            same &= len(trace(model).values) == values
        return same

    with ThreadPoolExecutor(3) as pool:
        other = pool.submit(disturb)
        try:
            assert list(pool.map(look, (0, 1))) == [0, 0]
        finally:
            done.set()
        assert other.result()


def test_an_array_is_read_although_python_s_parser_stumbles_now_and_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which it does in CPython 3.11 when several threads use it: it cannot be had on demand."""
    path, load, stumbles = tmp_path / "a.npy", np.load, iter([True, True, False])
    np.save(path, np.arange(3))

    def stumbling(*args: Any, **options: Any) -> Any:
        if next(stumbles):
            raise SystemError("AST constructor recursion depth mismatch (before=48, after=45)")
        return load(*args, **options)

    monkeypatch.setattr(np, "load", stumbling)
    assert read_npy(path).tolist() == [0, 1, 2]
