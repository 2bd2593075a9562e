"""Causal self-attention over the pixels of an image, in raster order."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pixelcnn.errors import ConfigError


class CausalAttention(nn.Module):
    """Each position gets a weighted mean of the values at earlier positions.

    `strict` excludes the position itself, as needed for values that include their own pixel;
    features of earlier pixels only may also be attended at their own position. Under `strict` the
    first position has nothing to attend to, and its result is 0. (A softmax over masked scores
    alone would be a mean over the whole image, the future included.)

    Heads are equal contiguous parts of the channels, so colour groups stay apart when `heads` is a
    multiple of the number of colours.

    Source: Vaswani et al. 2017, section 3.2; Chen et al. 2018, "PixelSNAIL", section 2.2.
    """

    def __init__(self, heads: int, *, strict: bool) -> None:
        super().__init__()
        self.heads, self.strict = heads, strict

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Queries and keys `(B, heads * d, H, W)`, values `(B, C, H, W)` to `(B, C, H, W)`."""
        q, k, v = (self._split(x) for x in (query, key, value))
        if self.strict:
            # Without the first query and the last key, the strict mask is a causal one.
            seen = F.scaled_dot_product_attention(
                q[:, :, 1:], k[:, :, :-1], v[:, :, :-1], is_causal=True
            )
            mixed = F.pad(seen, (0, 0, 1, 0))
        else:
            mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return mixed.transpose(2, 3).reshape(value.shape)

    @torch.no_grad()
    def weights(self, query: Tensor, key: Tensor) -> Tensor:
        """The attention weights.

        Returns:
            `(B, heads, H * W, H * W)`: target, then source; rows sum to 1, or to 0 where there is
            nothing to attend to.
        """
        q, k = self._split(query), self._split(key)
        scores = q @ k.transpose(2, 3) / q.shape[-1] ** 0.5
        positions = scores.shape[-1]
        seen = torch.ones(positions, positions, dtype=torch.bool, device=q.device)
        seen = seen.tril(-1 if self.strict else 0)
        return scores.masked_fill(~seen, -torch.inf).softmax(dim=-1).nan_to_num(0.0)

    def _split(self, x: Tensor) -> Tensor:
        """`(B, C, H, W)` to `(B, heads, H * W, C / heads)`."""
        heads = x.flatten(2).unflatten(1, (self.heads, -1)).transpose(2, 3)
        # On a CPU, the fast kernel (3 to 5 times) needs a contiguous last dimension.
        return heads.contiguous()


def check_heads(heads: int, channels: int, colours: int, option: str = "heads") -> None:
    """Raise `ConfigError` unless heads divide the channels, and colours the heads."""
    if heads < 1 or channels % heads or heads % colours:
        allowed = [n for n in range(1, channels + 1) if channels % n == 0 and n % colours == 0]
        raise ConfigError(
            f"{option} = {heads} does not divide {channels} channels of {colours} colour(s); use "
            f"one of {', '.join(map(str, allowed))}."
        )
