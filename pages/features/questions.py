"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
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
