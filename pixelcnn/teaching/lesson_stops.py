"""The guided lesson, as data: ten stops, about 45 minutes.

The page Lesson and the handout are made of it. Numbers in answers are worked out, not written down.
"""

import math

from pixelcnn.teaching.lesson import Answered, Stop, blind_spot, open_weights, warmed

_BITS = 0.5
_SIDE = 8
_IMAGE_BITS = _BITS * _SIDE * _SIDE

STOPS: tuple[Stop, ...] = (
    Stop(
        title="A picture is a sentence of pixels",
        minutes=4,
        page="",
        do=(
            "Let the film run to its end once.",
            "Press Space in the middle of a digit, then step with the right arrow.",
        ),
        see="The orange square is the pixel whose turn it is. What glows blue, the model looks at. "
        "What is hatched does not exist yet.",
        ask=(
            Answered(
                "At which part of the picture may the model look?",
                "At the rows above, and at its own row to the left: what is drawn already.",
            ),
            Answered(
                "One model drew all sixteen digits. Why do they differ?",
                "The model only says how likely ink is. At every pixel, a random number decides.",
            ),
        ),
        exercise=Answered(
            "A picture has 2 × 2 pixels, each black or white. How many such pictures are there? "
            "Write the probability of one of them as a product, one factor for each pixel.",
            f"There are {2**4}. p(x) = p(x1) · p(x2 | x1) · p(x3 | x1, x2) · p(x4 | x1, x2, x3). "
            "Nothing is lost by that: every probability of a picture can be written so.",
        ),
    ),
    Stop(
        title="One pixel, one choice",
        minutes=5,
        page="sample",
        query={"label": "3", "n": "1", "seed": "5"},
        do=(
            "Press R, then walk with the arrows: right is the next pixel, down the next row.",
            "Stop where the first ink appears. Read out the probability, and the random number.",
        ),
        see="The bar is cut into paper and ink. The orange mark is the random number: what it "
        "falls on is drawn.",
        ask=(
            Answered(
                "Most pixels cost almost no bits. Which ones are dear?",
                "Those where a stroke begins, turns or ends: there the model is in doubt.",
            ),
            Answered(
                "What happens with the same seed and the same label once more?",
                "The very same digit. The random numbers are the same, so every choice is.",
            ),
        ),
        exercise=Answered(
            "Ink has the probability 1/4 at one pixel and 1/2 at the next. Both become ink. How "
            "many bits of surprise are that together?",
            f"−log2(1/4) − log2(1/2) = {math.log2(4):.0f} + {math.log2(2):.0f} = "
            f"{math.log2(8):.0f} bits. Probabilities are multiplied, so surprises are added.",
        ),
    ),
    Stop(
        title="Bold and timid",
        minutes=4,
        page="sample",
        query={"show": "Temperatures", "label": "3"},
        do=(
            "Compare the rows from top to bottom: each is drawn at another temperature.",
            "Then follow one column: its random numbers are the same in every row.",
        ),
        see="Low temperatures give safe digits that look alike. High ones give variety, and then "
        "crumbs of ink.",
        ask=(
            Answered(
                "At temperature 0, all digits with the same label are the same one. Why?",
                "The likelier colour is always taken. The random number no longer counts.",
            ),
            Answered(
                "Which temperature is the honest one?",
                "1: it draws as often as the model believes. All others change what it learned.",
            ),
        ),
        exercise=Answered(
            "At temperature T the model uses p^(1/T) and (1 − p)^(1/T), divided by their sum. Ink "
            "has p = 0.8. What is it at T = 2, and what at T = 1/2?",
            f"{warmed(0.8, 2):.2f} at T = 2, nearer to a coin toss, and {warmed(0.8, 0.5):.2f} at "
            "T = 1/2, nearer to certain.",
        ),
    ),
    Stop(
        title="What may a pixel see?",
        minutes=4,
        page="masks",
        query={"first": "5"},
        do=(
            "Click a pixel in the left grid and press Space: layers are added one by one.",
            "Set Its mask to B, look for purple, and set it back to A.",
        ),
        see="With every layer the dark blue grows. With mask A nothing grey is ever lit; with B in "
        "the first layer the pixel sees itself.",
        ask=(
            Answered(
                "Why must the first layer hide the pixel itself?",
                "It would read the answer that it is to guess, and copy it.",
            ),
            Answered(
                "Why may later layers show it?",
                "What they read at that place was made by a layer that had left it out.",
            ),
        ),
        exercise=Answered(
            "How many weights does mask A leave open in kernels of 3 × 3, 5 × 5 and 7 × 7? And "
            "mask B?",
            f"A: {open_weights(3)}, {open_weights(5)} and {open_weights(7)}, half of all but the "
            f"centre. B shows the centre too: {open_weights(3) + 1}, {open_weights(5) + 1} and "
            f"{open_weights(7) + 1}.",
        ),
    ),
    Stop(
        title="The blind spot",
        minutes=5,
        page="masks",
        query={"size": "20", "right": "Gated PixelCNN"},
        do=(
            "Press Space and wait until all layers are there, in both grids.",
            "Click further left and further right. Then try wider kernels after the first layer.",
        ),
        see="On the left a hatched wedge stays at the upper right, however deep the network is. On "
        "the right it is gone.",
        ask=(
            Answered(
                "Why do more layers not help?",
                "Every step upwards goes only so far to the right. More steps follow the same "
                "slope.",
            ),
            Answered(
                "How do two stacks help?",
                "One sees whole rows, and hands on what it saw one row below. The other adds the "
                "row itself.",
            ),
        ),
        exercise=Answered(
            "A picture has 6 × 6 pixels, and all kernels are 3 × 3. Count rows and columns from 0. "
            "Colour the earlier pixels that the pixel in row 4, column 2 never sees.",
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
            "Look at what they draw. Then choose one more mistake, and let the class guess first.",
        ),
        see="The network that peeks reports a splendid loss and draws nothing.",
        ask=(
            Answered(
                "Why is a network with such a loss so bad at drawing?",
                "It learned to copy the pixel that it was shown. When it draws, there is none yet.",
            ),
            Answered(
                "The loss looks too good. How do you find out?",
                "Change one pixel, and see whether an earlier prediction changes, or its own.",
            ),
        ),
        exercise=Answered(
            "Somebody reports 0 bits for each test image. What would such a model have to know, "
            "and what do you suspect?",
            "It would have to be certain of every pixel of digits that it has never met. Suspect a "
            "leak: somewhere it sees what it should predict.",
        ),
    ),
    Stop(
        title="Train one",
        minutes=6,
        page="train",
        query={"preset": "8 × 8 digits"},
        do=(
            "Press Play, and let the class bet on where the curve will end.",
            "Meanwhile watch the samples: first the amount of ink, then strokes, then shapes.",
        ),
        see="The curve starts near 1 bit for each pixel, a coin toss, falls fast, then slowly.",
        ask=(
            Answered(
                "What does it mean if the curve of the held-out digits rises again?",
                "The network learns its own digits by heart, and knows less about others.",
            ),
            Answered(
                "What is an honest score?",
                "The surprise at digits that took no part in the training.",
            ),
        ),
        exercise=Answered(
            f"A model needs {_BITS} bits for each pixel of pictures of {_SIDE} × {_SIDE}. How many "
            "bits and how many nats is that for an image? One bit is 0.693 nats. How much does "
            "blind guessing need?",
            f"{_IMAGE_BITS:.0f} bits, or {_IMAGE_BITS * math.log(2):.1f} nats. Blind guessing "
            f"needs 1 bit for each pixel, {_SIDE * _SIDE} in all.",
        ),
    ),
    Stop(
        title="What is inside?",
        minutes=4,
        page="features",
        query={"digit": "4"},
        do=(
            "Go through the layers from first to last, and click cells in a map.",
            "Choose another digit. What changes, and what stays?",
        ),
        see="Early maps find edges and strokes. Late ones say what may come next.",
        ask=(
            Answered(
                "Below the digit there is only paper. Why are the maps not empty there?",
                "They carry what was seen above, for the pixels that are still to come.",
            ),
        ),
        exercise=Answered(
            "A kernel of 3 × 3 with mask B holds 1, 0, −1 in its upper row and 2, 1 in its middle "
            "row. Above the pixel stand 1, 1, 0, to its left 1, and the pixel is 0. What is the "
            "sum?",
            f"1·1 + 0·1 + (−1)·0 + 2·1 + 1·0 = {1 + 0 - 0 + 2 + 0}.",
        ),
    ),
    Stop(
        title="Finish the drawing",
        minutes=4,
        page="draw",
        query={"label": "9"},
        do=(
            "The model is told that the drawing will be a 9. Is it right? Let it guess instead.",
            "Let somebody draw the upper half of a digit, slowly, and watch the endings.",
        ),
        see="What is given is never changed. The endings differ where the beginning leaves room.",
        ask=(
            Answered(
                "It was never taught to recognise digits. How does it guess which one it is?",
                "It tries each label, and takes the one that makes the given pixels most likely.",
            ),
            Answered(
                "Why is it worse with the lower half given?",
                "It draws from top to bottom. What comes later cannot guide it.",
            ),
        ),
        exercise=Answered(
            "Told 1, a model gives the beginning the probability 0.001; told 7, it gives 0.003; "
            "told anything else, 0. All digits are equally common. How likely is the 7?",
            f"0.003 / (0.001 + 0.003) = {0.003 / 0.004:.2f}. This is Bayes' rule.",
        ),
    ),
    Stop(
        title="What does one pixel change?",
        minutes=4,
        page="one_pixel",
        query={"row": "10", "column": "14"},
        do=(
            "Click a pixel on the stroke, then one far away from it, and compare the right-hand "
            "map.",
            "To finish, answer the questions at the end of any page, each for yourself.",
        ),
        see="Only later pixels notice. A pixel in the middle of a stroke matters more than the "
        "empty corner.",
        ask=(
            Answered(
                "Why does nothing above the pixel change?",
                "It was drawn before. No network without a leak can notice what comes later.",
            ),
            Answered(
                "In one sentence: what is an autoregressive model?",
                "One that makes a whole from parts, each chosen in view of all the parts before.",
            ),
        ),
        exercise=Answered(
            "Name something else that is made part by part, each in view of what came before. What "
            "are the parts, and what is the order?",
            "Text, word by word; music, note by note; speech, sample by sample. A keyboard that "
            "suggests the next word is such a model.",
        ),
    ),
)

MINUTES = sum(stop.minutes for stop in STOPS)
