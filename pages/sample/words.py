"""What the page Sample says, and what to try."""

from pixelcnn.film.film import Film


def lead(levels: int) -> str:
    """The paragraph under the title."""
    answer = "a probability for ink" if levels == 2 else "a probability for each level"
    return (
        "At the orange pixel the network looks at what is drawn already (blue glow) and answers "
        f"with {answer}; then **a random number decides**. Pause with Space, step with the arrows, "
        "and ask what if."
    )


def how(film: Film) -> str:
    """The loop in words."""
    if film.levels == 2 and film.images.shape[1] == 1:
        falls = "falls on paper or on ink (`draw`, the orange mark on the bar above)"
    else:
        falls = (
            "falls on one of the levels (`draw`): the likelihoods are added up, level by level, "
            "and the first sum above the number is the choice (the orange line above meets the "
            "blue curve)"
        )
    colours = (
        " A pixel has three parts: red is chosen first, then green in view of red, then blue in "
        "view of both."
        if film.images.shape[1] == 3
        else ""
    )
    return (
        "The loop is the formula, line by line: the model answers for the next pixel (`log_p`), "
        "the temperature *T* sharpens or flattens the answer (`apply_temperature`), and a "
        f"random number between 0 and 1 {falls}. At 3 pixels a second or slower, and at each step "
        "by hand, the three lines under the film light up in turn. The **seed** fixes all random "
        f"numbers, so that you can repeat what you saw.{colours}"
    )


def to_try(film: Film) -> str:
    """The list at the end."""
    two = film.levels == 2
    likelier = "the likelier of the two" if two else "the likeliest level"
    toss = (
        "step to a pixel whose bar is half ink and press **What if it were ...?** All that "
        "follows hears the same random numbers. How much changes? Then do it where there was no "
        "doubt."
        if two
        else "step to a pixel whose bars are all low, choose another level there and press **What "
        "if it were ...?** All that follows hears the same random numbers. How much changes?"
    )
    return (
        f"- **Temperature 0** leaves nothing to chance: always {likelier}. All samples of one "
        "label are then the same picture.\n"
        "- **Temperature 2** takes the rare choices more often. Where do the digits fall apart "
        "first? **Temperatures** shows five of them on the same random numbers.\n"
        "- **Another label, same seed**: every random number stays, only what the network is told "
        "changes. **Classes** shows all of them.\n"
        f"- **Find a coin toss**: {toss}"
    )
