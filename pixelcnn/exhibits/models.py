"""Models that make one mistake each; see `catalogue.py`."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.models.gated_pixelcnn import GatedPixelCNN, GatedPixelCNNConfig
from pixelcnn.models.pixelcnn import PixelCNN
from pixelcnn.models.pixelcnn_attention import PixelCNNAttention, PixelCNNAttentionConfig
from pixelcnn.models.pixelcnn_blocks import PixelCNNConfig
from pixelcnn.nn.layers import MaskedConv2d, TapConv2d
from pixelcnn.nn.likelihoods import Bernoulli

# ---------------------------------------------------------------- masks


def _mask(model: nn.Module, path: str) -> Tensor:
    """A copy of the mask of the convolution at `path`."""
    layer = model.get_submodule(path)
    assert isinstance(layer, TapConv2d)
    return layer.mask.clone()


def _put_mask(model: nn.Module, path: str, mask: Tensor) -> None:
    """Replace the mask of the convolution at `path`, and reinitialise its weights."""
    model.set_submodule(path, TapConv2d(mask))


def _spatial(model: nn.Module) -> list[str]:
    """The masked convolutions that read other pixels than their own."""
    return [
        path
        for path, layer in model.named_modules()
        if isinstance(layer, MaskedConv2d) and max(layer.kernel_size) > 1
    ]


def _centre(mask: Tensor) -> Tensor:
    """The part `(out, in)` of a mask for the pixel itself."""
    return mask[:, :, mask.shape[2] // 2, mask.shape[3] // 2]


class NoMask(PixelCNN):
    """Ordinary convolutions throughout."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        for path in _spatial(self):
            _put_mask(self, path, torch.ones_like(_mask(self, path)))


class RowsBelowOpen(PixelCNN):
    """A mask that hides the rest of the row, but not the rows below."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        for path in _spatial(self):
            mask = _mask(self, path)
            mask[:, :, mask.shape[2] // 2 + 1 :] = True
            _put_mask(self, path, mask)


class MaskBFirst(PixelCNN):
    """Type B in the first layer, which shows each pixel to itself."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        mask = _mask(self, "first")
        _centre(mask).fill_(True)
        _put_mask(self, "first", mask)


class MasksExchanged(PixelCNN):
    """Type B in the first layer and type A after it."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        for path in _spatial(self):
            mask = _mask(self, path)
            _centre(mask).fill_(path == "first")
            _put_mask(self, path, mask)


class OutputMaskA(PixelCNN):
    """Type A again at the output, where it hides earlier colours from later ones."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        inputs, outputs = self.output.in_channels, self.output.out_channels
        self._output = MaskedConv2d(inputs, outputs, 1, "A", colours=config.colour_groups)


class OwnRowSkipped(GatedPixelCNN):
    """A vertical stack that skips its own row in each layer, instead of one shift at the end.

    Source of the correct version: van den Oord et al. 2016b, figure 2.
    """

    def __init__(self, config: GatedPixelCNNConfig) -> None:
        super().__init__(config)
        for index in range(len(self.layers)):
            mask = _mask(self, f"layers.{index}.vertical")
            mask[:, :, mask.shape[2] // 2] = False
            _put_mask(self, f"layers.{index}.vertical", mask)
            self.set_submodule(f"layers.{index}.shift", nn.Identity())


class HorizontalDropped(GatedPixelCNN):
    """Two stacks, of which only the vertical one is used where they join."""

    def __init__(self, config: GatedPixelCNNConfig) -> None:
        super().__init__(config)
        for index in range(len(self.layers)):
            path = f"layers.{index}.horizontal"
            _put_mask(self, path, torch.zeros_like(_mask(self, path)))


# ---------------------------------------------------------------- other layers


class UnguardedAttention(nn.Module):
    """Attention over earlier pixels that does not treat the first pixel, which has none."""

    def __init__(self, heads: int) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Shapes as in `CausalAttention`."""
        q, k, v = (x.flatten(2).unflatten(1, (self.heads, -1)) for x in (query, key, value))
        scores = q.transpose(2, 3) @ k / q.shape[2] ** 0.5  # (B, heads, H * W, H * W)
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu()
        weights = scores.masked_fill(hidden, -1e9).softmax(dim=-1)
        return (v @ weights.transpose(2, 3)).reshape(value.shape)


class UnguardedFirstRow(PixelCNNAttention):
    """`UnguardedAttention` after each block."""

    def __init__(self, config: PixelCNNAttentionConfig) -> None:
        super().__init__(config)
        for block in self.attentions.values():
            block.attention = UnguardedAttention(config.head_count)


class BatchNormed(PixelCNN):
    """Batch normalisation after each block."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(config.hidden_channels) for _ in range(config.blocks)
        )

    def mixed(self, block: int, h: Tensor, x: Tensor) -> Tensor:
        normed: Tensor = self.norms[block](h)
        return normed


class NoActivation(PixelCNN):
    """Convolutions without activations between them."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(replace(config, activation="none"))


# ---------------------------------------------------------------- losses, for two levels


class SigmoidTwice:
    """A Bernoulli likelihood whose logit is a probability, from 0 to 1."""

    levels, parameters, coupled = 2, 1, False

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        return Bernoulli().log_prob(parameters.sigmoid(), images)

    def level_log_probs(self, parameters: Tensor, images: Tensor) -> Tensor:
        return Bernoulli().level_log_probs(parameters.sigmoid(), images)

    def bias_for(self, frequencies: Tensor) -> Tensor:
        return Bernoulli().bias_for(frequencies)


class SquaredError(Bernoulli):
    """The squared error instead of a log-probability; sampled as if it were one."""

    def log_prob(self, parameters: Tensor, images: Tensor) -> Tensor:
        """Minus the squared error of each sub-pixel, which is not a log-probability."""
        painted = parameters[:, 0].sigmoid()
        return -F.mse_loss(painted, images.to(painted), reduction="none")


class ProbabilitiesAsLogits(PixelCNN):
    """A network that ends in a sigmoid, with a loss that applies another one."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        self.likelihood = SigmoidTwice()


class PaintsItsInput(NoMask):
    """No masks, and the squared error on the input: an auto-encoder."""

    def __init__(self, config: PixelCNNConfig) -> None:
        super().__init__(config)
        self.likelihood = SquaredError()
