"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A network without masks reports a loss of almost 0. Why is that no achievement?",
        (
            right(
                "It sees the answer: it only has to copy its input.",
                "A loss means something only if the network cannot see the pixel that it predicts.",
            ),
            wrong(
                "It has memorised the digits.",
                "The held-out digits are new to it, and it copies them just as well.",
            ),
            wrong(
                "It is an achievement, but it takes too much memory.",
                "Look at its samples: it cannot draw at all.",
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
                "On a canvas full of noise it draws that noise: it returns whatever is there.",
            ),
            wrong(
                "It was trained for too few steps.",
                "More steps make it a better copier.",
            ),
            wrong(
                "Most pixels of a digit are paper, so paper is the best guess.",
                "The corrected network knows that too, and still draws strokes.",
            ),
        ),
        Try(
            "Compare the pictures on the noisy canvas.",
            "break_it",
            {"exhibit": "Mask B in the first layer"},
        ),
    ),
    Question(
        "How can you find a leak in a network without knowing its code?",
        (
            right(
                "Change one pixel and see whether an output changes at this pixel or before it.",
                "If one does, it depends on what it should predict. That proves a leak, whatever "
                "the code.",
            ),
            wrong(
                "Look at the loss: it is never low without a leak.",
                "A low loss is a reason to be suspicious, but a small leak may hardly lower it.",
            ),
            wrong(
                "Count its weights.",
                "The number of weights says nothing about which pixels they read.",
            ),
        ),
        Try("*Your code*, under *Audit your own*, shows how."),
    ),
    Question(
        "Batch normalisation has no mask to forget. Why does it leak in train mode?",
        (
            right(
                "It computes its mean over all pixels, including later ones.",
                "So every output depends a little on every pixel. In eval mode it uses stored "
                "averages instead, and the leak is gone.",
            ),
            wrong(
                "It mixes up the images of a batch.",
                "It does make them depend on each other, but it leaks even with a single image.",
            ),
            wrong(
                "Its weights are not masked.",
                "It scales each feature map by one number. There is nothing to mask.",
            ),
        ),
        Try(
            "Point at the first pixel in the leak map.",
            "break_it",
            {"exhibit": "Batch normalisation in train mode"},
        ),
    ),
    Question(
        "Does a mistake that leaks nothing do harm?",
        (
            right(
                "It can: a network that sees less than it may predicts less well.",
                "Its loss is honest, but higher than necessary. The samples show the same.",
            ),
            wrong(
                "No: a network that does not cheat is correct.",
                "A network that sees nothing does not cheat either, but it draws noise.",
            ),
            wrong(
                "Yes: its likelihood is no longer exact.",
                "It is still exact, but the model is worse.",
            ),
        ),
        Try(
            "Here no pixel sees its left neighbour. Look at the loss and at the strokes.",
            "break_it",
            {"exhibit": "The horizontal stream dropped where the stacks join"},
        ),
    ),
    Question(
        "What is wrong with a mean-squared error between output and input?",
        (
            right(
                "It rewards copying the input, and says nothing about how likely a digit is.",
                "That makes an autoencoder. There is no probability to sample from.",
            ),
            wrong(
                "It penalises large errors too strongly.",
                "This network has almost no error left, and still cannot draw.",
            ),
            wrong(
                "Its gradient is too small to learn from.",
                "It learns quickly: its error is almost 0.",
            ),
        ),
        Try(
            "Look at the error that it reports and at its samples.",
            "break_it",
            {"exhibit": "Mean-squared error on the input"},
        ),
    ),
)
