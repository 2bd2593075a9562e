"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A PixelRNN and a PixelCNN use the same product. Why does the PixelCNN train faster?",
        (
            right(
                "Its convolutions predict all pixels of a real digit at once.",
                "In training all pixels are known, so nothing has to wait. A recurrent network "
                "must still go from pixel to pixel.",
            ),
            wrong(
                "It has fewer weights.",
                "It may have more. What counts is how much of the work can be done in parallel.",
            ),
            wrong(
                "It is trained on fewer digits.",
                "Both are trained on the same digits. The PixelCNN only gets through them sooner.",
            ),
        ),
        Try(
            "Train for some seconds and note the number of steps. Then choose *pixelrnn* under "
            "*More*, *Architecture*, and compare.",
        ),
    ),
    Question(
        "In training, which earlier pixels does the network see when it predicts the next one?",
        (
            right(
                "Those of the real digit.",
                "This is called *teacher forcing*: whatever it would have guessed, it continues "
                "from the truth. So it can predict all pixels of a digit at the same time.",
            ),
            wrong(
                "Those that it has drawn itself.",
                "That is what happens when it draws. In training this would need one run of the "
                "network per pixel, and one wrong pixel would spoil all later ones.",
            ),
            wrong(
                "None: it learns each pixel by itself.",
                "Then it could learn only how often each pixel is ink. That is the dashed line "
                "*each pixel on its own*, and the curve soon falls below it.",
            ),
        ),
        Try("Watch the curve fall below the two dashed lines that use no other pixel."),
    ),
    Question(
        "With only ink and paper, what does a loss of 1 bit per pixel mean?",
        (
            right(
                "The model knows no more about a pixel than about a coin toss.",
                "Two equally likely colours cost 1 bit. That is the dashed line *guessing "
                "blindly*.",
            ),
            wrong(
                "Every pixel is predicted right.",
                "A certain prediction that is right costs 0 bits.",
            ),
            wrong(
                "One pixel of each digit is wrong.",
                "The loss does not count mistakes. It is the mean surprise over all pixels.",
            ),
        ),
        Try("Find the dashed line at 1 bit, and where the curve starts."),
    ),
    Question(
        "The loss on training digits keeps falling, but the loss on held-out digits rises. What is "
        "happening?",
        (
            right(
                "The network memorises its training digits.",
                "This is overfitting: what it learns now holds only for these digits. More digits, "
                "a smaller network or an earlier stop help.",
            ),
            wrong(
                "The learning rate is too low.",
                "Then both would fall, but slowly.",
            ),
            wrong(
                "The held-out digits are getting harder.",
                "They stay the same. Only the network changes.",
            ),
        ),
        Try(
            "Train a large network on the small digits for a long time: choose many channels and "
            "many seconds under *More*.",
            "train",
            {"preset": "8 × 8 digits", "digits8-seconds": "120", "digits8-channels": "128"},
        ),
    ),
    Question(
        "How can one network draw any digit that you ask for?",
        (
            right(
                "It gets the label in training and in drawing: every factor becomes p(xᵢ | earlier "
                "pixels, label).",
                "The label is one more input for each pixel. It is not a pixel, so it leaks "
                "nothing.",
            ),
            wrong(
                "It draws until a classifier recognises the right digit.",
                "That would work, but slowly. No second network is needed here.",
            ),
            wrong(
                "It contains one network per label.",
                "All labels share the weights; a label only adds a few numbers to the feature "
                "maps. So the network has to learn strokes only once.",
            ),
        ),
        Try(
            "Train without labels and compare the samples: the network no longer knows which digit "
            "to draw.",
            "train",
            {"digits14-labels": "false"},
        ),
    ),
    Question(
        "What happens if the learning rate is much too high?",
        (
            right(
                "The steps overshoot: the loss jumps about, or the network learns nothing.",
                "The gradient gives the right direction only for a short distance. A long step "
                "lands elsewhere.",
            ),
            wrong(
                "The network learns the same in less time.",
                "Up to a point it does. Beyond that, the steps no longer reduce the loss.",
            ),
            wrong(
                "The network memorises its training digits.",
                "For that it would have to fit the training digits very well, and it cannot even "
                "converge.",
            ),
        ),
        Try("Train with a learning rate of 1.", "train", {"digits14-rate": "1"}),
    ),
    Question(
        "With 256 levels of grey, a softmax has 256 outputs at each pixel. What is better about a "
        "mixture of a few bell curves over the levels?",
        (
            right(
                "It knows that levels 127 and 128 are neighbours, and needs far fewer outputs.",
                "For a softmax all levels are unrelated, so it needs many digits to learn each. A "
                "bell curve covers neighbouring levels together.",
            ),
            wrong(
                "It is more flexible: there are distributions that a softmax cannot represent.",
                "It is the other way round: a softmax can give any probability to any level. A "
                "mixture is less flexible, and learns from less data.",
            ),
            wrong(
                "It needs no masks.",
                "Masks decide what a pixel may see. They do not depend on the form of the output.",
            ),
        ),
        Try(
            "Under *More*, choose 16 levels of grey: how much harder is it?",
            "train",
            {"digits14-levels": "16"},
        ),
    ),
)
