"""Text of the page Feature maps: the views of a network, and what each shows."""

from __future__ import annotations

from collections.abc import Mapping

from pixelcnn.introspect.attention_cell import Lookup
from pixelcnn.introspect.cell import Term

_BLOCKS = {"Blocks": ["stack"]}
_ATTENTION = {"Attention": ["attention"]}
_INSIDE = {"Inside the blocks": ["inside"]}
_GATES = {"Gates": ["gate"]}

# The views of each architecture, and the `LayerSummary` parts in each view.
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
    "Blocks": "Each block adds its output to its input maps. The last layers turn the maps into "
    "the probabilities of each pixel.",
    "Inside the blocks": "The convolutions of a block, before their results are added to its input "
    "maps.",
    "Horizontal stack": "It reads its row to the left, and gets what the vertical stack saw above. "
    "The prediction comes from its last maps.",
    "Vertical stack": "It reads the row and all rows above, in full width. The horizontal stack "
    "gets its output one row further down, so that nothing sees the future.",
    "Gates": "A gate multiplies two maps: the content (from −1 to 1 where it is a tanh) and a "
    "sigmoid from 0 (shut) to 1 (open).",
    "Inside the layers": "What each layer computes before its gates. In the vertical, horizontal "
    "and link layers, half of the maps are content (tanh) and half are gates (sigmoid) that scale "
    "it. The mix layer reads the gated result.",
    "Right stream": "It sees the rows above and the pixels to the left. On the way down the maps "
    "are halved in size, so that each step reads further; on the way up they are doubled again. "
    "The prediction comes from its last maps.",
    "Down stream": "It sees the rows above in full width and passes its output to the right "
    "stream. On the way down its maps are halved in size, on the way up doubled again.",
    "Inside the streams": "The convolutions of each layer. In the second one, half of the maps are "
    "content and half are gates (sigmoid).",
    "Attention": "Each pixel compares its *query* with the *keys* of all earlier pixels. Where "
    "they match, it takes the *values* there: that is its output.",
    "Layers": "Each recurrent layer adds its output to its input maps. The last layers turn the "
    "maps into the probabilities of each pixel.",
    "Recurrence": "The *states*: each is computed from the input at its pixel and the neighbouring "
    "states, one after the other, so that information travels through the picture. A state from "
    "the right is used one row further down, so that nothing sees the future.",
    "Inside the recurrent layers": "The input of the recurrence, and the output that is added to "
    "the layer's input maps.",
}


# The steps of a recurrence, with their letters in the papers.
_LSTM = {
    "f": "the **forget** gate: how much of the memory stays",
    "i": "the **input** gate: how much of the candidate comes in",
    "g": "the **candidate**",
    "c": "the **memory**: f × the previous memory + i × g",
    "o": "the **output** gate: how much of the memory shows",
}
_GRU = {
    "r": "the **reset** gate: how much the neighbouring states count",
    "z": "the **update** gate: how much of the state stays",
    "n": "the **candidate**",
}
_WRITTEN_OUT = 3  # products of an attention that are listed; the rest are summed up


def views(architecture: str) -> dict[str, list[str]]:
    """The views of an architecture: {view: parts of `LayerSummary`}, the default first."""
    return _VIEWS.get(architecture, _BLOCKS | _INSIDE)


def number(value: float) -> str:
    """A number for text or a formula, with a true minus sign."""
    return f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−")


def formula(term: Term) -> str:
    """A value as a formula: "tanh(0.8 + 0.1) × sigmoid(1.2) = 0.72 × 0.77 = 0.55"."""
    steps = [_written(term), number(term.value)]
    if any(part.parts for part in term.parts):
        shallow = [Term("number", part.value) for part in term.parts]
        steps.insert(1, _written(Term(term.op, term.value, parts=tuple(shallow))))
    return " = ".join(steps)


def lookup_in_words(found: Lookup) -> str:
    """The sum of an attention: its largest products, and the rest."""
    if not found.strongest:
        return "### 0.00\nThere is no pixel before this one, so it attends to nothing."
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
        pixels = "the other pixel" if others == 1 else f"the other {others} pixels"
        lines.append(f"- **{number(rest)}** from {pixels}, in the same way")
        products.append("…")
    weights = float(sum(found.weights[at] for at in found.strongest))
    return (
        f"### {' + '.join(products)} = {number(found.total)}\n"
        "**Weight × value**, summed over all earlier pixels.\n\n"
        + "\n".join(lines)
        + f"\n\nAll weights sum to **{number(weights)}**."
    )


def steps_in_words(steps: Mapping[str, Term]) -> str:
    """The gates of a recurrence, and the state computed from them."""
    if "c" in steps:  # an LSTM
        meanings, state, carried = _LSTM, "o × tanh(c)", steps["c"].parts[0].parts[1]
    else:
        state = "(1 − z) × n + z × the previous state"
        meanings, carried = _GRU, steps["h"].parts[1].parts[1]
    lines = [
        f"- *{letter}* = **{number(steps[letter].value)}**, {what}  \n{formula(steps[letter])}"
        for letter, what in meanings.items()
    ]
    gate = next(iter(meanings))
    (from_input, from_states), lines_in_order = steps[gate].parts[0].parts, "\n".join(lines)
    return (
        f"### {formula(steps['h'])}\n"
        f"A **state**, computed from the input here and the neighbouring states: {state}.\n\n"
        f"{lines_in_order}\n\n"
        f"The first value in a gate comes from the input: that of *{gate}*, "
        f"{number(from_input.value)}, {from_input.name}. The second {from_states.name}. In the "
        f"memory, **{number(carried.value)}** {carried.name}."
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
    """A part of a sum or product, in brackets where they are needed."""
    written = _written(term)
    clash = (outer == "mul" and term.op == "add") or (not term.parts and written.startswith("−"))
    return f"({written})" if clash else written
