"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "The intervals of two models overlap. Is neither of them better?",
        (
            right(
                "One may be: look at the difference digit by digit, which has its own interval.",
                "Both are judged by the same digits, so their luck is shared and cancels in the "
                "difference.",
            ),
            wrong(
                "Neither: overlapping intervals mean a draw.",
                "That would be right for two exams with different questions. Here both sat the "
                "same one.",
            ),
            wrong(
                "The one with the shorter interval is.",
                "The length says how much digits differ for it, not how good it is.",
            ),
        ),
        Try(
            "Compare two models that are close, and see which interval holds zero.",
            "compare",
            {"model": "mnist-threshold-gated", "against": "mnist-threshold-eight-orders"},
        ),
    ),
    Question(
        "A network is to tell drawn from real pictures, and is right 50 times in 100. What now?",
        (
            right(
                "It cannot tell them apart: it might as well toss a coin.",
                "That is the best that drawn pictures can do. A better network might still find "
                "something.",
            ),
            wrong(
                "Half of the pictures are bad.",
                "The share of right answers says nothing about single pictures. A coin is right "
                "half of the time, whatever it is shown.",
            ),
            wrong(
                "The pictures are as bad as they can be.",
                "Then it would be right 100 times in 100: plain noise is told from digits at once.",
            ),
        ),
        Try("Press the button below *How real do the pictures look?*, and read that card."),
    ),
    Question(
        "An autoencoder's loss is 41 nats, a PixelCNN's 61. Which of them is better?",
        (
            right(
                "One cannot say: only the PixelCNN's number comes from a probability.",
                "The autoencoder saw the digit when it made the code. Its loss says how well it "
                "restores, not how likely the digit is.",
            ),
            wrong(
                "The autoencoder: less is better.",
                "Less is better among numbers of one kind. These two measure different things.",
            ),
            wrong(
                "The PixelCNN: its number is larger.",
                "A larger loss would be worse, were they of one kind.",
            ),
        ),
        Try(
            "Scroll to *Which of these can give a probability?* and decode random codes.",
            "compare",
            {"ink": "as drawn pixels"},
        ),
    ),
    Question(
        "A model draws the same ten perfect digits again and again. Which score does not notice?",
        (
            right(
                "The class score: each picture is clear, and all ten classes occur.",
                "It never compares with real digits. Recall would fall to nearly nothing.",
            ),
            wrong(
                "Recall.",
                "It asks which real digits lie among the drawn ones. Ten pictures cover few of "
                "them.",
            ),
            wrong(
                "The distance to the nearest training digit.",
                "If the ten were copied from the training digits, it would be 0 pixels, and that "
                "is noticed at once.",
            ),
        ),
        Try("Read the last line of each card: it says when a score lies."),
    ),
    Question(
        "Both models get the same random numbers. Why are their pictures not the same?",
        (
            right(
                "At some pixel their probabilities differ, the number falls between them, and all "
                "that follows differs too.",
                "The same number chooses ink in one and paper in the other. From then on they see "
                "different pasts.",
            ),
            wrong(
                "The random numbers are used in another order.",
                "Each pixel has its own number, the same one for both.",
            ),
            wrong(
                "One of them was trained longer.",
                "Training shaped the probabilities. With equal ones, the pictures would be equal.",
            ),
        ),
        Try("Point at the pictures: the upper rows of a pair often agree, the lower ones do not."),
    ),
    Question(
        "You found the real digit in 8 of 12 rounds. Can you tell real from drawn?",
        (
            right(
                "Perhaps: with so few rounds a coin would do as well now and then.",
                "The 95% interval of 8 in 12 holds 50%. More rounds make it narrower.",
            ),
            wrong(
                "Yes: 8 is more than 6.",
                "A coin finds 8 or more of 12 about one time in five.",
            ),
            wrong(
                "No: it would have to be 12 of 12.",
                "Nobody needs to be perfect. The interval must lie above 50%, and with enough "
                "rounds two thirds would do.",
            ),
        ),
        Try("Play the game, and read your interval at the end.", "compare", {"game": "5"}),
    ),
)
