"""Questions on the pages Masks & blind spots and Break it."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

MASKS = (
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

BREAK_IT = (
    Question(
        "A network without masks reports a loss of almost 0. Why is that no achievement?",
        (
            right(
                "It was shown the answer: it only has to copy its input.",
                "A loss says something only if the pixel that is predicted was hidden.",
            ),
            wrong(
                "It has learned the digits by heart.",
                "The digits of this test are new to it. It copies these as well.",
            ),
            wrong(
                "It is one, but it takes too much memory.",
                "Look at its samples. It cannot draw at all.",
            ),
        ),
        Try(
            "Compare the two losses, and then the samples.",
            "break_it",
            {"exhibit": "No mask at all"},
        ),
    ),
    Question(
        "Why does it draw nothing but paper?",
        (
            right(
                "It copies the pixel that it is about to draw, and the canvas there is empty.",
                "On a canvas full of noise it draws that noise. What it draws is what was there.",
            ),
            wrong(
                "It was trained for too few steps.",
                "More steps make it a better copier.",
            ),
            wrong(
                "Most pixels of a digit are paper, so paper is the best guess.",
                "The corrected network knows that too, and draws strokes.",
            ),
        ),
        Try(
            "Compare the pictures on the noisy canvas.",
            "break_it",
            {"exhibit": "Mask B in the first layer"},
        ),
    ),
    Question(
        "How can one find a leak in a network whose code one does not know?",
        (
            right(
                "Change one pixel, and see whether an output moves at this pixel or before it.",
                "If one does, it depends on what it should predict. That is a proof, whatever the "
                "code looks like.",
            ),
            wrong(
                "Look at the loss: without a leak it is never low.",
                "A low loss is a reason for doubt, but a small leak may hardly lower it.",
            ),
            wrong(
                "Count its weights.",
                "The number of weights says nothing about which pixels they look at.",
            ),
        ),
        Try("*Your code*, under *Audit your own*, shows how."),
    ),
    Question(
        "There is no mask to forget in batch normalisation. Why does it leak in train mode?",
        (
            right(
                "It takes its mean over all pixels, those that come later among them.",
                "So every output depends a little on every pixel. In eval mode stored averages "
                "take the place of that mean, and the leak is gone.",
            ),
            wrong(
                "It mixes up the images of a batch.",
                "It does make them depend on each other, but the leak is there even with a single "
                "image.",
            ),
            wrong(
                "Its weights are not masked.",
                "It scales each feature map by one number. There is nothing to be masked.",
            ),
        ),
        Try(
            "Point at the first pixel in the leak map.",
            "break_it",
            {"exhibit": "Batch normalisation in train mode"},
        ),
    ),
    Question(
        "A mistake that leaks nothing: does it do harm?",
        (
            right(
                "It can: a pixel that sees less than it may, predicts less well.",
                "Such a loss is honest, only higher than it need be. The samples tell the same.",
            ),
            wrong(
                "No: what does not cheat is right.",
                "A network that sees nothing does not cheat either, and its digits are noise.",
            ),
            wrong(
                "Yes: its likelihood is no longer exact.",
                "It is exact for the worse model that it is.",
            ),
        ),
        Try(
            "Here no pixel knows its left neighbour. Look at the loss and at the strokes.",
            "break_it",
            {"exhibit": "The horizontal stream dropped where the stacks join"},
        ),
    ),
    Question(
        "What is wrong with a mean-squared error between output and input?",
        (
            right(
                "It rewards giving back the input, and says nothing about how likely a digit is.",
                "That makes an auto-encoder. There is no probability to draw from.",
            ),
            wrong(
                "It punishes large errors too hard.",
                "That would be a matter of taste. This network has no errors left, and still "
                "cannot draw.",
            ),
            wrong(
                "Its slope is too flat to learn from.",
                "It learns quickly: its error is almost 0.",
            ),
        ),
        Try(
            "Look at the error that it reports, and at what it draws.",
            "break_it",
            {"exhibit": "Mean-squared error on the input"},
        ),
    ),
)
