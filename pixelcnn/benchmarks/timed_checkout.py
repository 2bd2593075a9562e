"""Times one checkout's engines; a script that needs only the public functions of any version.

It is started with that checkout in PYTHONPATH. Each line of its input is a JSON list: checkpoint,
engine, images, how many of the top rows are given. Its answer is the processor time of drawing in
milliseconds an image, or null if that engine cannot draw from that model.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from pixelcnn import load_checkpoint, sample
from pixelcnn.sampling import make_engine


def _milliseconds(model: Any, engine: Any, images: int, rows: int) -> float:
    config = model.config
    shape = (images, config.channels, config.height, config.width)
    known = torch.zeros(shape, dtype=torch.bool)
    known[:, :, :rows] = True
    labels = torch.arange(images) % config.classes if config.classes else None
    levels = torch.zeros(shape, dtype=torch.uint8)
    start = time.process_time()
    sample(model, images, labels=labels, known=levels, known_mask=known, seed=0, engine=engine)
    return 1000 * (time.process_time() - start) / images


def _serve() -> None:
    torch.set_num_threads(1)
    engines: dict[tuple[str, str], tuple[Any, Any] | None] = {}
    for line in sys.stdin:
        checkpoint, name, images, rows = json.loads(line)
        key = (checkpoint, name)
        if key not in engines:
            model = load_checkpoint(Path(checkpoint))[0].eval()
            try:
                engine = make_engine(model, name)
                _milliseconds(model, engine, 1, 0)  # compiles
                engines[key] = (model, engine)
            except ValueError:
                engines[key] = None
        pair = engines[key]
        print(json.dumps(pair and _milliseconds(*pair, images, rows)), flush=True)


if __name__ == "__main__":
    _serve()
