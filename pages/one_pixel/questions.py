"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "What is the surprise at a pixel, and what its entropy?",
        (
            right(
                "Entropy: how open the choice was. Surprise: what the colour that came has cost.",
                "Entropy is the surprise to be expected, before the colour is known.",
            ),
            wrong(
                "Two names for the same.",
                "A pixel at which the model was sure, and wrong, has little entropy and much "
                "surprise.",
            ),
            wrong(
                "Surprise is for ink, entropy is for paper.",
                "Both can be said of any pixel.",
            ),
        ),
        Try("Find a pixel that is bright in the surprise map and dark in the entropy map."),
    ),
    Question(
        "You flip one pixel. Whose probabilities can change?",
        (
            right(
                "Those of later pixels only.",
                "Earlier pixels were bet on before this one existed. And its own bet was made "
                "before its colour was known.",
            ),
            wrong(
                "Those of all its neighbours.",
                "The neighbours above and to the left come before it. They know nothing of it.",
            ),
            wrong(
                "Those of all pixels of the picture.",
                "That would be a leak: an earlier pixel would know the future.",
            ),
        ),
        Try("Flip a pixel in the middle: everything above it stays at 0."),
    ),
    Question(
        "Some later pixels stay at exactly 0. What does that say of them?",
        (
            right(
                "The flipped pixel is out of their reach: in the blind spot, or too far away.",
                "If no path leads from it to them, its colour makes no difference at all.",
            ),
            wrong(
                "The model is sure of them.",
                "Then the change would be small. Exactly 0 means that nothing arrives.",
            ),
            wrong(
                "They are paper in both pictures.",
                "The map compares probabilities, not colours. Those move on paper as well.",
            ),
        ),
        Try(
            "Compare one stack with two, side by side.",
            "one_pixel",
            {"model": "mnist-threshold-pixelcnn", "beside": "mnist-threshold-gated"},
        ),
    ),
    Question(
        "What does the sum of the surprise over all pixels tell?",
        (
            right(
                "How unlikely the whole picture is: it is minus the logarithm of its probability.",
                "Probabilities multiply, so their logarithms add up. In nats instead of bits this "
                "is the loss of training.",
            ),
            wrong(
                "How many pixels the model got wrong.",
                "A bet can be half wrong. Each costs as much as it was against the truth.",
            ),
            wrong(
                "How much ink there is.",
                "A long stroke that goes on as expected costs little.",
            ),
        ),
        Try("Flip a pixel far from the strokes, and watch the total."),
    ),
    Question(
        "The change at a pixel is measured as KL divergence, in bits. When is it 0?",
        (
            right(
                "When the two bets are the same, before and after the flip.",
                "It is the extra surprise of somebody who goes on with the old bet while the new "
                "one is right.",
            ),
            wrong(
                "When the pixel keeps its colour.",
                "It compares what the model expects. No colour has to be drawn for that.",
            ),
            wrong(
                "When the bet is a half, ink or paper.",
                "That is where entropy is highest. A bet can move to a half, or away from it.",
            ),
        ),
        Try("Flip a pixel inside a stroke, then one on its edge: which changes more?"),
    ),
    Question(
        "One day an *earlier* pixel lights up after a flip. What have you found?",
        (
            right(
                "A leak: the network knows something that is not drawn yet.",
                "This is how any network can be audited, whatever its code.",
            ),
            wrong(
                "A rounding error.",
                "It would be tiny. And a causal network computes earlier pixels from the very "
                "same numbers, so not even that changes.",
            ),
            wrong(
                "A network that has learned to look back.",
                "To look back is its task. To look ahead is what must not be.",
            ),
        ),
        Try(
            "See what a leak looks like on the page Break it.",
            "break_it",
            {"exhibit": "The rows below not masked"},
        ),
    ),
)
