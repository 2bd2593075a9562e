"""Compare in words: verdicts, maps, and who can give a probability."""

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
    "Two models draw from **the same random numbers**, then bet on the same test digits. **Point "
    "at a picture** to lay its pair one over the other."
)


def signed(value: float, digits: int) -> str:
    """A number with its sign, for a sentence."""
    return f"{value:+.{digits}f}".replace("-", "−")


def number(value: float, digits: int) -> str:
    """A number for a sentence."""
    return f"{value:.{digits}f}".replace("-", "−")


def between(interval: Interval, digits: int) -> str:
    """An interval for a sentence."""
    return f"{number(interval.low, digits)} to {number(interval.high, digits)}"


def verdict(scores: PairedScores) -> str:
    """Who predicts better, in a few words."""
    difference = scores.difference
    if not difference.clear:
        return "Too close to call."
    return f"{'A' if difference.value < 0 else 'B'} predicts digits better."


def how_sure(scores: PairedScores) -> str:
    """Why the paired difference is the honest comparison, with the numbers on screen."""
    first, second = scores.alone
    apart = first.high < second.low or second.high < first.low
    difference = scores.difference
    separate = math.hypot(first.high - first.low, second.high - second.low)
    narrower = separate / (difference.high - difference.low)
    told_apart = (
        "The two intervals do not meet here."
        if apart
        else "The two intervals overlap here, which seems to leave the matter open."
    )
    clear = (
        "It stays clear of zero: other test digits would have said the same."
        if difference.clear
        else "It holds zero: with other test digits, the other model might have won."
    )
    return (
        f"Each model's interval says how far its score would move with {scores.of} other test "
        f"digits. {told_apart}\n\n"
        "But that asks too much: a scrawl is dear for both, a plain 1 cheap for both. Let both "
        "bet on the **same** digits and look at the difference digit by digit, and that luck "
        f"cancels. **The paired interval is {narrower:.1f} times narrower**, and it is the honest "
        f"comparison. {clear}"
    )


def fine_print(scores: PairedScores) -> str:
    """How it was measured, and who was told what."""
    words = (
        f"Measured on {scores.of} digits of MNIST's test set, which none of the models here has "
        "learned from. The intervals hold 95%: they are a *bootstrap*, the means of the same "
        "digits drawn anew, with replacement, 2,000 times. The milliseconds were taken on this "
        "computer, with both models drawing 16 pictures in turns."
    )
    worth = scores.label_worth
    if not worth:
        return words
    told, other = ("A", "B") if worth < 0 else ("B", "A")
    paid = scores.after_paying
    better = "A" if paid < 0 else "B"
    keeps = (
        f"{told} would still be ahead, by {abs(paid):.1f} nats"
        if better == told
        else f"{better} might then be ahead, by up to {abs(paid):.1f} nats"
    )
    return (
        f"{words}\n\n**Is that fair?** {told} was told which digit it is, and {other} was not. "
        f"That is worth at most ln 10 = {abs(worth):.2f} nats an image, as one of ten labels can "
        f"say no more. If {told} gave all of it back, {keeps} per image."
    )


# ---------------------------------------------------------------- the maps

MAPS = (
    "Both models read the same digit and pay −log₂ *p* bits for each pixel: its **surprise**. The "
    "map in the middle is the difference. Purple: here A paid more. Green: here B paid more. "
    "White: no difference."
)


def maps_in_words(difference: NDArray[np.float64]) -> str:
    """Where the lead comes from, for the signed difference in bits `(H, W)`."""
    total = float(difference.sum())
    worst = divmod(int(np.abs(difference).argmax()), difference.shape[1])
    there = float(difference[worst])
    leader, sign = ("A", -1) if total < 0 else ("B", 1)
    gains = np.sort(np.maximum(sign * difference, 0).ravel())[::-1].cumsum()
    few = int(np.searchsorted(gains, gains[-1] / 2)) + 1
    return (
        f"On this digit **{leader} is {abs(total):.1f} bits ahead**. Half of what it gains lies on "
        f"**{few}** of {difference.size} pixels. They differ most in row {worst[0]}, column "
        f"{worst[1]}, where {'B' if there < 0 else 'A'} pays {abs(there):.1f} bits more."
    )


# ---------------------------------------------------------------- codes

CODES = (
    "An **autoencoder** squeezes a picture into a few numbers, its *code*, and learns to restore "
    "it. A **VAE** (variational autoencoder) also learns how codes are spread, so that a random "
    "one makes sense. A model that draws pixel by pixel has no code. Which of the three can say "
    "how **likely** a picture is?"
)

CODES_NEED = (
    "The autoencoder and the VAE that come with the lab read black-and-white digits of 28 × 28 "
    "pixels. Choose such models in the sidebar to see them side by side."
)


def exact(nats: float, label: int | None) -> str:
    """What a pixel-by-pixel model says of the digit, told its label or not."""
    told = "" if label is None else f" (told that it is a {label})"
    return (
        f"**Exact: {nats:.1f} nats**{told}. It multiplies the probabilities of all pixels. Those "
        "of all possible pictures add up to 1."
    )


def bounded(bound: float, tight: float, samples: int) -> str:
    """What a VAE says of the digit."""
    return (
        f"**A bound: at most {bound:.1f} nats** (the ELBO), and with {samples} codes weighed by "
        f"how well they explain the digit, at most **{tight:.1f}**. The truth would need every "
        "code there is."
    )


def no_probability(loss: float) -> str:
    """What an autoencoder says of the digit."""
    return (
        f"**None.** Its loss here is {loss:.1f}, but that is no −log *p*: the code was made from "
        "this very digit. It says how well a picture is restored, not how likely it is."
    )


def whole_test_set(cards: Mapping[str, Mapping[str, Any]], card: Mapping[str, Any]) -> str:
    """The same on many test digits, from the files."""
    vae, autoencoder = cards["vae"], cards["autoencoder"]
    others = [vae["bound_nats"], *([card["test_nats"]] if "test_nats" in card else [])]
    lowest = ", the lowest number of all" if autoencoder["test_loss_nats"] < min(others) else ""
    ours = (
        f"A: **{card['test_nats']:.1f} nats**, exact ({card['test_images']:,} digits). "
        if "test_nats" in card
        else ""
    )
    return (
        f"On MNIST's test digits, from the models' own files: {ours}VAE: at most "
        f"**{vae['test_loss_nats']:.1f}** ({vae['test_images']:,} digits), with "
        f"{vae['bound_samples']} weighed codes at most **{vae['bound_nats']:.1f}** "
        f"({vae['bound_images']:,} digits). Autoencoder: a loss of "
        f"**{autoencoder['test_loss_nats']:.1f}**{lowest}, and no probability. "
        "**A smaller number is better only if it is the same kind of number.**"
    )


TO_TRY = (
    "- **The same model against itself?** Not offered: the difference is 0 everywhere. But train "
    "one twice with two seeds (*Train live*), keep both, and compare them: how large is the "
    "difference that chance alone makes?\n"
    "- **Test digit → B leads**: is there any digit on which the worse model wins? What "
    "do these look like?\n"
    "- **Random codes → as drawn pixels**: why are the VAE's pictures grainy, and those of A not?\n"
    "- **Play against A, then against B.** Whose pictures fool you? Do the scores agree?\n"
    "- **Share the address**: it holds both models, the seed and the game, so that everybody plays "
    "the same one."
)
