"""Small data and models for training, and a configuration with few reports."""

import torch

from pixelcnn.data.dataset import DataSet, Split
from pixelcnn.models.registry import build_model
from pixelcnn.training.config import TrainConfig
from pixelcnn.training.events import Step


def make_data(levels=2, channels=1, size=6, count=40, classes=3, binarize="threshold"):
    """Random images, brighter to the right."""
    generator = torch.Generator().manual_seed(0)
    slope = torch.linspace(0, levels - 1, size).round()
    noise = torch.rand((count, channels, size, size), generator=generator)
    images = (noise * (slope + 1)).floor().clamp(max=levels - 1).to(torch.uint8)
    split = Split(images, torch.arange(count) % classes)
    greys = (noise * 255).to(torch.uint8) if binarize == "dynamic" else None
    names = tuple("abc"[:classes])
    return DataSet("made", levels, binarize, split, split, names, greys=greys)


def make_model(data, *, classes=0, name="pixelcnn", **options):
    torch.manual_seed(0)
    return build_model(
        name,
        levels=data.levels,
        channels=data.channels,
        height=data.height,
        width=data.width,
        classes=classes,
        **{"hidden_channels": 12, "blocks": 1, **options},
    )


def quiet(**options):
    """A configuration that reports only at the end."""
    silent = {"evaluate_every": 0, "sample_every": 0, "save_every": 0, "samples": 2}
    return TrainConfig(**{"batch_size": 8, **silent, **options})


def losses(events):
    return [event.nats for event in events if isinstance(event, Step)]
