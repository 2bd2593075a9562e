"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "What is the difference between mask A and mask B?",
        (
            right(
                "A also hides the centre of the kernel, and B keeps it.",
                "The centre is the pixel itself. All other weights are the same in both.",
            ),
            wrong(
                "A hides the rows below, B hides the rows above.",
                "Both keep the rows above and hide the rows below.",
            ),
            wrong(
                "A is for the vertical stack, B for the horizontal one.",
                "The stacks differ in the shape of their kernels. A and B differ in one weight.",
            ),
        ),
        Try("Set *Its mask* to B and compare the tiles.", "masks", {"mask": "B"}),
    ),
    Question(
        "Why does the first layer use mask A, and every later one mask B?",
        (
            right(
                "In the first layer the centre is the pixel itself; later it contains only what "
                "came before.",
                "A in the first layer removes the pixel for good. After that, B loses nothing and "
                "leaks nothing.",
            ),
            wrong(
                "Later layers may see the pixel, since they are further from the input.",
                "No layer may: any path from a pixel to its own prediction is a leak, however long "
                "it is.",
            ),
            wrong(
                "It is only a habit: A everywhere would work as well.",
                "It would not leak, but every layer would throw away what the previous layer "
                "computed at the same pixel.",
            ),
        ),
        Try("Count the leaks with mask B at the start.", "masks", {"mask": "B"}),
    ),
    Question(
        "What must the receptive field of a pixel cover to lose no information?",
        (
            right(
                "All rows above it, and its own row to the left.",
                "These are all the pixels before it. If it covers less, the network cannot use "
                "something that it is allowed to see.",
            ),
            wrong(
                "The whole picture.",
                "Part of it is not drawn yet. Seeing that would be cheating.",
            ),
            wrong(
                "A square around the pixel, cut off at its own row.",
                "What matters may be far away: the beginning of a stroke, or its other end.",
            ),
        ),
        Try(
            "Compare with PixelRNN, point at the last pixel and read the counts.",
            "masks",
            {"right": "PixelRNN"},
        ),
    ),
    Question(
        "What is the blind spot?",
        (
            right(
                "Earlier pixels from which no path of kernel steps leads to the target.",
                "The target is allowed to see them, but with these kernels it never does, however "
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
                "A wider kernel reaches further to the right for each row up, so the edge of the "
                "blind spot is less steep.",
            ),
            wrong(
                "More layers.",
                "They repeat the same steps, so the slope stays the same.",
            ),
            wrong(
                "More feature maps.",
                "More maps carry more information about the same pixels. They do not see others.",
            ),
        ),
        Try(
            "Choose 5 × 5 kernels after the first layer, add layers and look at the slope.",
            "masks",
            {"kernel": "5"},
        ),
    ),
    Question(
        "How do two stacks remove the blind spot without seeing the future?",
        (
            right(
                "The vertical stack sees whole rows, and its output is used one row further down.",
                "Within a row it may step both ways. Its output is used only one row below, and by "
                "then the whole row has been drawn.",
            ),
            wrong(
                "The second stack reads the picture from right to left.",
                "Then it would see pixels that are not drawn yet.",
            ),
            wrong(
                "Together they have twice as many layers.",
                "One stack keeps its blind spot with any number of layers.",
            ),
        ),
        Try("Point at a pixel near the right edge and compare the two grids."),
    ),
)
