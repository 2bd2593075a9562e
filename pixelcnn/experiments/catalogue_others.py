"""Experiments on recurrent networks, data, labels and optimisers."""

from __future__ import annotations

import math

from pixelcnn.experiments.definition import Experiment, Reported, Variant
from pixelcnn.experiments.sources import CIFAR, GATED, PIXELRNN, REPORT_NET, UVA, trained

_ROWS = {"layer": "row_lstm", "hidden_channels": 12, "blocks": 1}

OTHERS = (
    Experiment(
        name="layers",
        title="Number of recurrent layers",
        question="How many recurrent layers are needed?",
        base=trained(_ROWS, model="pixelrnn"),
        variants=tuple(
            Variant(f"{count} layer{'s' * (count > 1)}", {"model_options.blocks": count})
            for count in (1, 2, 4)
        ),
        differs_in="model_options.blocks",
        note="Row LSTM, as in the paper, which goes on to 12 layers.",
        reported=Reported(
            "Each additional layer improves the Row LSTM, the first ones most.",
            f"{PIXELRNN}, table 3",
            (
                ("1 layer", "3.30"),
                ("2 layers", "3.20"),
                ("3 layers", "3.17"),
                ("6 layers", "3.09"),
                ("9 layers", "3.08"),
                ("12 layers", "3.06"),
            ),
            CIFAR,
        ),
    ),
    Experiment(
        name="rnn_layer",
        title="Row LSTM or Diagonal BiLSTM",
        question="Is it better to read row by row, or along both diagonals?",
        base=trained({**_ROWS, "blocks": 2}, model="pixelrnn"),
        variants=(
            Variant("Row LSTM", {"model_options.layer": "row_lstm"}),
            Variant("Diagonal BiLSTM", {"model_options.layer": "diagonal_bilstm"}),
        ),
        differs_in="model_options.layer",
        note="The Row LSTM sees a triangle above the pixel, the Diagonal BiLSTM everything before.",
        reported=Reported(
            "The Diagonal BiLSTM is better, on digits and on photographs.",
            f"{PIXELRNN}, table 4",
            (("Row LSTM", "80.54"), ("Diagonal BiLSTM, 7 layers", "79.20")),
            "nats per image of statically binarised MNIST; lower is better",
        ),
    ),
    Experiment(
        name="rnn_cell",
        title="LSTM or GRU",
        question="Does a recurrent layer need the larger cell?",
        base=trained({**_ROWS, "blocks": 2}, model="pixelrnn"),
        variants=(
            Variant("LSTM", {"model_options.cell": "lstm"}),
            Variant("GRU", {"model_options.cell": "gru"}),
        ),
        differs_in="model_options.cell",
        note="A GRU has three gates where an LSTM has four, so a quarter fewer weights.",
        reported=Reported(),
    ),
    Experiment(
        name="optimizer",
        title="Adam, RMSprop or Muon",
        question="Which optimiser learns faster?",
        base=trained(REPORT_NET),
        variants=(
            Variant("Adam", {"train.optimizer": "adam"}),
            Variant("RMSprop", {"train.optimizer": "rmsprop"}),
            Variant("Muon", {"train.optimizer": "muon"}),
        ),
        differs_in="train.optimizer",
        note="All have the same learning rate, one that suits Adam; the others may prefer another. "
        "Muon, which is newer than the sources, moves a kernel equally in all its directions.",
        reported=Reported(
            "RMSprop converged best of the optimisers that were tried. Figures are not reported.",
            f"{PIXELRNN}, section 5.2",
        ),
    ),
    Experiment(
        name="class_conditioning",
        title="Labels",
        question="Does it help to know the label?",
        base=trained(REPORT_NET),
        variants=(
            Variant("no label", {"conditional": False}),
            Variant("told the label", {"conditional": True}),
        ),
        differs_in="conditional",
        note=f"One of ten labels is worth at most ln 10 = {math.log(10):.1f} nats, even to a model "
        "that knows everything else about the image.",
        reported=Reported(
            "For photographs the score changed little, and the samples looked much better. "
            "Figures are not reported.",
            f"{GATED}, section 3.2",
        ),
    ),
    Experiment(
        name="colour_conditioning",
        title="Colour channels",
        question="Should green see the red of its own pixel, and blue see both?",
        base=trained(
            {**REPORT_NET, "kernel_size": 3, "hidden_channels": 48}, data="coloured5k", levels=4
        ),
        variants=(
            Variant("colours apart", {"model_options.independent_channels": True}),
            Variant("red → green → blue", {"model_options.independent_channels": False}),
        ),
        differs_in="model_options.independent_channels",
        note="Coloured digits with four levels per channel, each with its own ink and paper. "
        "Masks between the colours cost the second network some free weights.",
        reported=Reported(),
    ),
    Experiment(
        name="levels",
        title="Levels of grey",
        question="Are digits with more grey levels harder to predict?",
        base=trained(REPORT_NET),
        variants=tuple(
            Variant(f"{levels} levels", {"data_options.levels": levels}) for levels in (2, 16, 256)
        ),
        differs_in="data_options.levels",
        measure="share",
        note="Nats and bits are not comparable here, because pictures with more levels carry more "
        "information. Compare instead the share of the per-pixel baseline's surprise that "
        "remains.",
        reported=Reported(
            "The sources use different levels for different data; none compares them.",
            f"{PIXELRNN} (2 levels); {UVA} (256 levels)",
            (("binary MNIST, nats per image", "79.20"), ("256 levels, bits per pixel", "0.808")),
            "two units that cannot be compared",
        ),
    ),
)
