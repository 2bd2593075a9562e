"""Well-known mistakes, each as a small model that makes it, beside a correct one.

For the page Break it, and for tests that our checks catch them. Apart from its mistake each model
keeps the contract of `AutoregressiveModel`, so it can be trained, scored and sampled by the
reference engine. `reach.audit` judges those that `torch.fx` can trace; `perturbation_leaks` judges
the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pixelcnn.exhibits import models as broken
from pixelcnn.models.base import AutoregressiveModel
from pixelcnn.models.gated_pixelcnn import GatedPixelCNN
from pixelcnn.models.pixelcnn import PixelCNN
from pixelcnn.models.pixelcnn_attention import PixelCNNAttention


@dataclass(frozen=True)
class Exhibit:
    """One mistake.

    Attributes:
        title: what is wrong, in a few words.
        said: the wrong line of code.
        corrected: the correct line.
        why: the consequence, in a sentence.
        broken: the model that makes the mistake.
        honest: the same model without it.
        options: of both, if the mistake needs them to show.
    """

    title: str
    said: str
    corrected: str
    why: str
    broken: type[AutoregressiveModel]
    honest: type[AutoregressiveModel]
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self, *, honest: bool = False, **config: Any) -> AutoregressiveModel:
        """A fresh model, with or without the mistake.

        Args:
            honest: without it.
            config: options of the architecture, as for `build_model`.
        """
        kind = self.honest if honest else self.broken
        return kind(kind.config_class(**{**config, **self.options}))


EXHIBITS: Mapping[str, Exhibit] = {
    "no_mask": Exhibit(
        title="No mask at all",
        said="nn.Conv2d(1, 64, 7, padding=3)",
        corrected='MaskedConv2d(1, 64, 7, "A")',
        why="Each pixel is predicted from itself and from later ones: the loss goes to zero, and "
        "while sampling there is nothing to copy but the canvas, empty or noise.",
        broken=broken.NoMask,
        honest=PixelCNN,
    ),
    "rows_below": Exhibit(
        title="The rows below are not masked",
        said="mask[:, :, k // 2, k // 2:] = 0",
        corrected="mask[:, :, k // 2, k // 2:] = 0; mask[:, :, k // 2 + 1:] = 0",
        why="The rest of the row is masked, but the rows below are not: the answer is read off "
        "the future.",
        broken=broken.RowsBelowOpen,
        honest=PixelCNN,
    ),
    "b_first": Exhibit(
        title="Mask B in the first layer",
        said='self.first = MaskedConv2d(1, 64, 7, "B")',
        corrected='self.first = MaskedConv2d(1, 64, 7, "A")',
        why="Type B keeps the centre, which in the first layer is the pixel to predict: the "
        "model learns to copy it.",
        broken=broken.MaskBFirst,
        honest=PixelCNN,
    ),
    "exchanged": Exhibit(
        title="Masks A and B exchanged",
        said='first = MaskedConv2d(1, 64, 7, "B"); rest = MaskedConv2d(64, 64, 3, "A")',
        corrected='first = MaskedConv2d(1, 64, 7, "A"); rest = MaskedConv2d(64, 64, 3, "B")',
        why="The first layer shows each pixel to itself, and the residual connections carry it "
        "past all later masks.",
        broken=broken.MasksExchanged,
        honest=PixelCNN,
    ),
    "own_row_skipped": Exhibit(
        title="A vertical stack that skips its own row",
        said="v = conv_rows_above(v); h = conv_row(h) + link(v)",
        corrected="v = conv_rows_above_and_own(v); h = conv_row(h) + link(shift_down(v))",
        why="Each layer moves up by at least one row, so only the first kernel sees the row "
        "directly above: the blind spot that two stacks should remove is still there.",
        broken=broken.OwnRowSkipped,
        honest=GatedPixelCNN,
    ),
    "horizontal_dropped": Exhibit(
        title="The horizontal stream dropped where the stacks join",
        said="row = self.link(self.shift(above))",
        corrected="row = self.horizontal(horizontal) + self.link(self.shift(above))",
        why="No pixel sees the ones to its left, so strokes do not continue along a row.",
        broken=broken.HorizontalDropped,
        honest=GatedPixelCNN,
    ),
    "attention_row": Exhibit(
        title="An attention row with nothing to attend to",
        said="softmax(scores.masked_fill(hidden, -1e9))",
        corrected="softmax(scores.masked_fill(hidden, -1e9)) * ~hidden",
        why="For the first pixel all scores are masked equally, and a softmax over equal numbers "
        "is a mean over the whole image; attention in the next layer passes it on to all pixels.",
        broken=broken.UnguardedFirstRow,
        honest=PixelCNNAttention,
    ),
    "batch_norm": Exhibit(
        title="Batch normalisation in train mode",
        said="nn.BatchNorm2d(64)",
        corrected="ChannelNorm(64)",
        why="Mean and variance are taken over all pixels of all images of the batch, so each pixel "
        "knows a little of the future. In eval mode stored averages take their place and the leak "
        "is gone; here both modes report nearly the same loss, so only an audit finds it.",
        broken=broken.BatchNormed,
        honest=PixelCNN,
    ),
    "output_mask_a": Exhibit(
        title="Colours masked once too often",
        said='self.output = MaskedConv2d(64, 3 * levels, 1, "A", colours=3)',
        corrected='self.output = MaskedConv2d(64, 3 * levels, 1, "B", colours=3)',
        why="Red is predicted from nothing, green no longer sees red, and blue no longer sees "
        "green: only the first layer is of type A.",
        broken=broken.OutputMaskA,
        honest=PixelCNN,
        options={"channels": 3},
    ),
    "squared_error": Exhibit(
        title="Mean-squared error on the input",
        said="loss = F.mse_loss(network(x), x)",
        corrected="loss = F.binary_cross_entropy_with_logits(masked_network(x), x)",
        why="Reproducing the input is what an auto-encoder does: the error is nearly 0, "
        "and there is no probability to sample from.",
        broken=broken.PaintsItsInput,
        honest=PixelCNN,
    ),
    "sigmoid_twice": Exhibit(
        title="A softmax of probabilities",
        said="F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x)",
        corrected="F.binary_cross_entropy_with_logits(logits, x)",
        why="A probability used as a logit is between 0 and 1, so the model can never give ink "
        "less than 50 % or more than 73 %: all its images are noise.",
        broken=broken.ProbabilitiesAsLogits,
        honest=PixelCNN,
    ),
    "no_activation": Exhibit(
        title="No non-linearity between masked layers",
        said="h = conv2(conv1(h))",
        corrected="h = conv2(F.relu(conv1(h)))",
        why="Stacked linear layers are one linear layer, at any depth.",
        broken=broken.NoActivation,
        honest=PixelCNN,
    ),
}
