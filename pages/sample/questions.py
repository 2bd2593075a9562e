"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A PixelCNN trains much faster than a PixelRNN. Why does it draw just as slowly?",
        (
            right(
                "When it draws, each pixel has to wait for the one before it.",
                "In training the whole digit is there and all pixels are done at once. A new digit "
                "is not there yet: one run of the network for each pixel, in order.",
            ),
            wrong(
                "Random numbers take so long.",
                "They take next to no time. It is the waiting that costs.",
            ),
            wrong(
                "It is the masks: they are switched on only for drawing.",
                "They are on all the time. Training without them would be Break it.",
            ),
        ),
        Try("Play the film: no pixel appears before its turn."),
    ),
    Question(
        "This lab draws hundreds of times faster than that. Without a change to any picture, how?",
        (
            right(
                "It remembers what earlier pixels had computed: a new pixel changes none of it.",
                "Nothing looks ahead, so what was computed for a pixel stays true. Only the new "
                "pixel's own part of each layer is missing.",
            ),
            wrong(
                "It draws several pixels at the same time.",
                "Then they could not look at each other, and strokes would not fit together.",
            ),
            wrong(
                "It uses a smaller network for drawing.",
                "It is the same network, and the same random numbers give the same pictures.",
            ),
        ),
        Try("Ask for 64 digits, and look how long it takes.", "sample", {"n": "64"}),
    ),
    Question(
        "What does temperature 0 do?",
        (
            right(
                "It always takes the likelier colour: one label, one picture, always the same.",
                "Nothing is left to chance. And the likeliest pixels, one after the other, need "
                "not make the likeliest picture.",
            ),
            wrong(
                "It leaves the paper empty.",
                "Only where paper is the likelier colour. Within a stroke it is ink.",
            ),
            wrong(
                "It draws the digits as they were learned, with no change.",
                "That is temperature 1: each colour as often as its probability says.",
            ),
        ),
        Try("Look at the digits at temperature 0.", "sample", {"temperature": "0.0"}),
    ),
    Question(
        "And a temperature above 1?",
        (
            right(
                "Choices become bolder: what was unlikely is taken more often.",
                "All probabilities move towards a half. One odd pixel leads to the next, since "
                "each looks at those before it.",
            ),
            wrong(
                "The network learns faster.",
                "Its weights do not change any more. Only the choice from its answers does.",
            ),
            wrong(
                "The digits become darker.",
                "Ink comes where it was unlikely, but paper comes within strokes as well.",
            ),
        ),
        Try("Look where the digits fall apart first.", "sample", {"temperature": "2.0"}),
    ),
    Question(
        "Where is the model in doubt, that is, where is the entropy of a pixel near 1 bit?",
        (
            right(
                "Along the edges of strokes, and where a new one may begin.",
                "There ink and paper are about as likely. Inside the ink and far out on the paper "
                "there is little to decide.",
            ),
            wrong(
                "Inside the strokes.",
                "Ink on all sides makes more ink almost certain.",
            ),
            wrong(
                "Everywhere about the same.",
                "Then its bits would be spread evenly. The map shows a bright outline.",
            ),
        ),
        Try("Find the bright cells in the map *Where does the model hesitate?*."),
    ),
    Question(
        "Same seed, another label. What stays the same?",
        (
            right(
                "The random numbers, and nothing else that one could see.",
                "What they fall on changes: told another digit, the network gives other "
                "probabilities.",
            ),
            wrong(
                "The first half of the picture.",
                "The label is known from the first pixel on, so already the first stroke differs.",
            ),
            wrong(
                "The surprise of the pictures, in bits.",
                "Some digits can be written in more ways than others, and have more bits.",
            ),
        ),
        Try("Take 3, then 8, with the same seed.", "sample", {"label": "3", "seed": "5"}),
    ),
)
