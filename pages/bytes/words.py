"""Text of the page Bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

LEAD = (
    "A model that knows digits need not store what it can predict. **Watch the counter**: pixels "
    "that the model expects cost next to nothing, surprises cost bits. What is left in the end is "
    "a file of about ten bytes. The decoder runs in your browser, on these bytes and nothing else."
)

RECEIVED = (
    "**Somebody sent you these bytes.** The model on your screen knows the rest: watch it draw the "
    "picture out of them."
)

SIZES = (
    "The same picture, as a file of each kind, written just now on this computer. The line marks "
    "the *{raw} bytes* of the bare bits. General formats know nothing of digits, and a header "
    "takes most of their file."
)

NOISE = (
    "**Noise costs more than its bare bits.** The model bets on digits. Where it gives ink 1 % and "
    "ink comes, it pays −log₂ 0.01 = 6.6 bits for a pixel that the bare file stores in 1. No file "
    "format can shorten everything: what it saves on digits it pays back elsewhere."
)

TERMS = (
    "- **Arithmetic coding** turns probabilities into a file. The whole file is one number between "
    "0 and 1. Each pixel keeps the part of the interval that belongs to its colour, as wide as the "
    "colour is likely. To name a number in an interval of width *w*, −log₂ *w* bits are enough: "
    "the sum of the surprises.\n"
    "- So a **likelihood is a file size**: nats / ln 2 / 8 are bytes. Training lowers exactly "
    "that.\n - **Decoder and encoder must agree to the last bit.** If one computes 0.30000001 "
    "where the other had 0.3, all that follows may be another picture. Both run the same "
    "WebAssembly program here, which gives the same bits on every machine, and round probabilities "
    "to whole numbers.\n - The last byte is seldom full: on average a third of a byte is lost, "
    "which is why a thousand digits in one file take fewer bytes each."
)

TRY = (
    "- **Flip a bit** in the first byte, then one in the last. How much of the picture survives?\n"
    "- **Draw a neat digit, then a sloppy one.** Which takes more bytes?\n"
    "- **Choose noise** and compare it with the bare bits.\n"
    "- **Give a wrong label**: the model then expects another digit.\n"
    "- **Point a phone at the code**: the picture is drawn there, out of the address alone."
)

CODE = """\
import torch
from pixelcnn import compress, decompress, load_checkpoint

model, card = load_checkpoint("{path}")
data = compress(model, image{labels})  # uint8 (1, 1, 28, 28) to bytes
assert torch.equal(decompress(model, data), image)
"""


def sizes_in_words(sizes: Mapping[str, int], models: Sequence[str]) -> str:
    """The first model's file beside the best general format."""
    best = min((name for name in sizes if name not in models), key=sizes.__getitem__)
    own = sizes[models[0]]
    if own >= sizes[best]:
        return f"This file takes **{own} bytes**; {best} needs only {sizes[best]}."
    return (
        f"This file takes **{own} bytes**; the best of the others, {best}, needs {sizes[best]}: "
        f"{sizes[best] / max(own, 1):.1f} times as many."
    )
