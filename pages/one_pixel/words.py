"""One pixel in words: what a change costs, and who notices it."""

from __future__ import annotations

from pixelcnn.introspect.counterfactual import Counterfactual

NOTICEABLE = 0.01  # bits: what counts as a change that somebody notices

LEAD = (
    "A network that draws pixel by pixel bets on each one before it sees it. **Click a pixel**, or "
    "walk with the arrow keys: it is flipped, and the right-hand map shows how much every later "
    "bet changes."
)

TERMS = (
    "- A **bit** is what one toss of a coin tells you. A pixel that got the probability *p* costs "
    "−log₂ *p* bits: ½ costs 1 bit, ¼ costs 2, a certainty costs nothing. That is its "
    "**surprise**. All surprises of an image add up to the cost of the image, which training makes "
    "small.\n"
    "- The **entropy** of a pixel is the surprise to be expected before it is drawn: 0 where the "
    "network is sure, 1 bit where ink and paper are equally likely.\n"
    "- The **KL divergence** compares two bets on one pixel, with the flip and without: the bits "
    "lost, on average, by keeping the old bet. It is 0 only if the bet is the same."
)

TRY = (
    "- **Flip a pixel in the middle of a stroke**, then one on blank paper far from it. Which one "
    "costs more bits, and which one is noticed further away?\n"
    "- **Show the changed picture**. Where does the network become unsure, and which pixels does "
    "the flip make more surprising?\n"
    "- **Look for the blind spot**: take the model *mnist-threshold-pixelcnn*, put "
    "*mnist-threshold-gated* beside it, and walk along a row. Hatched pixels come later and still "
    "cannot notice: no path leads there, however deep the network.\n"
    "- **Tell it a wrong digit** (a model with labels). Which strokes surprise it now?\n"
    "- **Before and after**: why is everything above the pixel, and to its left, hatched grey?"
)


def bits(value: float) -> str:
    """A number of bits for a sentence; what would read as 0.00 and is not is written out."""
    if value == 0:
        return "0 bits"
    text = f"{value:.2f}" if abs(value) >= 0.005 else "less than 0.01"
    return f"{text.replace('-', '−')} bits"


def in_words(found: Counterfactual, row: int, column: int) -> str:
    """What the flip costs, and who notices it, for a grey image."""
    was, now = (float(one[0, row, column]) for one in (found.surprise_before, found.surprise_after))
    more = found.total_after - found.total_before
    levels = [int(image[0, row, column]) for image in (found.before, found.after)]
    noticed = found.noticed(NOTICEABLE)
    pixels = "1 later pixel notices" if noticed == 1 else f"{noticed} later pixels notice"
    words = (
        f"The image costs **{found.total_before:.1f} bits**. The pixel in row {row}, column "
        f"{column} costs **{bits(was)}** of them; changed from {levels[0]} to {levels[1]}, it "
        f"would cost **{bits(now)}**, and the whole image **{found.total_after:.1f} bits**, "
        f"{abs(more):.1f} {'more' if more >= 0 else 'less'}. **{pixels}**, with a bet that "
        f"changes by more than {NOTICEABLE} bits"
    )
    if not noticed:
        return f"{words}."
    at = int(found.kl_bits[0].argmax())
    place = divmod(at, found.kl_bits.shape[-1])
    largest = bits(float(found.kl_bits.max()))
    return f"{words}; the most in row {place[0]}, column {place[1]}: **{largest}**."
