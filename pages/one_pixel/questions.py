"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "What is the surprise at a pixel, and what is its entropy?",
        (
            right(
                "Entropy: how open the choice is. Surprise: what the actual colour costs.",
                "Entropy is the expected surprise, before the colour is known.",
            ),
            wrong(
                "They are two names for the same thing.",
                "Where the model is sure but wrong, entropy is low and surprise is high.",
            ),
            wrong(
                "Surprise is for ink, entropy is for paper.",
                "Every pixel has both.",
            ),
        ),
        Try("Find a pixel that is bright in the surprise map and dark in the entropy map."),
    ),
    Question(
        "You flip one pixel. Which probabilities can change?",
        (
            right(
                "Only those of later pixels.",
                "Earlier pixels are predicted before this one exists, and its own colour is "
                "predicted before it is known.",
            ),
            wrong(
                "Those of all its neighbours.",
                "The neighbours above and to the left come before it. They do not see it.",
            ),
            wrong(
                "Those of all pixels of the picture.",
                "That would be a leak: an earlier pixel would see the future.",
            ),
        ),
        Try("Flip a pixel in the middle: everything above it stays at 0."),
    ),
    Question(
        "Some later pixels stay at exactly 0. What does that mean?",
        (
            right(
                "The flipped pixel lies outside their receptive field: in the blind spot, or too "
                "far away.",
                "If no path leads from it to them, its colour makes no difference to them.",
            ),
            wrong(
                "The model is sure about them.",
                "Then the change would be small. Exactly 0 means that no information arrives.",
            ),
            wrong(
                "They are paper in both pictures.",
                "The map compares probabilities, not colours, and probabilities change on paper "
                "too.",
            ),
        ),
        Try(
            "Compare one stack with two, side by side.",
            "one_pixel",
            {"model": "mnist-threshold-pixelcnn", "beside": "mnist-threshold-gated"},
        ),
    ),
    Question(
        "What does the sum of the surprise over all pixels say?",
        (
            right(
                "How unlikely the whole picture is: the sum is −log *p* of the picture.",
                "Probabilities multiply, so their logarithms add up. In nats instead of bits, this "
                "is the training loss.",
            ),
            wrong(
                "How many pixels the model got wrong.",
                "A prediction can be partly wrong: the lower the probability of the true colour, "
                "the more it costs.",
            ),
            wrong(
                "How much ink there is.",
                "A long stroke that continues as expected costs little.",
            ),
        ),
        Try("Flip a pixel far from the strokes, and watch the total."),
    ),
    Question(
        "The change at a pixel is measured as KL divergence, in bits. When is it 0?",
        (
            right(
                "When the prediction is the same before and after the flip.",
                "It is the expected extra cost of using the old prediction when the new one is "
                "right.",
            ),
            wrong(
                "When the pixel keeps its colour.",
                "It compares predictions. They do not depend on the pixel's own colour.",
            ),
            wrong(
                "When ink and paper are equally likely.",
                "That is where entropy is highest. A prediction can move towards a half or away "
                "from it.",
            ),
        ),
        Try("Flip a pixel inside a stroke, then one on its edge: which changes more?"),
    ),
    Question(
        "An *earlier* pixel lights up after a flip. What have you found?",
        (
            right(
                "A leak: the network sees something that is not drawn yet.",
                "You can audit any network in this way, whatever its code.",
            ),
            wrong(
                "A rounding error.",
                "That would be tiny. In a causal network, earlier pixels are computed from exactly "
                "the same numbers, so not even rounding changes.",
            ),
            wrong(
                "A network that has learned to look back.",
                "A network should look back. It must not look ahead.",
            ),
        ),
        Try(
            "See what a leak looks like on the page Break it.",
            "break_it",
            {"exhibit": "The rows below are not masked"},
        ),
    ),
)
