"""Feature maps in words: which views of a network there are, and what each of them shows."""

from __future__ import annotations

_BLOCKS = {"Blocks": ["stack"]}
_ATTENTION = {"Attention": ["attention"]}
_INSIDE = {"Inside the blocks": ["inside"]}

# What the viewer can ask for, and the parts of `LayerSummary` that belong to it.
_VIEWS = {
    "pixelcnn": _BLOCKS | _INSIDE,
    "pixelcnn_attention": _BLOCKS | _ATTENTION | _INSIDE,
    "gated_pixelcnn": {
        "Horizontal stack": ["horizontal stack", "stack"],
        "Vertical stack": ["vertical stack"],
        "Inside the layers": ["inside"],
    },
    "pixelcnnpp": {
        "Right stream": ["right stream", "stack"],
        "Down stream": ["down stream"],
        "Inside the streams": ["inside"],
    },
    "pixelsnail": _BLOCKS | _ATTENTION | _INSIDE,
    "pixelrnn": {
        "Layers": ["stack"],
        "Recurrence": ["recurrence"],
        "Inside the recurrent layers": ["inside"],
    },
}

EXPLAINED = {
    "Blocks": "Each block adds what it found to the maps before it. The last layers turn them into "
    "the probabilities of each pixel.",
    "Inside the blocks": "The convolutions that a block is made of, before their results are added "
    "to the maps that it was given.",
    "Horizontal stack": "It looks along the row to the left, and takes in what the vertical stack "
    "saw above. The prediction is made from its last maps.",
    "Vertical stack": "It looks at the row and all rows above, in full width. What it finds is "
    "handed to the horizontal stack one row further down, so that nothing looks ahead.",
    "Inside the layers": "What each layer computes before its gates. Half of the maps of the "
    "vertical, the horizontal and the link are content (tanh), half say how far it is let through "
    "(sigmoid); the mix is made of what comes through.",
    "Right stream": "It knows the rows above and what stands to the left. On the way down the "
    "maps are halved in size, so that one step looks further; on the way up they are doubled "
    "again. The prediction is made from its last maps.",
    "Down stream": "It knows the rows above in full width, and hands what it finds to the right "
    "stream. On the way down its maps are halved in size, on the way up doubled again.",
    "Inside the streams": "The convolutions of each layer. The second one's maps are content in "
    "one half, and in the other say how far it is let through (sigmoid).",
    "Attention": "Each pixel asks a question, its *query*, and compares it with the *keys* of all "
    "pixels before it. Where they match, it takes over the *values* there: that is what it found.",
    "Layers": "Each recurrent layer adds what it found to the maps before it. The last layers turn "
    "them into the probabilities of each pixel.",
    "Recurrence": "The *states*: each is made from the input at its pixel and the states next to "
    "it, one after the other, so that something seen can be carried along through the picture. "
    "What comes from the right is used one row further down, so that nothing looks ahead.",
    "Inside the recurrent layers": "What goes into the recurrence, and what is added to the maps "
    "that the layer was given.",
}


def views(architecture: str) -> dict[str, list[str]]:
    """What can be looked at: {view: parts of `LayerSummary`}, the usual view first."""
    return _VIEWS.get(architecture, _BLOCKS | _INSIDE)
