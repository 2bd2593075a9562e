"""Mistakes from the field, each as a small model that makes it, beside one that does not.

They are for the Break it page, and for tests that our checks catch them. Each model keeps the
contract of `AutoregressiveModel` except for its mistake, so it can be trained, scored and, by the
reference sampler, drawn from. `reach.audit` judges those that `torch.fx` can follow; for all others
there is `causality.perturbation_leaks`.
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
        said: the line as it was written.
        corrected: the line as it should be.
        why: what comes of it, in a sentence.
        broken: the model that makes the mistake.
        honest: the model that it would be without.
        options: of both, where the mistake needs them to show.
    """

    title: str
    said: str
    corrected: str
    why: str
    broken: type[AutoregressiveModel]
    honest: type[AutoregressiveModel]
    options: Mapping[str, Any] = field(default_factory=dict)

    def build(self, *, honest: bool = False, **config: Any) -> AutoregressiveModel:
        """A fresh model, with the mistake or without it.

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
        why="Each pixel is predicted from itself and from all that is drawn later: the loss goes "
        "to nothing, and while drawing there is nothing to copy but the canvas, empty or noise.",
        broken=broken.NoMask,
        honest=PixelCNN,
    ),
    "rows_below": Exhibit(
        title="The rows below not masked",
        said="mask[:, :, k // 2, k // 2:] = 0",
        corrected="mask[:, :, k // 2, k // 2:] = 0; mask[:, :, k // 2 + 1:] = 0",
        why="The rest of the own row is hidden, but the rows below it are not: the answer is read "
        "off the future.",
        broken=broken.RowsBelowOpen,
        honest=PixelCNN,
    ),
    "b_first": Exhibit(
        title="Mask B in the first layer",
        said='self.first = MaskedConv2d(1, 64, 7, "B")',
        corrected='self.first = MaskedConv2d(1, 64, 7, "A")',
        why="Type B keeps the centre, which in the first layer is the pixel to be predicted: the "
        "model learns to copy it.",
        broken=broken.MaskBFirst,
        honest=PixelCNN,
    ),
    "exchanged": Exhibit(
        title="Masks A and B exchanged",
        said='first = MaskedConv2d(1, 64, 7, "B"); rest = MaskedConv2d(64, 64, 3, "A")',
        corrected='first = MaskedConv2d(1, 64, 7, "A"); rest = MaskedConv2d(64, 64, 3, "B")',
        why="The first layer shows each pixel to itself, and the residual connections carry it "
        "past all the masks that come too late.",
        broken=broken.MasksExchanged,
        honest=PixelCNN,
    ),
    "own_row_skipped": Exhibit(
        title="A vertical stack that skips its own row",
        said="v = conv_rows_above(v); h = conv_row(h) + link(v)",
        corrected="v = conv_rows_above_and_own(v); h = conv_row(h) + link(shift_down(v))",
        why="Each layer moves up by one row at least, so the row just above is seen by the first "
        "kernel alone: the blind spot that two stacks were to remove is still there.",
        broken=broken.OwnRowSkipped,
        honest=GatedPixelCNN,
    ),
    "horizontal_dropped": Exhibit(
        title="The horizontal stream dropped where the stacks join",
        said="row = self.link(self.shift(above))",
        corrected="row = self.horizontal(horizontal) + self.link(self.shift(above))",
        why="No pixel knows the ones to its left, so strokes do not go on along a row.",
        broken=broken.HorizontalDropped,
        honest=GatedPixelCNN,
    ),
    "attention_row": Exhibit(
        title="An attention row with nothing to attend to",
        said="softmax(scores.masked_fill(hidden, -1e9))",
        corrected="softmax(scores.masked_fill(hidden, -1e9)) * ~hidden",
        why="For the first pixel all scores are equally hidden, and a softmax over equal numbers "
        "is a mean over the whole picture; attention in the next layer hands it on to all pixels.",
        broken=broken.UnguardedFirstRow,
        honest=PixelCNNAttention,
    ),
    "batch_norm": Exhibit(
        title="Batch normalisation in train mode",
        said="nn.BatchNorm2d(64)",
        corrected="ChannelNorm(64)",
        why="Mean and variance are taken over all pixels of all images of the batch, so each pixel "
        "knows a little of the future. In eval mode stored averages take their place and the leak "
        "is gone; here both modes report nearly the same loss, so only an audit tells.",
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
        why="To give back what it is shown is what an auto-encoder does: the error is nearly 0, "
        "and there is no probability to draw from.",
        broken=broken.PaintsItsInput,
        honest=PixelCNN,
    ),
    "sigmoid_twice": Exhibit(
        title="A softmax of probabilities",
        said="F.binary_cross_entropy_with_logits(torch.sigmoid(logits), x)",
        corrected="F.binary_cross_entropy_with_logits(logits, x)",
        why="A probability taken for a logit lies between 0 and 1, so the model can never give ink "
        "less than 50 % or more than 73 %: all its pictures are noise.",
        broken=broken.ProbabilitiesAsLogits,
        honest=PixelCNN,
    ),
    "no_activation": Exhibit(
        title="No non-linearity between masked layers",
        said="h = conv2(conv1(h))",
        corrected="h = conv2(F.relu(conv1(h)))",
        why="Linear layers upon linear layers are one linear layer, however many there are.",
        broken=broken.NoActivation,
        honest=PixelCNN,
    ),
}
