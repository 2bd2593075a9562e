"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A network without masks reports a loss of almost 0. Why is that no achievement?",
        (
            right(
                "It was shown the answer: it only has to copy its input.",
                "A loss says something only if the pixel that is predicted was hidden.",
            ),
            wrong(
                "It has learned the digits by heart.",
                "The digits of this test are new to it. It copies these as well.",
            ),
            wrong(
                "It is one, but it takes too much memory.",
                "Look at its samples. It cannot draw at all.",
            ),
        ),
        Try(
            "Compare the two losses, and then the samples.",
            "break_it",
            {"exhibit": "No mask at all"},
        ),
    ),
    Question(
        "Why does it draw nothing but paper?",
        (
            right(
                "It copies the pixel that it is about to draw, and the canvas there is empty.",
                "On a canvas full of noise it draws that noise. What it draws is what was there.",
            ),
            wrong(
                "It was trained for too few steps.",
                "More steps make it a better copier.",
            ),
            wrong(
                "Most pixels of a digit are paper, so paper is the best guess.",
                "The corrected network knows that too, and draws strokes.",
            ),
        ),
        Try(
            "Compare the pictures on the noisy canvas.",
            "break_it",
            {"exhibit": "Mask B in the first layer"},
        ),
    ),
    Question(
        "How can one find a leak in a network whose code one does not know?",
        (
            right(
                "Change one pixel, and see whether an output moves at this pixel or before it.",
                "If one does, it depends on what it should predict. That is a proof, whatever the "
                "code looks like.",
            ),
            wrong(
                "Look at the loss: without a leak it is never low.",
                "A low loss is a reason for doubt, but a small leak may hardly lower it.",
            ),
            wrong(
                "Count its weights.",
                "The number of weights says nothing about which pixels they look at.",
            ),
        ),
        Try("*Your code*, under *Audit your own*, shows how."),
    ),
    Question(
        "There is no mask to forget in batch normalisation. Why does it leak in train mode?",
        (
            right(
                "It takes its mean over all pixels, those that come later among them.",
                "So every output depends a little on every pixel. In eval mode stored averages "
                "take the place of that mean, and the leak is gone.",
            ),
            wrong(
                "It mixes up the images of a batch.",
                "It does make them depend on each other, but the leak is there even with a single "
                "image.",
            ),
            wrong(
                "Its weights are not masked.",
                "It scales each feature map by one number. There is nothing to be masked.",
            ),
        ),
        Try(
            "Point at the first pixel in the leak map.",
            "break_it",
            {"exhibit": "Batch normalisation in train mode"},
        ),
    ),
    Question(
        "A mistake that leaks nothing: does it do harm?",
        (
            right(
                "It can: a pixel that sees less than it may, predicts less well.",
                "Such a loss is honest, only higher than it need be. The samples tell the same.",
            ),
            wrong(
                "No: what does not cheat is right.",
                "A network that sees nothing does not cheat either, and its digits are noise.",
            ),
            wrong(
                "Yes: its likelihood is no longer exact.",
                "It is exact for the worse model that it is.",
            ),
        ),
        Try(
            "Here no pixel knows its left neighbour. Look at the loss and at the strokes.",
            "break_it",
            {"exhibit": "The horizontal stream dropped where the stacks join"},
        ),
    ),
    Question(
        "What is wrong with a mean-squared error between output and input?",
        (
            right(
                "It rewards giving back the input, and says nothing about how likely a digit is.",
                "That makes an auto-encoder. There is no probability to draw from.",
            ),
            wrong(
                "It punishes large errors too hard.",
                "That would be a matter of taste. This network has no errors left, and still "
                "cannot draw.",
            ),
            wrong(
                "Its slope is too flat to learn from.",
                "It learns quickly: its error is almost 0.",
            ),
        ),
        Try(
            "Look at the error that it reports, and at what it draws.",
            "break_it",
            {"exhibit": "Mean-squared error on the input"},
        ),
    ),
)
