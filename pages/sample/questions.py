"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A PixelCNN trains much faster than a PixelRNN. Why is drawing just as slow?",
        (
            right(
                "In drawing, each pixel has to wait for the one before it.",
                "In training the whole digit is known, so all pixels are predicted at once. A new "
                "digit needs one run of the network for each pixel, in order.",
            ),
            wrong(
                "Random numbers are slow.",
                "They take almost no time. The waiting takes the time.",
            ),
            wrong(
                "The masks are slow: they are used only in drawing.",
                "They are used all the time. For training without them, see *Break it*.",
            ),
        ),
        Try("Play the film: no pixel appears before its turn."),
    ),
    Question(
        "This lab draws hundreds of times faster, without changing any picture. How?",
        (
            right(
                "It caches what it has computed for earlier pixels: a new pixel changes none of "
                "that.",
                "No layer sees the future, so earlier results stay valid. Each layer only has to "
                "compute the new pixel.",
            ),
            wrong(
                "It draws several pixels at the same time.",
                "Then they could not see each other, and strokes would not fit together.",
            ),
            wrong(
                "It uses a smaller network for drawing.",
                "It is the same network, and the same random numbers give the same pictures.",
            ),
        ),
        Try("Draw 64 digits and see how long it takes.", "sample", {"n": "64"}),
    ),
    Question(
        "What does temperature 0 do?",
        (
            right(
                "It always takes the likeliest colour: each label gives one picture, always the "
                "same.",
                "Nothing is random any more. But the likeliest pixels, one after the other, need "
                "not make the likeliest picture.",
            ),
            wrong(
                "It leaves the paper empty.",
                "Only where paper is likelier. Within a stroke, ink is.",
            ),
            wrong(
                "It draws digits with the learned probabilities.",
                "That is temperature 1: each colour comes as often as its probability says.",
            ),
        ),
        Try("Look at the digits at temperature 0.", "sample", {"temperature": "0.0"}),
    ),
    Question(
        "What does a temperature above 1 do?",
        (
            right(
                "It makes choices more random: unlikely levels come more often.",
                "All probabilities move towards a half. One odd pixel leads to the next, since "
                "each pixel depends on those before it.",
            ),
            wrong(
                "It makes the network learn faster.",
                "The weights do not change. Only the choice from its probabilities does.",
            ),
            wrong(
                "It makes the digits darker.",
                "More ink appears where it was unlikely, but so does paper within strokes.",
            ),
        ),
        Try("See where the digits fall apart first.", "sample", {"temperature": "2.0"}),
    ),
    Question(
        "Where is the model unsure, with an entropy near 1 bit?",
        (
            right(
                "Along the edges of strokes, and where a new stroke may begin.",
                "There, ink and paper are about equally likely. Inside the ink and far out on the "
                "paper there is little to decide.",
            ),
            wrong(
                "Inside the strokes.",
                "Ink on all sides makes more ink almost certain.",
            ),
            wrong(
                "Everywhere about the same.",
                "Then the map would be uniform. It shows a bright outline.",
            ),
        ),
        Try("Find the bright cells in the map *Where does the model hesitate?*."),
    ),
    Question(
        "You keep the seed and change the label. What stays the same?",
        (
            right(
                "Only the random numbers.",
                "The probabilities change, because the network gets another label.",
            ),
            wrong(
                "The first half of the picture.",
                "The label affects every pixel from the first on, so even the first stroke "
                "differs.",
            ),
            wrong(
                "The surprise of the pictures, in bits.",
                "Some digits can be written in more ways than others, and cost more bits.",
            ),
        ),
        Try("Choose 3, then 8, with the same seed.", "sample", {"label": "3", "seed": "5"}),
    ),
)
