"""Text of the page Compare: verdicts, maps, and which model gives a probability."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pixelcnn.scores.intervals import Interval
    from pixelcnn.scores.paired import PairedScores

LEAD = (
    "Two models draw from **the same random numbers**, then predict the same test digits. **Point "
    "at a picture** to see the pair overlaid."
)


def signed(value: float, digits: int) -> str:
    """A number with its sign, for text."""
    return f"{value:+.{digits}f}".replace("-", "−")


def number(value: float, digits: int) -> str:
    """A number for text, with a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "−")


def between(interval: Interval, digits: int) -> str:
    return f"{number(interval.low, digits)} to {number(interval.high, digits)}"


def verdict(scores: PairedScores) -> str:
    difference = scores.difference
    if not difference.clear:
        return "Too close to call: the interval contains zero."
    return f"{'A' if difference.value < 0 else 'B'} predicts digits better (95% confidence)."


def how_sure(scores: PairedScores) -> str:
    """Why the paired difference is the fair comparison, with the numbers on screen."""
    first, second = scores.alone
    apart = first.high < second.low or second.high < first.low
    difference = scores.difference
    separate = math.hypot(first.high - first.low, second.high - second.low)
    narrower = separate / (difference.high - difference.low)
    separate_words = (
        "Here the two intervals do not overlap."
        if apart
        else "Here the two intervals overlap, which seems to leave the question open."
    )
    clear = (
        "The interval excludes zero, so other test digits would most likely agree."
        if difference.clear
        else "The interval contains zero, so with other test digits the other model might have won."
    )
    return (
        f"Each model's interval shows how far its score would plausibly move with {scores.of} "
        f"other test digits. {separate_words}\n\n"
        "That test is too strict. A scrawl costs both models many bits, and a plain 1 costs both "
        "few. Score both on the **same** digits and take the difference digit by digit: what they "
        f"share cancels. **The paired interval is {narrower:.1f} times narrower**, and it is the "
        f"fair comparison. {clear}"
    )


def fine_print(scores: PairedScores) -> str:
    """How it was measured, and what the labels are worth."""
    words = (
        f"Measured on {scores.of} digits of MNIST's test set; none of the models here was trained "
        "on them. The intervals are 95% *bootstrap* intervals: the digits are resampled with "
        "replacement 2,000 times. They cover the choice of test digits, not of the training seed. "
        "The times were measured on this computer, with both models drawing 16 pictures in turn."
    )
    worth = scores.label_worth
    if not worth:
        return words
    labelled, other = ("A", "B") if worth < 0 else ("B", "A")
    paid = scores.after_paying
    better = "A" if paid < 0 else "B"
    keeps = (
        f"Even without that advantage {labelled} would lead by {abs(paid):.1f} nats per image."
        if better == labelled
        else f"Without that advantage {better} might lead, by up to {abs(paid):.1f} nats per image."
    )
    return (
        f"{words}\n\n"
        f"**Is that fair?** {labelled} is told which digit it is, and {other} is not. On average, "
        f"one of ten labels is worth at most ln 10 = {abs(worth):.2f} nats per image. {keeps}"
    )


# ---------------------------------------------------------------- the maps

MAPS = (
    "Both models read the same digit and pay −log₂ *p* bits for each pixel: its **surprise**. The "
    "map in the middle is the difference. Purple: here A paid more. Green: here B paid more. "
    "White: no difference."
)


def maps_in_words(difference: NDArray[np.float64]) -> str:
    """Where the lead comes from, for the difference A − B in bits `(H, W)`."""
    total = float(difference.sum())
    worst = divmod(int(np.abs(difference).argmax()), difference.shape[1])
    there = float(difference[worst])
    leader, sign = ("A", -1) if total < 0 else ("B", 1)
    gains = np.sort(np.maximum(sign * difference, 0).ravel())[::-1].cumsum()
    few = int(np.searchsorted(gains, gains[-1] / 2)) + 1
    return (
        f"On this digit **{leader} leads by {abs(total):.1f} bits**. Half of its gain comes from "
        f"**{few}** of {difference.size} pixels. The models differ most at row {worst[0]}, column "
        f"{worst[1]}, where {'B' if there < 0 else 'A'} pays {abs(there):.1f} bits more."
    )


# ---------------------------------------------------------------- codes

CODES = (
    "An **autoencoder** squeezes a picture into a few numbers, its *code*, and learns to restore "
    "it. A **VAE** (variational autoencoder) also makes the codes follow a known distribution, so "
    "that a random code decodes to a digit. A pixel-by-pixel model has no code. Which of the three "
    "can say how **likely** a picture is?"
)

CODES_NEED = (
    "The autoencoder and the VAE that come with the lab read black-and-white digits of 28 × 28 "
    "pixels. Choose such models in the sidebar to see them side by side."
)


def exact(nats: float, label: int | None) -> str:
    """The exact cost of the digit in a pixel-by-pixel model."""
    given = "" if label is None else f" (given the label {label})"
    return (
        f"**Exact: {nats:.1f} nats**{given}. The model multiplies the probabilities of all pixels. "
        "The products for all possible pictures add up to 1."
    )


def bounded(bound: float, tight: float, samples: int) -> str:
    """The bounds that a VAE gives."""
    return (
        f"**A bound: at most {bound:.1f} nats** (the ELBO), and with {samples} codes weighted by "
        f"how well they explain the digit, at most **{tight:.1f}**. The exact value would need "
        "every possible code. (Both bounds are estimates from random codes.)"
    )


def no_probability(loss: float) -> str:
    """The loss of an autoencoder, which is no probability."""
    return (
        f"**None.** Its loss here is {loss:.1f}, but that is not −log *p*: the code was made from "
        "this very digit. The loss says how well the digit is restored, not how likely it is."
    )


def whole_test_set(cards: Mapping[str, Mapping[str, Any]], card: Mapping[str, Any]) -> str:
    """The three numbers on many test digits, from the models' files."""
    vae, autoencoder = cards["vae"], cards["autoencoder"]
    others = [vae["bound_nats"], *([card["test_nats"]] if "test_nats" in card else [])]
    lowest = ", the lowest number of all" if autoencoder["test_loss_nats"] < min(others) else ""
    digits = f" ({card['test_images']:,} digits)" if "test_images" in card else ""
    ours = f"A: **{card['test_nats']:.1f} nats**, exact{digits}. " if "test_nats" in card else ""
    return (
        f"On MNIST's test digits, from the models' own files: {ours}VAE: at most "
        f"**{vae['test_loss_nats']:.1f}** ({vae['test_images']:,} digits), with "
        f"{vae['bound_samples']} weighted codes at most **{vae['bound_nats']:.1f}** "
        f"({vae['bound_images']:,} digits). Autoencoder: a loss of "
        f"**{autoencoder['test_loss_nats']:.1f}**{lowest}, and no probability. **A smaller number "
        "is better only if it is the same kind of number.**"
    )


TO_TRY = (
    "- **The same model against itself?** Not offered: the difference is 0 everywhere. Instead "
    "train one twice with two seeds (*Train live*), keep both, and compare them: how large a "
    "difference does chance alone make?\n"
    "- **Test digit → B leads**: are there digits on which the worse model wins? What do they look "
    "like?\n"
    "- **Random codes → as drawn pixels**: why are the VAE's pictures grainy, but not those of A?\n"
    "- **Play against A, then against B.** Whose pictures fool you? Do the scores agree?\n"
    "- **Share the address**: it contains both models, the seed and the game, so that everyone "
    "plays the same game."
)
