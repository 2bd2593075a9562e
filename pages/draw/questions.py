"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "You give the lower half. Why does the upper half not fit?",
        (
            right(
                "Each pixel depends only on earlier ones, and the lower half comes later.",
                "The given pixels are kept, but the upper ones are drawn without seeing them.",
            ),
            wrong(
                "The model was trained with upper halves.",
                "It was trained with whole digits. It cannot change its order of drawing.",
            ),
            wrong(
                "The lower half of a digit does not say which digit it is.",
                "It often does. But the model does not see it in time.",
            ),
        ),
        Try("Look at the two rows of endings under *Why must you give the beginning?*."),
    ),
    Question(
        "How could you get a model that completes the upper half for a given lower half?",
        (
            right(
                "Train one on digits turned upside down, and turn the result back.",
                "A model can learn any order. Upside down, the lower half is the beginning.",
            ),
            wrong(
                "Raise the temperature until they fit.",
                "More random choices still do not see the pixels below.",
            ),
            wrong(
                "Remove the masks when drawing.",
                "The masked weights were never trained, and the pixels between are still missing "
                "when they are needed.",
            ),
        ),
        Try("Point at a pixel in the last grid: it cannot see the grey ones."),
    ),
    Question(
        "All nine endings start from the same drawing. Why do they differ?",
        (
            right(
                "Each is drawn with its own random numbers.",
                "Your beginning allows several digits. Each ending is one of them, and likely ones "
                "come more often.",
            ),
            wrong(
                "Nine different networks draw them.",
                "It is one network. With the same random numbers it draws the same ending.",
            ),
            wrong(
                "The network forgets your drawing on the way.",
                "It reads it for every pixel: each ending starts where your ink stops.",
            ),
        ),
        Try("Remove the randomness: temperature 0.", "draw", {"temperature": "0.0"}),
    ),
    Question(
        "The model was trained only to draw. How does it guess which digit you began?",
        (
            right(
                "It tries each label and sees which makes your pixels most likely.",
                "This is Bayes' rule: a label that makes the beginning likely is itself likely.",
            ),
            wrong(
                "It has a classifier inside.",
                "There is none. The probabilities for drawing also serve to recognise.",
            ),
            wrong(
                "It finishes the drawing and classifies the result.",
                "The guess is there before anything is finished.",
            ),
        ),
        Try("Draw a straight line down, then bend it, and watch the bars."),
    ),
    Question(
        "You draw something odd. What happens to the bits of your beginning?",
        (
            right(
                "They rise: the model did not expect it.",
                "Bits measure surprise, and they add up over all the pixels that you gave.",
            ),
            wrong(
                "They stay: bits depend only on the number of pixels.",
                "That would be true if each pixel were a coin toss. The model expects paper here "
                "and ink there.",
            ),
            wrong(
                "They fall: odd drawings carry little information.",
                "It is the other way round: expected pixels carry little information.",
            ),
        ),
        Try("Write a neat 1, read the bits, then scribble on it."),
    ),
    Question(
        "What happens if you give it a label that does not fit the drawing?",
        (
            right(
                "It keeps your pixels and draws the rest as that digit, as far as possible.",
                "Given pixels never change. The rest is drawn from the probabilities for this "
                "label.",
            ),
            wrong(
                "It corrects your drawing.",
                "Given pixels never change.",
            ),
            wrong(
                "It refuses.",
                "For every label, every picture has some probability, even if it is small.",
            ),
        ),
        Try("Give your drawing the label 4.", "draw", {"label": "4"}),
    ),
)
