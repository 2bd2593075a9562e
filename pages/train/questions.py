"""The questions at the end of the page."""

from __future__ import annotations

from pages.shared.quiz_question import Question, Try, right, wrong

QUESTIONS = (
    Question(
        "A PixelRNN and a PixelCNN learn the same product. Why does the PixelCNN train faster?",
        (
            right(
                "Its convolutions answer for all pixels of a real digit at once.",
                "In training all pixels are known beforehand, so nothing has to wait for anything. "
                "A recurrent network must go from pixel to pixel even then.",
            ),
            wrong(
                "It has fewer weights.",
                "It may have more. What counts is how much of the work can be done side by side.",
            ),
            wrong(
                "It looks at fewer digits.",
                "Both look at the same ones. The PixelCNN only gets through them sooner.",
            ),
        ),
        Try(
            "Train it for some seconds and count the steps. Then choose *pixelrnn* under *More*, "
            "*Architecture*, and count again.",
        ),
    ),
    Question(
        "In training, which earlier pixels does the network see when it bets on the next one?",
        (
            right(
                "Those of the real digit.",
                "This is called *teacher forcing*: whatever it would have guessed, it goes on from "
                "the truth. So all bets of a digit can be made at the same time.",
            ),
            wrong(
                "Those that it has drawn itself.",
                "That is how it goes when it draws. In training it would take one run of the "
                "network for each pixel, and one wrong pixel would spoil all that follow.",
            ),
            wrong(
                "None: each pixel is learned by itself.",
                "Then it could learn only how often each pixel is inked. That is the lower of the "
                "two dashed lines, and the curve soon falls below it.",
            ),
        ),
        Try("Watch how far the curve falls below both dashed lines: they look at no other pixel."),
    ),
    Question(
        "With ink and paper only, what does a loss of 1 bit per pixel mean?",
        (
            right(
                "No more is known about a pixel than about the fall of a coin.",
                "Two colours, each as likely as the other: 1 bit. That is the upper dashed line.",
            ),
            wrong(
                "Every pixel is predicted right.",
                "What is certain does not surprise: that would be 0 bits.",
            ),
            wrong(
                "One pixel of each digit is wrong.",
                "The loss does not count mistakes. It counts surprise, averaged over all pixels.",
            ),
        ),
        Try("Find the dashed line at 1 bit, and where the curve starts."),
    ),
    Question(
        "The loss on training digits keeps falling, that on held-out digits rises. What happens?",
        (
            right(
                "The network learns its training digits by heart.",
                "That is overfitting: what it learns now is true of these digits only. More digits "
                "help, or a smaller network, or stopping earlier.",
            ),
            wrong(
                "The learning rate is too low.",
                "Then both would fall, only slowly.",
            ),
            wrong(
                "The held-out digits are harder than they were.",
                "They are the same digits all the time. It is the network that changes.",
            ),
        ),
        Try(
            "Train a large network on the small digits for a long time: under *More*, many "
            "channels and many seconds.",
            "train",
            {"preset": "8 × 8 digits", "digits8-seconds": "120", "digits8-channels": "128"},
        ),
    ),
    Question(
        "How can one network draw the digit that it is asked for?",
        (
            right(
                "It is told the label in training and in drawing: every factor becomes "
                "p(xᵢ | earlier pixels, label).",
                "The label is one more thing that each pixel may look at. It is no pixel, so it "
                "leaks nothing.",
            ),
            wrong(
                "It draws until a classifier recognises the right digit.",
                "That would work, slowly. Here no second network is needed.",
            ),
            wrong(
                "There is a network for each label inside.",
                "The weights are shared by all labels; a label only adds a few numbers to the "
                "feature maps. So what a stroke is has to be learned only once.",
            ),
        ),
        Try(
            "Take the labels away and compare the samples: nobody tells it what to draw.",
            "train",
            {"digits14-labels": "false"},
        ),
    ),
    Question(
        "What does a much too high learning rate do?",
        (
            right(
                "Each step leaps past the goal: the loss jumps about, or nothing is learned.",
                "The slope tells the direction only for a short way. A long step lands somewhere "
                "else.",
            ),
            wrong(
                "It learns the same in less time.",
                "Up to a point it does. Beyond it the steps no longer lead downhill.",
            ),
            wrong(
                "It learns by heart.",
                "For that it would have to fit the training digits very well, and it cannot even "
                "settle.",
            ),
        ),
        Try("Train with a learning rate of 1.", "train", {"digits14-rate": "1"}),
    ),
    Question(
        "With 256 levels of grey, a softmax has 256 outputs at each pixel. What does a mixture of "
        "a few bell curves over the levels do better?",
        (
            right(
                "It knows that levels 127 and 128 are neighbours, and needs far fewer outputs.",
                "To a softmax all levels are strangers to each other, so it needs many digits to "
                "learn each. A bell curve covers neighbours together.",
            ),
            wrong(
                "It can say more: there are shapes that a softmax cannot take.",
                "The other way round: a softmax can give any probability to any level. A mixture "
                "is less free, and learns from less.",
            ),
            wrong(
                "It has no need of masks.",
                "Masks decide what a pixel may see. That has nothing to do with the form of the "
                "answer.",
            ),
        ),
        Try(
            "Under *More*, choose 16 levels of grey: how much harder is it?",
            "train",
            {"digits14-levels": "16"},
        ),
    ),
)
