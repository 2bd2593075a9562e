"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "The intervals of two models overlap. Does that mean neither is better?",
        (
            right(
                "No: look at the difference digit by digit, which has its own interval.",
                "Both models are scored on the same digits. Easy and hard digits affect both "
                "alike, and that cancels in the difference.",
            ),
            wrong(
                "Yes: overlapping intervals mean a draw.",
                "That would be closer to the truth for two exams with different questions. Here "
                "both models sat the same exam.",
            ),
            wrong(
                "No: the one with the shorter interval is better.",
                "The length says how much the scores of single digits vary, not how good the model "
                "is.",
            ),
        ),
        Try(
            "Compare two models that are close, and see whether the paired interval contains zero.",
            "compare",
            {"model": "mnist-threshold-gated", "against": "mnist-threshold-eight-orders"},
        ),
    ),
    Question(
        "A network has to tell drawn pictures from real ones, and is right 50 times in 100. What "
        "does that mean?",
        (
            right(
                "It does no better than a coin: it shows no sign of telling them apart.",
                "That is the best result for the drawn pictures. A better network, or more "
                "pictures, might still show a difference.",
            ),
            wrong(
                "Half of the drawn pictures are bad.",
                "The share of right answers says nothing about single pictures. A coin is right "
                "half of the time, whatever the pictures.",
            ),
            wrong(
                "The pictures are as bad as they can be.",
                "Then the network would be right 100 times in 100: it tells plain noise from "
                "digits at once.",
            ),
        ),
        Try("Press the button below *How real do the pictures look?* and read *Two-sample test*."),
    ),
    Question(
        "An autoencoder's loss is 41 nats, a PixelCNN's 61. Which of them is better?",
        (
            right(
                "You cannot tell: only the PixelCNN's number comes from a probability.",
                "The autoencoder sees the digit when it makes the code. Its loss says how well it "
                "restores the digit, not how likely the digit is.",
            ),
            wrong(
                "The autoencoder: lower is better.",
                "Lower is better only among numbers of one kind. These two measure different "
                "things.",
            ),
            wrong(
                "The PixelCNN: its number is larger.",
                "If the two were of one kind, the larger loss would be worse.",
            ),
        ),
        Try(
            "Scroll to *Which of these can give a probability?* and decode random codes.",
            "compare",
            {"ink": "as drawn pixels"},
        ),
    ),
    Question(
        "A model draws the same ten perfect digits again and again. Which score does not notice "
        "this?",
        (
            right(
                "The class score: each picture is clear, and all ten classes occur.",
                "It never compares the pictures with real digits. Recall would fall to almost 0.",
            ),
            wrong(
                "Recall.",
                "Recall is the share of real digits that lie close to a drawn one. Ten pictures "
                "cover few of them.",
            ),
            wrong(
                "The distance to the nearest training digit.",
                "If the ten were copies of training digits, the distance would be 0 pixels, and "
                "you would notice at once.",
            ),
        ),
        Try("Read the last line of each card: it says when a score misleads."),
    ),
    Question(
        "Both models get the same random numbers. Why do their pictures differ?",
        (
            right(
                "At some pixel the random number falls between their two probabilities. From there "
                "on, the pictures differ.",
                "There, one model draws ink and the other draws paper. After that, the two models "
                "see different earlier pixels.",
            ),
            wrong(
                "The models use the random numbers in a different order.",
                "Each pixel has its own random number, the same for both models.",
            ),
            wrong(
                "One of them was trained longer.",
                "Training shapes the probabilities. If these were equal, the pictures would be "
                "equal too.",
            ),
        ),
        Try("Point at the pictures: the upper rows of a pair often agree, the lower ones rarely."),
    ),
    Question(
        "You found the real digit in 8 of 12 rounds. Can you tell real digits from drawn ones?",
        (
            right(
                "Perhaps: with so few rounds, a coin sometimes does as well.",
                "The 95% interval of 8 in 12 contains 50%. More rounds make it narrower.",
            ),
            wrong(
                "Yes: 8 is more than 6.",
                "A coin gets 8 or more of 12 right about one time in five.",
            ),
            wrong(
                "No: you would need 12 of 12.",
                "You need not be perfect. The interval must lie above 50%, and with enough rounds "
                "two thirds is enough for that.",
            ),
        ),
        Try("Play the game and read your interval at the end.", "compare", {"game": "5"}),
    ),
)
