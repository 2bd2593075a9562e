"""The questions at the end of the page."""

from __future__ import annotations

import math

from pages.shared.quiz_question import Question, Try, right, wrong

_LABEL = f"{math.log(10):.1f} nats"

QUESTIONS = (
    Question(
        "Two trainings differ only in their seed, and their scores differ. Why?",
        (
            right(
                "The first weights and the order of the digits are drawn at random.",
                "Both change where training ends. That spread is what a real difference has to "
                "exceed.",
            ),
            wrong(
                "The held-out digits are others each time.",
                "They are always the same 500. What differs is how the network got there.",
            ),
            wrong(
                "One of the two was interrupted.",
                "Both took all their steps. Chance is enough to end at different scores.",
            ),
        ),
        Try(
            "Look at the dots of one row: they differ in nothing but the seed.",
            "experiments",
            {"experiment": "Kernel size"},
        ),
    ),
    Question(
        "The bars of two rows overlap, yet the conclusion says that one is better. Can that be?",
        (
            right(
                "Yes: it compares seed with seed, and these differences may all point one way.",
                "With the same seed both sides share their luck. Taking the difference cancels "
                "it; the bars still contain it.",
            ),
            wrong(
                "No: overlapping bars prove that there is no difference.",
                "They say how sure each mean is by itself. The difference of pairs may be surer.",
            ),
            wrong(
                "Yes: the larger network always counts as the better one.",
                "Size plays no part in the conclusion. It is read off the differences alone.",
            ),
        ),
        Try(
            "Follow the thin lines from row to row: do they all lean the same way?",
            "experiments",
            {"experiment": "Skip connections"},
        ),
    ),
    Question(
        "The conclusion says: no difference is visible. What does that mean?",
        (
            right(
                "With so few seeds and steps, chance alone could have made what was measured.",
                "The interval includes 0. With more seeds it shrinks, and a small difference may "
                "come to light.",
            ),
            wrong(
                "It is proved that the two are equally good.",
                "Nothing is proved: the interval also includes differences other than 0.",
            ),
            wrong(
                "The experiment failed, and has to be repeated.",
                "It did what it should: it says how large a difference could have been missed.",
            ),
        ),
        Try(
            "Add a seed with *Run it live*: where do the green points land?",
            "experiments",
            {"experiment": "LSTM or GRU"},
        ),
    ),
    Question(
        "Why do both sides get equally many steps, and not equally many seconds?",
        (
            right(
                "Seconds depend on the computer and on who else uses it; steps do not.",
                "Anybody can repeat 500 steps. What a step costs stands in the table, as images "
                "per second: weigh it yourself.",
            ),
            wrong(
                "Every step takes equally long in every network.",
                "Twice the blocks take about twice as long. See images/s in the table.",
            ),
            wrong(
                "So that the slower network wins.",
                "It has more time, but not more digits. Whether it uses them better is the "
                "question.",
            ),
        ),
        Try(
            "Compare images/s of 5 and of 10 blocks in the table.",
            "experiments",
            {"experiment": "Number of blocks"},
        ),
    ),
    Question(
        "A model of 2 levels has 30 nats per digit, one of 256 levels has 500. Which is better?",
        (
            right(
                "That cannot be said: they were surprised by different pictures.",
                "256 levels hold far more to guess. Compare each with a simple guess at its own "
                "pictures instead.",
            ),
            wrong(
                "The one of 2 levels: it has fewer nats.",
                "Its pictures hold less. A constant picture would have 0 nats, and teach nothing.",
            ),
            wrong(
                "The one of 256 levels: its pictures are nicer.",
                "They are, but that is a property of the data and not of the model.",
            ),
        ),
        Try(
            "See what is compared instead: the axis is in percent.",
            "experiments",
            {"experiment": "Levels of grey"},
        ),
    ),
    Question(
        "How much can it help to be told which of ten digits a picture shows?",
        (
            right(
                f"At most {_LABEL} per digit, to a perfect model.",
                "A label is one of ten, and ln 10 is the surprise at one of ten. A model that is "
                "still learning may gain more: the label saves it work.",
            ),
            wrong(
                "It can bring the surprise down to 0.",
                "Handwriting differs within a class, too. The label says nothing about that.",
            ),
            wrong(
                "Nothing: the network finds out by itself.",
                "Only after some rows. Until then it has to guess, and that costs.",
            ),
        ),
        Try(
            "Compare the gain here with that limit.",
            "experiments",
            {"experiment": "Labels"},
        ),
    ),
)
