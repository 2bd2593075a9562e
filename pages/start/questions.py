"""The questions at the end of the page."""

from __future__ import annotations

import math

from pages.shared.quiz_question import Question, Try, right, wrong

_CHANCE = 4  # in a question on surprise: a colour that had one chance in so many

QUESTIONS = (
    Question(
        "How does the model arrive at the probability of a whole picture?",
        (
            right(
                "It multiplies the probabilities of all pixels, each given the pixels before it.",
                "That is the formula above: a long product, with one factor for each pixel.",
            ),
            wrong(
                "It multiplies the probabilities of all pixels, each taken by itself.",
                "That would be so if pixels knew nothing of each other. But where a stroke has "
                "begun, ink is likelier: what stands before a pixel matters.",
            ),
            wrong(
                "It counts how often the picture occurs among the digits that it learned from.",
                "Almost every new picture occurs there not once, so all of them would get 0. The "
                "model has to say something sensible about pictures that nobody has seen.",
            ),
        ),
        Try("Pause the film above and step through it: every pixel has its own probability."),
    ),
    Question(
        "Is that product exact, or only near the truth?",
        (
            right(
                "It is exact: any probability of a picture can be written as such a product.",
                "This is the product rule of probability. Nothing is left out, so the likelihood "
                "that the model reports is exactly its own. What it has learned may still be poor.",
            ),
            wrong(
                "It is an estimate: the pixels to the right and below are ignored.",
                "They are not ignored. Each of them has its turn later, and then looks back at "
                "this pixel, so every two pixels meet exactly once.",
            ),
            wrong(
                "It is a lower bound, as in a variational auto-encoder.",
                "A bound is needed where hidden variables have to be guessed. Here there are none: "
                "all that a pixel depends on is on the canvas.",
            ),
        ),
        Try(
            "The page Sample adds up the surprise of all pixels: that sum is the digit's exact "
            "number of bits.",
            "sample",
        ),
    ),
    Question(
        "The film goes from left to right and from top to bottom. Must it?",
        (
            right(
                "No, any order gives such a product; but a network is built for one of them.",
                "The formula holds for every order. The masks and the training belong to one, and "
                "a network trained for it cannot simply be used in another.",
            ),
            wrong(
                "Yes, in any other order the product would be wrong.",
                "The product rule does not care which pixel is called the first.",
            ),
            wrong(
                "No, and the same trained network draws in whatever order one likes.",
                "It has learned to look up and to the left. Ask it for a pixel whose upper "
                "neighbours are missing, and it looks at nothing.",
            ),
        ),
        Try(
            "On the page Draw & complete, see what happens to a digit whose *lower* half is given.",
            "draw",
        ),
    ),
    Question(
        f"A pixel takes a colour that had one chance in {_CHANCE}. How great is the surprise?",
        (
            right(
                f"{math.log2(_CHANCE):.0f} bits",
                "As much as in that number of coin tosses guessed right: each halves the chance.",
            ),
            wrong(
                f"{1 / _CHANCE:g} bits",
                "That is the probability. Surprise is minus its logarithm, so that the surprises "
                "of several pixels add up while their probabilities multiply.",
            ),
            wrong(
                f"{_CHANCE} bits",
                f"{_CHANCE} bits belong to one chance in {2**_CHANCE}: each bit is one halving.",
            ),
        ),
        Try("Pause the film where a stroke begins and read the probability of the pixel there."),
    ),
    Question(
        "The model knows how likely ink is at each pixel. Why does it draw with random numbers?",
        (
            right(
                "So that likely pictures come often and unlikely ones seldom, as it has learned.",
                "A probability does not decide anything. Drawing from it does, and in the long run "
                "each picture appears as often as the product says.",
            ),
            wrong(
                "To hide its mistakes.",
                "Chance would make none of them better. A perfect model would have to draw with "
                "random numbers too, since there is more than one way to write a digit.",
            ),
            wrong(
                "Out of habit: always taking the likelier colour would give the same variety.",
                "It would give one single picture for each label, again and again.",
            ),
        ),
        Try(
            "Take chance away: at temperature 0 the likelier colour is always taken.",
            "sample",
            {"temperature": "0.0"},
        ),
    ),
    Question(
        "Two models read the same new digits. One needs fewer bits for them. What does that say?",
        (
            right(
                "It is the better one: it gave the real digits a higher probability.",
                "Fewer bits are less surprise. This is how models of this kind are compared.",
            ),
            wrong(
                "It is the smaller one: it stores fewer numbers.",
                "These are not bits of memory. They count the surprise at the digits.",
            ),
            wrong(
                "It is the worse one: its digits hold less information.",
                "The digits are the same for both. What differs is how well each model expected "
                "them.",
            ),
        ),
        Try(
            "Watch the curve on the page Train live: learning is this number going down.",
            "train",
        ),
    ),
)
