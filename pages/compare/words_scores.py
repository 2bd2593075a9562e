"""Text of the page Compare: what each score means, when it misleads, and the game's result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelcnn.scores.intervals import Interval
    from pixelcnn.scores.paired import PairedScores

# The loss of a network whose perplexity was once reported as 10^276: see pixelcnn.metrics.
_FAMOUS_NATS = 635.0


@dataclass(frozen=True)
class ScoreText:
    """A score explained.

    Attributes:
        title: its name.
        better: which way is better.
        means: what it says, in a sentence.
        lies: when it misleads: what follows "Misleads when".
    """

    title: str
    better: str
    means: str
    lies: str


LIKELIHOOD_SCORES = (
    ScoreText(
        "Nats per image",
        "lower is better",
        "how surprised the model is by a whole test digit: −ln *p*.",
        "the pictures differ in size: four times the pixels cost about four times the nats.",
    ),
    ScoreText(
        "Bits per pixel",
        "lower is better",
        "the same per pixel, in bits: the file size if the pictures were compressed with this "
        "model.",
        "most pixels are blank paper: they are so easy that good and bad models look alike.",
    ),
    ScoreText(
        "Perplexity per pixel",
        "1 is best",
        "the model is as unsure at a pixel as if it chose among this many equally likely colours.",
        "it is computed per *image*: then it is astronomical (see below).",
    ),
)

FILE_SCORE = ScoreText(
    "Bytes per image",
    "lower is better",
    "the mean size of a file that holds one digit, written by `pixelcnn.compress` and read again: "
    "nats / ln 2 / 8, and a part of a byte for its end. The formats know nothing of digits.",
    "the model itself, some hundred kilobytes, must be on the other side too.",
)

PICTURE_SCORES = (
    ScoreText(
        "Fréchet distance",
        "lower is better",
        "how far the pictures' features in a digit classifier lie from those of real digits, in "
        "mean and spread (FID, with our classifier in place of Inception).",
        "the sets are small or differ in size (it grows), or the classifier's features do not show "
        "the fault.",
    ),
    ScoreText(
        "Class score",
        "1 to 10, higher is better",
        "high if each picture is clearly one digit, and all ten occur (the *Inception score*).",
        "a model repeats ten good pictures: the score is perfect. It never looks at a real digit.",
    ),
    ScoreText(
        "Two-sample test",
        "50% is best",
        "how often a small network, trained just now to tell drawn pictures from real ones, is "
        "right about new pictures. At 50% it does no better than a coin.",
        "the network is too small or saw too few pictures: it may miss what you see at a glance.",
    ),
    ScoreText(
        "Precision · recall",
        "higher is better",
        "precision: the share of drawn pictures that lie close to real ones. Recall: the share of "
        "real ones that lie close to drawn ones, so it falls when a kind of digit is missing.",
        "a few odd real digits lie far from all others: the neighbourhoods around them become so "
        "large that noise counts as real.",
    ),
)

NEAREST = ScoreText(
    "Is it memorising? The nearest training digit",
    "best: as far as real digits",
    "the median distance to the nearest of the 4,500 training digits that come with the lab. "
    "Copies would be much nearer than unseen real digits are.",
    "a copy is shifted by one pixel, which counts as far away, or the model was trained on other "
    "digits too (the shipped models: on 60,000).",
)

SAMPLE_SCORES = (
    "The scores above measure how well a model **predicts** real digits. These measure how real "
    "its **own** pictures look. A model can be good at one and bad at the other. The column *real "
    "digits* is the yardstick: other unseen digits, scored in the same way. No model can be "
    "expected to score better."
)

SCORES_NEED = (
    "These scores use a classifier of black-and-white digits of 28 × 28 pixels, so they need two "
    "models that draw such digits."
)

GAME = (
    "One picture is a real test digit; the model drew the other. **Press ← or → for the real one, "
    "Space for the next round.** Both show the same digit if the model takes labels, both are in "
    "black and white, and the side is random in each round."
)


def huge_perplexity(scores: PairedScores) -> str:
    """Why exp(nats per image) is so large, with the numbers of A."""
    nats, dims = scores.ours.double().mean().item(), scores.dims
    per_pixel = math.exp(_FAMOUS_NATS / dims)
    return (
        f"**The perplexity of 10{_raised(_FAMOUS_NATS / math.log(10))}.** A report once gave this "
        f"number, and it looked like a disaster. It was exp({_FAMOUS_NATS:.0f} nats), the "
        "perplexity of a whole *image*: the model was as unsure as if it chose among that many "
        f"equally likely *pictures*. Per pixel it is exp({_FAMOUS_NATS:.0f} / {dims}) = "
        f"**{per_pixel:.2f}**: not a good model, but no disaster. In the same way A's {nats:.0f} "
        f"nats are 10{_raised(nats / math.log(10))} pictures, or {math.exp(nats / dims):.3f} "
        "colours per pixel: the same loss on two scales."
    )


def _raised(exponent: float) -> str:
    """A whole exponent as superscript."""
    return f"{exponent:.0f}".translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def result(hits: int, of: int, share: Interval) -> str:
    """The player's result and its interval."""
    if share.low > 1 / 2:
        sure = "The interval lies above 50%: you most likely see a difference."
    elif share.high < 1 / 2:
        sure = (
            "The interval lies below 50%: you most likely see a difference, but take the drawn "
            "picture for the real one."
        )
    else:
        sure = "The interval contains 50%, so it may have been luck. Play on to make it narrower."
    return (
        f"**You found the real one {hits} of {of} times: {share.value:.0%}** "
        f"(95% interval {share.low:.0%} to {share.high:.0%}). {sure}"
    )


def discriminator(pairs: Interval, tested: int) -> str:
    """The discriminator's score in the same game."""
    return (
        "In such pairs, the network of the two-sample test finds the real one "
        f"**{pairs.value:.0%}** of the time ({pairs.low:.0%} to {pairs.high:.0%}, from "
        f"{tested // 2} pairs that it has not seen)."
    )
