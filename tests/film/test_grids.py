"""A sheet varies two things with the same random numbers."""

import numpy as np
import pytest
import torch

from pixelcnn import build_model, sample
from pixelcnn.errors import ConfigError
from pixelcnn.film.grids import Row, draw_grid, uniforms_of

ROWS = [Row(2, 0.5), Row((0, 1, 2), 1.0), Row(1, 1.0, guidance=3.0)]
SEEDS = (7, 8, 9)


def test_each_tile_is_what_its_seed_label_temperature_and_guidance_give_alone() -> None:
    torch.manual_seed(0)
    options = {"height": 6, "width": 5, "hidden_channels": 6, "blocks": 2, "label_dropout": 0.1}
    model = build_model("pixelcnn", classes=3, **options).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    calls: list[tuple[int, int]] = []
    film = draw_grid(
        model,
        ROWS,
        uniforms_of(model, SEEDS),
        progress=lambda done, of: calls.append((done, of)),
    )
    tiles = film.images.reshape(len(ROWS), len(SEEDS), *film.images.shape[1:])
    for row, images in zip(ROWS, tiles, strict=True):
        for index, seed in enumerate(SEEDS):
            label = row.labels if isinstance(row.labels, int) else row.labels[index]
            alone = sample(
                model,
                1,
                labels=torch.tensor([label]),
                temperature=row.temperature,
                guidance=row.guidance,
                seed=seed,
            )
            np.testing.assert_array_equal(images[index], alone[0])
    assert calls == sorted(calls)
    assert {of for _, of in calls} == {len(ROWS) * 6}


def test_a_sheet_without_rows_is_refused() -> None:
    model = build_model("pixelcnn", height=4, width=4, hidden_channels=4, blocks=1)
    with pytest.raises(ConfigError, match="rows is empty"):
        draw_grid(model, [], uniforms_of(model, [0]))
