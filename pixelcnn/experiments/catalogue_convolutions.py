"""Experiments on convolutional networks: blocks, depth, receptive field."""

from __future__ import annotations

from pixelcnn.experiments.definition import Experiment, Reported, Variant
from pixelcnn.experiments.sources import (
    CIFAR,
    GATED,
    PIXELRNN,
    REPORT,
    REPORT_NET,
    SNAIL,
    UVA,
    trained,
)

_SMALL_KERNELS = {**REPORT_NET, "kernel_size": 3}
_BITS = "bits per pixel of binary MNIST; lower is better"

CONVOLUTIONS = (
    Experiment(
        name="layer_norm",
        title="Layer normalisation",
        question="Does it help to normalise the features of each pixel?",
        base=trained(REPORT_NET),
        variants=(
            Variant("without LayerNorm", {"model_options.norm": "none"}),
            Variant("with LayerNorm", {"model_options.norm": "layer"}),
        ),
        differs_in="model_options.norm",
        reported=Reported(
            "The report's best network normalises. The score of the same network without is not "
            "recorded here.",
            REPORT,
            (("ten 7 × 7 blocks with LayerNorm, 100 epochs", "0.1050"),),
            _BITS,
        ),
    ),
    Experiment(
        name="blocks",
        title="Number of blocks",
        question="Is a deeper network better?",
        base=trained(REPORT_NET),
        variants=tuple(
            Variant(f"{count} blocks", {"model_options.blocks": count}) for count in (5, 8, 10)
        ),
        differs_in="model_options.blocks",
        note="A deeper network also has more weights, and takes longer for the same steps.",
        reported=Reported(
            "The report compares 5, 8 and 10 blocks, and 10 are best. The figures of the others "
            "are not recorded here.",
            REPORT,
            (("10 blocks, 100 epochs", "0.1050"),),
            _BITS,
        ),
    ),
    Experiment(
        name="kernel_size",
        title="Kernel size",
        question="How large should the kernels be?",
        base=trained(REPORT_NET),
        variants=tuple(
            Variant(f"{size} × {size} kernels", {"model_options.kernel_size": size})
            for size in (3, 5, 7)
        ),
        differs_in="model_options.kernel_size",
        note="A wider kernel has more weights, and leaves a smaller blind spot.",
        reported=Reported(),
    ),
    Experiment(
        name="skip_connections",
        title="Skip connections",
        question="Should the head read every block, or only the last one?",
        base=trained(REPORT_NET),
        variants=(
            Variant("without skips", {"model_options.skip": False}),
            Variant("with skips", {"model_options.skip": True}),
        ),
        differs_in="model_options.skip",
        note="The blocks here have residual connections in both cases, as in the last two figures.",
        reported=Reported(
            "In a Row LSTM they help much without residual connections, and hardly with them.",
            f"{PIXELRNN}, table 2",
            (
                ("neither", "3.22"),
                ("skips", "3.09"),
                ("residual connections", "3.07"),
                ("both", "3.06"),
            ),
            CIFAR,
        ),
    ),
    Experiment(
        name="dilations",
        title="Dilations",
        question="Does it help to spread a kernel's weights, so that it sees further?",
        base=trained(_SMALL_KERNELS),
        variants=(
            Variant("dense kernels", {"model_options.dilations": [1]}),
            Variant("spread by 1, 2, 4", {"model_options.dilations": [1, 2, 4]}),
        ),
        differs_in="model_options.dilations",
        reported=Reported(
            "The tutorial's gated network has dilations. Its score without them is not reported.",
            UVA,
            (("gated, dilated, 256 levels", "0.808"),),
            "bits per pixel of MNIST with 256 levels; lower is better",
        ),
    ),
    Experiment(
        name="attention",
        title="Attention",
        question="Is it worth looking back at all earlier pixels, however far away?",
        base=trained(_SMALL_KERNELS),
        variants=(
            Variant("convolutions only", {"model": "pixelcnn"}),
            Variant(
                "with attention",
                {
                    "model": "pixelcnn_attention",
                    "model_options.attention_every": 5,
                    "model_options.heads": 2,
                },
            ),
        ),
        differs_in="model",
        along=("model_options.attention_every", "model_options.heads"),
        note="One attention layer follows the last block. It also removes the blind spot.",
        reported=Reported(
            "With attention it beats the best network without. The two also differ in other ways.",
            f"{SNAIL}, table 1",
            (("PixelCNN++, no attention", "2.92"), ("PixelSNAIL", "2.85")),
            CIFAR,
        ),
    ),
    Experiment(
        name="blind_spot",
        title="Blind spot",
        question="Does the blind spot cost anything?",
        base=trained({"kernel_size": 3}),
        variants=(
            Variant(
                "one stack (plain)",
                {"model_options.blocks": 4, "model_options.hidden_channels": 29},
            ),
            Variant(
                "two stacks (gated)",
                {
                    "model": "gated_pixelcnn",
                    "model_options.blocks": 8,
                    "model_options.hidden_channels": 14,
                },
            ),
        ),
        differs_in="model",
        along=("model_options.blocks", "model_options.hidden_channels"),
        note="Both have eight layers of 3 × 3 and equally many free weights. As in the paper, the "
        "gated network has gates as well as a second stack, so the difference is that of both "
        "together.",
        reported=Reported(
            "The gated network, which sees everything, beats the plain one.",
            f"{GATED}, table 1",
            (("PixelCNN", "3.14"), ("Gated PixelCNN", "3.03")),
            CIFAR,
        ),
    ),
)
