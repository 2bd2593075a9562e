"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A model gives a picture 55 nats. How many bytes does its file take?",
        (
            right(
                "About 10.",
                "55 / ln 2 = 79 bits, and 79 / 8 = 9.9 bytes. The likelihood is the file size.",
            ),
            wrong("About 55.", "A nat is 1.44 bits, and a byte has 8 of them."),
            wrong(
                "That depends on the file format.",
                "Arithmetic coding comes within a byte of −log₂ *p*, whatever the model.",
            ),
        ),
        Try("Read the counter at the last pixel, and compare it with the number of bytes."),
    ),
    Question(
        "Which pixels take the most bits?",
        (
            right(
                "Those that surprise the model, such as the beginning of a stroke.",
                "A pixel of probability *p* takes −log₂ *p* bits.",
            ),
            wrong("Pixels of ink.", "Ink in the middle of a stroke is expected and costs little."),
            wrong(
                "All the same: 1 bit each.", "That is the bare file, of a model that knows nothing."
            ),
        ),
        Try("Move the slider slowly over the first row that has ink, and watch the counter."),
    ),
    Question(
        "Noise takes more bytes than its bare bits. Why?",
        (
            right(
                "The model bets on digits, and pays where it loses.",
                "Short files for digits must be paid for by longer files for all else: there are "
                "only so many short files.",
            ),
            wrong(
                "It has more ink.", "An all-black picture costs for another reason: it is no digit."
            ),
            wrong(
                "Arithmetic coding is inefficient there.",
                "It comes within a byte of −log₂ *p* there too. It is *p* that is so small.",
            ),
        ),
        Try("Choose noise.", "bytes", {"instead": "noise in its place"}),
    ),
    Question(
        "You flip one bit in the middle of the file. What does the decoder draw?",
        (
            right(
                "The same pixels at first, then another picture.",
                "Each pixel depends on the number that is left of the file, and on all pixels "
                "before it.",
            ),
            wrong("The same picture with one pixel flipped.", "The bits do not stand for pixels."),
            wrong(
                "Always an error.",
                "Any bytes are some picture's. Only the end of the file can betray that no encoder "
                "wrote it.",
            ),
        ),
        Try("Flip bits from the last to the first, and watch where the picture goes wrong."),
    ),
    Question(
        "Encoder and decoder run on different machines. What must be equal?",
        (
            right(
                "Every probability, to the last bit.",
                "A difference in the eighth digit can move a border past the number in the file; "
                "then one pixel changes, and all that follows.",
            ),
            wrong(
                "The weights, and nothing else.",
                "The same weights give slightly different sums if they are added in another order.",
            ),
            wrong("The random numbers.", "Nothing is random here."),
        ),
        Try("Send the bytes to another device with the code, and compare the pictures."),
    ),
)
