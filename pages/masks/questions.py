"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "What is the difference between mask A and mask B?",
        (
            right(
                "A hides the centre of the kernel as well, B keeps it.",
                "The centre is the pixel itself. All other weights are the same in both.",
            ),
            wrong(
                "A hides the rows below, B hides the rows above.",
                "Both keep what is above and hide what is below.",
            ),
            wrong(
                "A is for the vertical stack, B for the horizontal one.",
                "The stacks differ in the shape of their kernels. A and B differ in one weight.",
            ),
        ),
        Try("Set *Its mask* to B and compare the tiles.", "masks", {"mask": "B"}),
    ),
    Question(
        "Why is the first mask A, and every later one B?",
        (
            right(
                "At the first layer the centre is the pixel itself; later it holds only what came "
                "before.",
                "A at the start leaves the pixel out for good. After that, B loses nothing and "
                "shows nothing forbidden.",
            ),
            wrong(
                "Later layers may see the pixel, since they are further from the input.",
                "No layer may: one path from a pixel to its own prediction is a leak, however "
                "long the path.",
            ),
            wrong(
                "It is a habit: A everywhere would do as well.",
                "It would not leak, but every layer would throw away what the one before had "
                "found out at this very place.",
            ),
        ),
        Try("Count the leaks with mask B at the start.", "masks", {"mask": "B"}),
    ),
    Question(
        "What must the receptive field of a pixel cover, so that nothing is lost?",
        (
            right(
                "All rows above it, and its own row to the left.",
                "These are all the pixels before it. Any less, and the network cannot use "
                "something that it is allowed to know.",
            ),
            wrong(
                "The whole picture.",
                "Half of that is not drawn yet. To see it would be to cheat.",
            ),
            wrong(
                "A square around the pixel, cut off at its own row.",
                "What matters may be far away: the beginning of a stroke, or its other end.",
            ),
        ),
        Try(
            "Compare with PixelRNN, point at the last pixel, and read the counts.",
            "masks",
            {"right": "PixelRNN"},
        ),
    ),
    Question(
        "What is the blind spot?",
        (
            right(
                "Earlier pixels from which no path of kernel steps leads to the target.",
                "It would be allowed to see them, but with these kernels it never does, however "
                "many layers there are.",
            ),
            wrong(
                "The pixels to the right and below.",
                "Those are the future. They are hidden on purpose.",
            ),
            wrong(
                "Earlier pixels that are too far away for the layers so far.",
                "More layers reach those: they are light blue. The blind spot stays.",
            ),
        ),
        Try("Press Space in a grid until all layers are there. What is still hatched?"),
    ),
    Question(
        "Which change makes the blind spot of one stack smaller?",
        (
            right(
                "Wider kernels after the first layer.",
                "A wider kernel goes further to the right for each row that it goes up, so its "
                "edge is less steep and less is lost.",
            ),
            wrong(
                "More layers.",
                "They follow the same steps more often, and come out on the same slope.",
            ),
            wrong(
                "More feature maps.",
                "More maps carry more about the pixels that are seen. They see no other ones.",
            ),
        ),
        Try(
            "Take 5 × 5 kernels after the first layer, add layers, and look at the slope.",
            "masks",
            {"kernel": "5"},
        ),
    ),
    Question(
        "How do two stacks get rid of the blind spot without looking ahead?",
        (
            right(
                "The vertical stack sees whole rows, and hands them on one row further down.",
                "Within its row it may step both ways. As its result is only used one row below, "
                "all of that has been drawn by then.",
            ),
            wrong(
                "The second stack looks at the picture from right to left.",
                "Then it would see pixels that are not drawn yet.",
            ),
            wrong(
                "Together they have twice as many layers.",
                "One stack with any number of layers keeps its blind spot.",
            ),
        ),
        Try("Point at a pixel near the right edge, and compare the two grids."),
    ),
)
