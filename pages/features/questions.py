"""Questions on the pages Feature maps and What does one pixel change?."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

FEATURES = (
    Question(
        "What is one feature map?",
        (
            right(
                "What one kernel of a layer finds at each place of the picture.",
                "The same weights are used everywhere. The map says where they fit.",
            ),
            wrong(
                "One of the digits that the network has stored.",
                "No digit is stored. A map is computed anew for each picture.",
            ),
            wrong(
                "The weights of a layer.",
                "Those are the kernels at the end of the page. They are the same for every digit.",
            ),
        ),
        Try(
            "Choose another digit: the maps change, the kernels do not.", "features", {"digit": "3"}
        ),
    ),
    Question(
        "A unit is called dead. What does that mean?",
        (
            right(
                "Its map is 0 everywhere after the ReLU: it says nothing about this digit.",
                "The ReLU cuts off all below 0. A unit that is dead for every digit is wasted; "
                "one that is dead for this one may be waiting for another shape.",
            ),
            wrong(
                "Its weights were masked.",
                "Masked weights are single connections. A unit has many others.",
            ),
            wrong(
                "It looks at the future, and was switched off.",
                "No unit here looks ahead, and none needs to be switched off.",
            ),
        ),
        Try(
            "Open the layer *head* of the model with one stack, and read its dead units.",
            "features",
            {"model": "mnist-threshold-pixelcnn"},
        ),
    ),
    Question(
        "Some weights of the first kernels are hatched. Why?",
        (
            right(
                "They are masked: they would look at the pixel itself, or at later ones.",
                "The mask multiplies them by 0, in training and in drawing.",
            ),
            wrong(
                "They have not been trained long enough.",
                "No training could change them: what is masked gets no gradient.",
            ),
            wrong(
                "They are so small that they do not matter.",
                "Small weights are pale. These are out of use.",
            ),
        ),
        Try("Look at the kernels at the end of the page: the lower half is always hatched."),
    ),
    Question(
        "Below the digit there is only paper. Why are the maps there not empty?",
        (
            right(
                "They carry what was seen above, for the pixels that are still to come.",
                "A network that draws must remember what it has begun. The maps are its memory.",
            ),
            wrong(
                "They show noise.",
                "The same digit gives the same maps each time. There is no chance in them.",
            ),
            wrong(
                "They look further down, outside the picture.",
                "No layer here looks down.",
            ),
        ),
        Try(
            "Open a late layer, and compare its lowest rows for a 1 and for an 8.",
            "features",
            {"digit": "1"},
        ),
    ),
    Question(
        "In a gated layer, one map goes through tanh, another through a sigmoid. What for?",
        (
            right(
                "The sigmoid is a gate from 0 to 1: it says how much of the tanh's content passes.",
                "The two are multiplied. So one part of the layer can switch another part on and "
                "off, pixel by pixel.",
            ),
            wrong(
                "They are averaged, against noise.",
                "They are multiplied. A closed gate lets nothing through.",
            ),
            wrong(
                "One is for the past, the other for the future.",
                "Both see the past only.",
            ),
        ),
        Try(
            "Look inside the layers of the gated model: half of the maps are content, half gates.",
            "features",
            {"model": "mnist-threshold-gated", "part-gated_pixelcnn": "Inside the layers"},
        ),
    ),
    Question(
        "The prediction beside the digit looks like the digit. Has the network copied it?",
        (
            right(
                "No: each of its pixels is a bet made before that pixel was seen.",
                "It saw the real pixels before each. So it is good in the middle of a stroke and "
                "in doubt where a stroke begins or turns.",
            ),
            wrong(
                "Yes: it sees the whole digit.",
                "It gets the whole digit, but the masks hide from each output what comes later. "
                "A copy would have no mistakes.",
            ),
            wrong(
                "Yes: it has learned this digit by heart.",
                "It is a test digit, which the network never saw in training.",
            ),
        ),
        Try("Tell the network a wrong label and watch its bets.", "features", {"told": "1"}),
    ),
)

ONE_PIXEL = (
    Question(
        "What is the surprise at a pixel, and what its entropy?",
        (
            right(
                "Entropy: how open the choice was. Surprise: what the colour that came has cost.",
                "Entropy is the surprise to be expected, before the colour is known.",
            ),
            wrong(
                "Two names for the same.",
                "A pixel at which the model was sure, and wrong, has little entropy and much "
                "surprise.",
            ),
            wrong(
                "Surprise is for ink, entropy is for paper.",
                "Both can be said of any pixel.",
            ),
        ),
        Try("Find a pixel that is bright in the surprise map and dark in the entropy map."),
    ),
    Question(
        "You flip one pixel. Whose probabilities can change?",
        (
            right(
                "Those of later pixels only.",
                "Earlier pixels were bet on before this one existed. And its own bet was made "
                "before its colour was known.",
            ),
            wrong(
                "Those of all its neighbours.",
                "The neighbours above and to the left come before it. They know nothing of it.",
            ),
            wrong(
                "Those of all pixels of the picture.",
                "That would be a leak: an earlier pixel would know the future.",
            ),
        ),
        Try("Flip a pixel in the middle: everything above it stays at 0."),
    ),
    Question(
        "Some later pixels stay at exactly 0. What does that say of them?",
        (
            right(
                "The flipped pixel is out of their reach: in the blind spot, or too far away.",
                "If no path leads from it to them, its colour makes no difference at all.",
            ),
            wrong(
                "The model is sure of them.",
                "Then the change would be small. Exactly 0 means that nothing arrives.",
            ),
            wrong(
                "They are paper in both pictures.",
                "The map compares probabilities, not colours. Those move on paper as well.",
            ),
        ),
        Try(
            "Compare one stack with two, side by side.",
            "one_pixel",
            {"model": "mnist-threshold-pixelcnn", "beside": "mnist-threshold-gated"},
        ),
    ),
    Question(
        "What does the sum of the surprise over all pixels tell?",
        (
            right(
                "How unlikely the whole picture is: it is minus the logarithm of its probability.",
                "Probabilities multiply, so their logarithms add up. In nats instead of bits this "
                "is the loss of training.",
            ),
            wrong(
                "How many pixels the model got wrong.",
                "A bet can be half wrong. Each costs as much as it was against the truth.",
            ),
            wrong(
                "How much ink there is.",
                "A long stroke that goes on as expected costs little.",
            ),
        ),
        Try("Flip a pixel far from the strokes, and watch the total."),
    ),
    Question(
        "The change at a pixel is measured as KL divergence, in bits. When is it 0?",
        (
            right(
                "When the two bets are the same, before and after the flip.",
                "It is the extra surprise of somebody who goes on with the old bet while the new "
                "one is right.",
            ),
            wrong(
                "When the pixel keeps its colour.",
                "It compares what the model expects. No colour has to be drawn for that.",
            ),
            wrong(
                "When the bet is a half, ink or paper.",
                "That is where entropy is highest. A bet can move to a half, or away from it.",
            ),
        ),
        Try("Flip a pixel inside a stroke, then one on its edge: which changes more?"),
    ),
    Question(
        "One day an *earlier* pixel lights up after a flip. What have you found?",
        (
            right(
                "A leak: the network knows something that is not drawn yet.",
                "This is how any network can be audited, whatever its code.",
            ),
            wrong(
                "A rounding error.",
                "It would be tiny. And a causal network computes earlier pixels from the very "
                "same numbers, so not even that changes.",
            ),
            wrong(
                "A network that has learned to look back.",
                "To look back is its task. To look ahead is what must not be.",
            ),
        ),
        Try(
            "See what a leak looks like on the page Break it.",
            "break_it",
            {"exhibit": "The rows below not masked"},
        ),
    ),
)
