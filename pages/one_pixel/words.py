"""Text of the page One pixel: what a change costs, and which predictions it changes."""

from __future__ import annotations

from pixelcnn.introspect.counterfactual import Counterfactual

NOTICEABLE = 0.01  # bits: a smaller change of a prediction does not count

LEAD = (
    "A network that draws pixel by pixel predicts each one before it sees it. **Click a pixel** or "
    "move with the arrow keys: the pixel is flipped, and the right-hand map shows how much every "
    "later prediction changes."
)

TERMS = (
    "- A **bit** is the information in one coin toss. A pixel of probability *p* costs −log₂ *p* "
    "bits: ½ costs 1 bit, ¼ costs 2, and certainty costs nothing. That is its **surprise**. The "
    "surprises of all pixels add up to the cost of the image, which training minimises.\n"
    "- The **entropy** of a pixel is the expected surprise before the pixel is drawn: 0 where the "
    "network is sure, 1 bit where ink and paper are equally likely.\n"
    "- The **KL divergence** compares two predictions of one pixel, with and without the flip: the "
    "bits lost, on average, by keeping the old prediction. It is 0 only if both are the same."
)

TRY = (
    "- **Flip a pixel in the middle of a stroke**, then one on blank paper far from it. Which "
    "costs more bits, and which has an effect further away?\n"
    "- **Show the changed picture**. Where does the network become unsure? Which pixels become "
    "more surprising?\n"
    "- **Look for the blind spot**: choose the model *mnist-threshold-pixelcnn*, compare it with "
    "*mnist-threshold-gated*, and move along a row. The flip cannot affect hatched pixels, "
    "although they come later: no path leads there, however deep the network is.\n"
    "- **Give it a wrong label** (a model with labels). Which strokes surprise it now?\n"
    "- **Before and after**: why is everything above the pixel and to its left hatched in grey?"
)


def bits(value: float) -> str:
    """A number of bits for text; small values other than 0 do not read as 0.00."""
    if value == 0:
        return "0 bits"
    text = f"{value:.2f}" if abs(value) >= 0.005 else "less than 0.01"
    return f"{text.replace('-', '−')} bits"


def in_words(found: Counterfactual, row: int, column: int) -> str:
    """What the flip costs, and which predictions it changes, for a grey image."""
    was, now = (
        float(bits_map[0, row, column])
        for bits_map in (found.surprise_before, found.surprise_after)
    )
    more = found.total_after - found.total_before
    levels = [int(image[0, row, column]) for image in (found.before, found.after)]
    noticed = found.noticed(NOTICEABLE)
    changed = f"**{noticed} later prediction{'s' * (noticed != 1)}** change{'s' * (noticed == 1)}"
    words = (
        f"The image costs **{found.total_before:.1f} bits**, of which the pixel in row {row}, "
        f"column {column} costs **{bits(was)}**. Changed from {levels[0]} to {levels[1]}, the "
        f"pixel costs **{bits(now)}** and the whole image **{found.total_after:.1f} bits**, "
        f"{abs(more):.1f} {'more' if more >= 0 else 'less'}. {changed} by more than {NOTICEABLE} "
        "bits"
    )
    if not noticed:
        return f"{words}."
    at = int(found.kl_bits[0].argmax())
    place = divmod(at, found.kl_bits.shape[-1])
    largest = bits(float(found.kl_bits.max()))
    return f"{words}; the largest change is in row {place[0]}, column {place[1]}: **{largest}**."
