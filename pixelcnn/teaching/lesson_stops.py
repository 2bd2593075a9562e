"""The guided lesson, as data: eleven stops, about 50 minutes.

The page Lesson and the handout use it. Numbers in answers are computed, not typed in.
"""

import math

from pixelcnn.teaching.lesson import Answered, Stop, blind_spot, open_weights, warmed

_BITS = 0.5
_SIDE = 8
_IMAGE_BITS = _BITS * _SIDE * _SIDE
_NATS = 53
_DIGIT_BITS = _NATS / math.log(2)

STOPS: tuple[Stop, ...] = (
    Stop(
        title="A picture is a sentence of pixels",
        minutes=4,
        page="",
        do=(
            "Let the film run to its end once.",
            "Press Space in the middle of a digit, then step with the right arrow.",
        ),
        see="The orange square is the pixel being drawn. The model sees the pixels that glow blue. "
        "Hatched pixels do not exist yet.",
        ask=(
            Answered(
                "Which part of the picture may the model look at?",
                "The rows above, and its own row to the left: everything drawn so far.",
            ),
            Answered(
                "One model drew all sixteen digits. Why do they differ?",
                "The model only computes how likely ink is. At every pixel, a random number "
                "decides.",
            ),
        ),
        exercise=Answered(
            "A picture has 2 × 2 pixels, each black or white. How many such pictures are there? "
            "Write the probability of one of them as a product, one factor for each pixel.",
            f"There are {2**4}. p(x) = p(x1) · p(x2 | x1) · p(x3 | x1, x2) · p(x4 | x1, x2, x3). "
            "This is exact: any probability of a picture can be written in this way.",
        ),
    ),
    Stop(
        title="One pixel, one choice",
        minutes=5,
        page="sample",
        query={"label": "3", "n": "1", "seed": "5"},
        do=(
            "Press R, then step with the arrow keys: right for the next pixel, down for the next "
            "row.",
            "Stop where the first ink appears. Read out the probability and the random number.",
        ),
        see="The bar is divided into paper and ink. The orange mark is the random number: it "
        "selects the colour that is drawn.",
        ask=(
            Answered(
                "Most pixels cost almost no bits. Which ones cost many?",
                "Those where a stroke begins, turns or ends: there the model is unsure.",
            ),
            Answered(
                "What happens if you draw again with the same seed and the same label?",
                "You get the same digit. The random numbers are the same, and so is every choice.",
            ),
        ),
        exercise=Answered(
            "Ink has the probability 1/4 at one pixel and 1/2 at the next. Both become ink. How "
            "many bits of surprise is that in total?",
            f"−log2(1/4) − log2(1/2) = {math.log2(4):.0f} + {math.log2(2):.0f} = "
            f"{math.log2(8):.0f} bits. Probabilities multiply, so surprises add up.",
        ),
    ),
    Stop(
        title="Bold and timid",
        minutes=4,
        page="sample",
        query={"show": "Temperatures", "label": "3"},
        do=(
            "Compare the rows from top to bottom: each has a different temperature.",
            "Then follow one column: its random numbers are the same in every row.",
        ),
        see="Low temperatures give safe digits that look alike. High ones give variety, then "
        "scattered ink.",
        ask=(
            Answered(
                "At temperature 0, all digits with the same label are identical. Why?",
                "The model always takes the likelier colour. The random number no longer matters.",
            ),
            Answered(
                "Which temperature shows what the model has learned?",
                "1: it draws with the learned probabilities. All others change them.",
            ),
        ),
        exercise=Answered(
            "At temperature T the model uses p^(1/T) and (1 − p)^(1/T), divided by their sum. Ink "
            "has p = 0.8. What is the probability of ink at T = 2, and at T = 1/2?",
            f"{warmed(0.8, 2):.2f} at T = 2, closer to a coin toss, and {warmed(0.8, 0.5):.2f} at "
            "T = 1/2, closer to certainty.",
        ),
    ),
    Stop(
        title="What may a pixel see?",
        minutes=4,
        page="masks",
        query={"first": "5"},
        do=(
            "Click a pixel in the left grid and press Space to add layers one by one.",
            "Set Its mask to B, look for purple, and set it back to A.",
        ),
        see="With every layer the dark blue area grows. With mask A the grey area is never seen; "
        "with mask B in the first layer the pixel sees itself.",
        ask=(
            Answered(
                "Why must the first layer hide the pixel itself?",
                "Otherwise the network reads the answer that it should predict, and copies it.",
            ),
            Answered(
                "Why may later layers show it?",
                "Their input at that position comes from a layer that hides the pixel itself.",
            ),
        ),
        exercise=Answered(
            "How many weights does mask A leave open in kernels of 3 × 3, 5 × 5 and 7 × 7? How "
            "many does mask B leave open?",
            f"A: {open_weights(3)}, {open_weights(5)} and {open_weights(7)}, half of all weights "
            f"except the centre. B also opens the centre: {open_weights(3) + 1}, "
            f"{open_weights(5) + 1} and {open_weights(7) + 1}.",
        ),
    ),
    Stop(
        title="The blind spot",
        minutes=5,
        page="masks",
        query={"size": "20", "right": "Gated PixelCNN"},
        do=(
            "Press Space and wait until both grids show all layers.",
            "Click further left and further right. Then try wider kernels after the first layer.",
        ),
        see="On the left, a hatched wedge remains at the upper right, however deep the network is. "
        "On the right there is none.",
        ask=(
            Answered(
                "Why do more layers not help?",
                "Every step up reaches only a fixed distance to the right. More steps follow the "
                "same slope.",
            ),
            Answered(
                "How do two stacks help?",
                "One stack sees whole rows and passes its output one row down. The other adds the "
                "row itself.",
            ),
        ),
        exercise=Answered(
            "A picture has 6 × 6 pixels, and all kernels are 3 × 3. Count rows and columns from 0. "
            "Mark the earlier pixels that the pixel in row 4, column 2 never sees.",
            "Row 3: columns 4 and 5. Row 2: column 5. These are "
            f"{blind_spot(6, 4, 2)} pixels. Each row up allows one more column to the right.",
        ),
    ),
    Stop(
        title="What if it cheats?",
        minutes=5,
        page="break_it",
        query={"exhibit": "Mask B in the first layer"},
        do=(
            "Read the two lines of code, then compare the loss that each network reports.",
            "Look at their samples. Then choose another mistake, and let the class guess the "
            "result first.",
        ),
        see="The network that cheats reports an excellent loss and draws nothing.",
        ask=(
            Answered(
                "Why is a network with such a loss so bad at drawing?",
                "It has learned to copy a pixel that it sees. When it draws, that pixel is not "
                "there yet.",
            ),
            Answered(
                "The loss looks too good. How do you find out?",
                "Change one pixel and see whether its own prediction or an earlier one changes.",
            ),
        ),
        exercise=Answered(
            "A report claims 0 bits for each test image. What would such a model have to know, and "
            "what do you suspect?",
            "It would have to be certain of every pixel of digits that it has never seen. Suspect "
            "a leak: somewhere it sees the pixel that it should predict.",
        ),
    ),
    Stop(
        title="Train one",
        minutes=6,
        page="train",
        query={"preset": "8 × 8 digits"},
        do=(
            "Press Play, and let the class guess where the curve will end.",
            "Meanwhile watch the samples: first the amount of ink, then strokes, then shapes.",
        ),
        see="The curve starts near 1 bit per pixel (a coin toss), falls fast, then slowly.",
        ask=(
            Answered(
                "What does it mean if the held-out curve rises again?",
                "The network overfits: it memorises its training digits, and predicts others less "
                "well.",
            ),
            Answered(
                "What is an honest score?",
                "The surprise at held-out digits: they were not used for training.",
            ),
        ),
        exercise=Answered(
            f"A model needs {_BITS} bits per pixel for pictures of {_SIDE} × {_SIDE}. How many "
            "bits and how many nats is that per image? One bit is 0.693 nats. How many bits does "
            "blind guessing need?",
            f"{_IMAGE_BITS:.0f} bits, or {_IMAGE_BITS * math.log(2):.1f} nats. Blind guessing "
            f"needs 1 bit per pixel, {_SIDE * _SIDE} in all.",
        ),
    ),
    Stop(
        title="What is inside?",
        minutes=4,
        page="features",
        query={"digit": "4"},
        do=(
            "Go through the layers from first to last and click cells in a map.",
            "Choose another digit. What changes, and what stays?",
        ),
        see="Early maps respond to edges and strokes. Late ones help to predict what comes next.",
        ask=(
            Answered(
                "There is only paper below the digit. Why are the maps there not empty?",
                "They carry what the network saw above, for the pixels still to come.",
            ),
        ),
        exercise=Answered(
            "A 3 × 3 kernel with mask B has the weights 1, 0, −1 in its upper row and 2, 1 in its "
            "middle row. The values above the pixel are 1, 1, 0, the value to its left is 1, and "
            "the pixel's own is 0. What is the sum?",
            f"1·1 + 0·1 + (−1)·0 + 2·1 + 1·0 = {1 + 0 - 0 + 2 + 0}.",
        ),
    ),
    Stop(
        title="Finish the drawing",
        minutes=4,
        page="draw",
        query={"label": "9"},
        do=(
            "The model is given the label 9. Does it fit the drawing? Let it guess instead.",
            "Let a student draw the upper half of a digit slowly, and watch the endings.",
        ),
        see="Given pixels never change. The endings differ where the beginning allows it.",
        ask=(
            Answered(
                "The model was never trained to recognise digits. How does it guess the digit?",
                "It tries each label and takes the one that makes the given pixels most likely.",
            ),
            Answered(
                "Why is it worse with the lower half given?",
                "It draws from top to bottom, and cannot use pixels that come later.",
            ),
        ),
        exercise=Answered(
            "With the label 1, a model gives the beginning the probability 0.001; with the label "
            "7, 0.003; with any other label, 0. All digits are equally common. How likely is the "
            "7?",
            f"0.003 / (0.001 + 0.003) = {0.003 / 0.004:.2f}. This is Bayes' rule.",
        ),
    ),
    Stop(
        title="A digit in ten bytes",
        minutes=4,
        page="bytes",
        query={"model": "mnist-threshold-pixelcnnpp"},
        do=(
            "Watch the counter. When does it stand still, and when does it run?",
            "Flip a bit, first in the last byte, then in the first.",
            "Point a phone at the code: the bytes are all that it gets.",
        ),
        see="The file is as large as the sum of the surprises. A picture that the model expects is "
        "a small file, and noise is a larger one than its bare bits.",
        ask=(
            Answered(
                "Where is the rest of the picture, if the file has only ten bytes?",
                "In the model: it knows what digits look like. Both sides must have the same one.",
            ),
            Answered(
                "Can a model make every picture smaller?",
                "No. There are fewer short files than pictures. What it saves on digits, other "
                "pictures pay.",
            ),
        ),
        exercise=Answered(
            f"A model gives a digit {_NATS} nats. A nat is 1 / ln 2 = 1.44 bits. How many bytes is "
            "that, and how many times as many are the bare bits of 28 × 28 pixels?",
            f"{_NATS} · 1.44 = {_DIGIT_BITS:.0f} bits = {_DIGIT_BITS / 8:.1f} bytes. 784 bits are "
            f"{784 / 8:.0f} bytes, {784 / _DIGIT_BITS:.0f} times as many.",
        ),
    ),
    Stop(
        title="What does one pixel change?",
        minutes=4,
        page="one_pixel",
        query={"row": "10", "column": "14"},
        do=(
            "Click a pixel on the stroke, then one far from it, and compare the right-hand maps.",
            "To finish, each student answers the questions at the end of a page.",
        ),
        see="Only later predictions change. A pixel in the middle of a stroke matters more than "
        "one in an empty corner.",
        ask=(
            Answered(
                "Why does nothing above the pixel change?",
                "It is drawn before. A network without a leak cannot see what comes later.",
            ),
            Answered(
                "In one sentence: what is an autoregressive model?",
                "A model that produces a whole part by part, each depending on all the parts "
                "before it.",
            ),
        ),
        exercise=Answered(
            "Name something else that is produced part by part, each depending on the parts "
            "before. What are the parts, and what is their order?",
            "Text, word by word; music, note by note; speech, sample by sample. A keyboard that "
            "suggests the next word uses such a model.",
        ),
    ),
)

MINUTES = sum(stop.minutes for stop in STOPS)
