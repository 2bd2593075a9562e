"""Feature maps in words: which views of a network there are, and what each of them shows."""

from __future__ import annotations

from collections.abc import Mapping

from pixelcnn.introspect.attention_cell import Lookup
from pixelcnn.introspect.cell import Term

_BLOCKS = {"Blocks": ["stack"]}
_ATTENTION = {"Attention": ["attention"]}
_INSIDE = {"Inside the blocks": ["inside"]}
_GATES = {"Gates": ["gate"]}

# What the viewer can ask for, and the parts of `LayerSummary` that belong to it.
_VIEWS = {
    "pixelcnn": _BLOCKS | _INSIDE,
    "pixelcnn_attention": _BLOCKS | _ATTENTION | _INSIDE,
    "gated_pixelcnn": {
        "Horizontal stack": ["horizontal stack", "stack"],
        "Vertical stack": ["vertical stack"],
        **_GATES,
        "Inside the layers": ["inside"],
    },
    "pixelcnnpp": {
        "Right stream": ["right stream", "stack"],
        "Down stream": ["down stream"],
        **_GATES,
        "Inside the streams": ["inside"],
    },
    "pixelsnail": _BLOCKS | _ATTENTION | _GATES | _INSIDE,
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
    "Gates": "A gate multiplies two maps: the content, from −1 to 1 where it is a tanh, and how "
    "far it is let through, a sigmoid from 0 (shut) to 1 (open).",
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


# The steps of a recurrence, by the letters that they have in the papers.
_LSTM = {
    "f": "the **forget** gate: how much of the memory stays",
    "i": "the **input** gate: how much of what is new comes in",
    "g": "what is **new**",
    "c": "the **memory**: f × the memory before + i × g",
    "o": "the **output** gate: how much of the memory shows",
}
_GRU = {
    "r": "the **reset** gate: how much the states next to it count",
    "z": "the **update** gate: how much of the state stays",
    "n": "what is **new**",
}
_WRITTEN_OUT = 3  # products of an attention, before it becomes a list that nobody reads


def views(architecture: str) -> dict[str, list[str]]:
    """What can be looked at: {view: parts of `LayerSummary`}, the usual view first."""
    return _VIEWS.get(architecture, _BLOCKS | _INSIDE)


def number(value: float) -> str:
    """A number for a sentence or a formula."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def formula(term: Term) -> str:
    """A number and what it is made of: "tanh(0.8 + 0.1) × sigmoid(1.2) = 0.72 × 0.77 = 0.55"."""
    steps = [_written(term), number(term.value)]
    if any(part.parts for part in term.parts):
        shallow = [Term("number", part.value) for part in term.parts]
        steps.insert(1, _written(Term(term.op, term.value, parts=tuple(shallow))))
    return " = ".join(steps)


def lookup_in_words(found: Lookup) -> str:
    """The sum of an attention: its greatest parts, and the rest."""
    if not found.strongest:
        return "### 0.00\nThere is no pixel before this one, so there is nowhere to look."
    named = found.strongest[:_WRITTEN_OUT]
    products = [
        f"{number(found.weights[at])} × {_in_brackets(Term('number', found.values[at]), 'mul')}"
        for at in named
    ]
    others = len(found.strongest) - len(named)
    lines = [
        f"- **{written} = {number(found.products[at])}** from row {at[0]}, column {at[1]}"
        for written, at in zip(products, named, strict=True)
    ]
    if others:
        rest = found.total - sum(float(found.products[at]) for at in named)
        pixels = "the one other pixel" if others == 1 else f"the other {others} pixels"
        lines.append(f"- **{number(rest)}** from {pixels}, in the same way")
        products.append("…")
    weights = float(sum(found.weights[at] for at in found.strongest))
    return (
        f"### {' + '.join(products)} = {number(found.total)}\n"
        "**Weight × value**, summed over all earlier pixels: it takes over what stands where it "
        f"looks.\n\n" + "\n".join(lines) + f"\n\nAll weights sum to **{number(weights)}**."
    )


def steps_in_words(steps: Mapping[str, Term]) -> str:
    """The gates of a recurrence, and what they make of what it remembers."""
    if "c" in steps:  # an LSTM
        meanings, state, carried = _LSTM, "o × tanh(c)", steps["c"].parts[0].parts[1]
    else:
        state = "(1 − z) × n + z × the state before"
        meanings, carried = _GRU, steps["h"].parts[1].parts[1]
    lines = [
        f"- *{letter}* = **{number(steps[letter].value)}**, {what}  \n{formula(steps[letter])}"
        for letter, what in meanings.items()
    ]
    gate = next(iter(meanings))
    (told, heard), lines_in_order = steps[gate].parts[0].parts, "\n".join(lines)
    return (
        f"### {formula(steps['h'])}\n"
        f"A **state**, made of what came in here and of the states next to it: {state}.\n\n"
        f"{lines_in_order}\n\n"
        f"The first number of a gate is what came in: that of *{gate}*, {number(told.value)}, "
        f"{told.name}. The second {heard.name}. In the memory, **{number(carried.value)}** "
        f"{carried.name}."
    )


def _written(term: Term) -> str:
    if not term.parts:
        return number(term.value)
    if term.op == "add":
        return " + ".join(_in_brackets(part, "add") for part in term.parts)
    if term.op == "mul":
        return " × ".join(_in_brackets(part, "mul") for part in term.parts)
    inside = _written(term.parts[0])
    return f"−({inside})" if term.op == "neg" else f"{term.op}({inside})"


def _in_brackets(term: Term, outer: str) -> str:
    """A part of a sum or product; brackets where it would read wrongly without."""
    written = _written(term)
    clash = (outer == "mul" and term.op == "add") or (not term.parts and written.startswith("−"))
    return f"({written})" if clash else written
