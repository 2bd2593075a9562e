"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "You give the lower half. Why does the upper half not fit it?",
        (
            right(
                "A pixel is drawn in view of those before it only, and the lower half comes later.",
                "The given pixels are kept, but the upper ones were drawn without knowing them.",
            ),
            wrong(
                "The model was trained with upper halves.",
                "It was trained with whole digits. It is the order of drawing that it cannot turn.",
            ),
            wrong(
                "The lower half of a digit does not say which digit it is.",
                "Often it does. The model just never gets to look at it.",
            ),
        ),
        Try("Look at the two rows of endings under *Why does it want the beginning?*."),
    ),
    Question(
        "How could one have a model that finds the upper half to a given lower one?",
        (
            right(
                "Train one with all digits upside down, and turn the result round.",
                "Any order can be learned. Turned over, the lower half is the beginning.",
            ),
            wrong(
                "Raise the temperature until they fit.",
                "Bolder choices are still choices made without looking below.",
            ),
            wrong(
                "Leave out the masks when drawing.",
                "The masked weights never learned anything, and the pixels below them are missing "
                "when they are needed.",
            ),
        ),
        Try("Point at a pixel in the last grid: what is grey, it cannot see."),
    ),
    Question(
        "All nine endings start from the same drawing. Why do they differ?",
        (
            right(
                "Each is drawn with random numbers of its own.",
                "Your beginning leaves several digits possible. Each ending is one of them, the "
                "likely ones more often.",
            ),
            wrong(
                "Nine different networks draw them.",
                "It is one network. Give it the same random numbers, and it draws the same.",
            ),
            wrong(
                "The network forgets your drawing on the way.",
                "It looks at it for every pixel. See how each ending starts where your ink stops.",
            ),
        ),
        Try("Take away the chance: temperature 0.", "draw", {"temperature": "0.0"}),
    ),
    Question(
        "A model that was only taught to draw: how does it guess which digit you began?",
        (
            right(
                "It tries each label, and sees which makes your pixels the most likely.",
                "This is Bayes' rule: what makes the beginning likely is itself likely.",
            ),
            wrong(
                "It has a classifier inside.",
                "There is none. Drawing well and recognising are two sides of one probability.",
            ),
            wrong(
                "It finishes the drawing and looks at the result.",
                "The guess is there before anything is finished.",
            ),
        ),
        Try("Draw a line straight down, then bend it, and watch the bars."),
    ),
    Question(
        "You draw something odd. What happens to the bits of your beginning?",
        (
            right(
                "They rise: the model did not expect it.",
                "Bits are surprise, and they add up over all the pixels that you gave.",
            ),
            wrong(
                "They stay: bits depend on the number of pixels only.",
                "That is so for somebody who tosses a coin for each pixel. The model expects "
                "paper here and ink there.",
            ),
            wrong(
                "They fall: odd drawings hold little information.",
                "It is the other way round: the expected tells one little.",
            ),
        ),
        Try("Write a beautiful 1, read the bits, then scribble on it."),
    ),
    Question(
        "What happens if you tell it a label that does not fit the drawing?",
        (
            right(
                "It keeps your pixels and makes the best of them: that digit, as far as it goes.",
                "Given pixels are never changed. The rest is drawn as likely as it can be for "
                "this label.",
            ),
            wrong(
                "It corrects your drawing.",
                "What is given stays as it is, pixel for pixel.",
            ),
            wrong(
                "It refuses.",
                "Every picture has some probability for every label, if a small one.",
            ),
        ),
        Try("Tell it that your drawing is a 4.", "draw", {"label": "4"}),
    ),
)
