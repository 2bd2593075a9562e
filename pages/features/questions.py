"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "What is one feature map?",
        (
            right(
                "The response of one kernel at each position of the picture.",
                "The same weights are used everywhere. The map shows where they match.",
            ),
            wrong(
                "One of the digits that the network has stored.",
                "No digit is stored. A map is computed for each new picture.",
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
                "Its map is 0 everywhere after the ReLU: it carries no information about this "
                "digit.",
                "The ReLU sets every negative value to 0. A unit that is dead for every digit is "
                "wasted; one that is dead for this digit may respond to another shape.",
            ),
            wrong(
                "Its weights were masked.",
                "Masked weights are single connections, and a unit has many others.",
            ),
            wrong(
                "It sees the future, and was switched off.",
                "No unit here sees the future, so none needs to be switched off.",
            ),
        ),
        Try(
            "Open the layer *head* of the model with one stack and read how many units are dead.",
            "features",
            {"model": "mnist-threshold-pixelcnn"},
        ),
    ),
    Question(
        "Some weights of the first kernels are hatched. Why?",
        (
            right(
                "They are masked: they would read the pixel itself or later ones.",
                "The mask multiplies them by 0, in training and in sampling.",
            ),
            wrong(
                "They were not trained long enough.",
                "Training cannot change them: masked weights get no gradient.",
            ),
            wrong(
                "They are too small to matter.",
                "Small weights are pale. These are not used at all.",
            ),
        ),
        Try("Look at the kernels at the end of the page: the lower half is always hatched."),
    ),
    Question(
        "There is only paper below the digit. Why are the maps there not empty?",
        (
            right(
                "They carry what the network saw above, for the pixels still to come.",
                "To continue a drawing, the network must remember what it has begun. The maps are "
                "its memory.",
            ),
            wrong(
                "They show noise.",
                "The same digit gives the same maps each time. Nothing in them is random.",
            ),
            wrong(
                "They see what is below, outside the picture.",
                "No layer here sees anything below.",
            ),
        ),
        Try(
            "Open a late layer, and compare its lowest rows for a 1 and for an 8.",
            "features",
            {"digit": "1"},
        ),
    ),
    Question(
        "In a gated layer, one map goes through tanh, another through a sigmoid. Why?",
        (
            right(
                "The sigmoid is a gate from 0 to 1: it sets how much of the tanh's content passes.",
                "The two are multiplied, so one part of the layer can switch another on and off, "
                "pixel by pixel.",
            ),
            wrong(
                "They are averaged to reduce noise.",
                "They are multiplied. A closed gate lets nothing through.",
            ),
            wrong(
                "One is for the past, the other for the future.",
                "Both see only the past.",
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
                "No: each of its pixels was predicted before the network saw that pixel.",
                "For each pixel it sees the true ones before it. So it is sure in the middle of a "
                "stroke, and unsure where a stroke begins or turns.",
            ),
            wrong(
                "Yes: it sees the whole digit.",
                "The whole digit is the input, but the masks hide all later pixels from each "
                "output. A copy would contain no mistakes.",
            ),
            wrong(
                "Yes: it has memorised this digit.",
                "It is a test digit: the network never saw it in training.",
            ),
        ),
        Try("Give the network a wrong label and watch its prediction.", "features", {"told": "1"}),
    ),
)
