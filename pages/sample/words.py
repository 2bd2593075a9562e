"""Text of the page Sample."""

from pixelcnn.film.film import Film


def lead(levels: int) -> str:
    """The paragraph under the title."""
    answer = "a probability for ink" if levels == 2 else "a probability for each level"
    return (
        "At the orange pixel the network reads what is already drawn (blue glow) and gives "
        f"{answer}. Then **a random number decides**. Pause with Space, step with the arrow keys, "
        "and ask what if."
    )


def how(film: Film) -> str:
    """The loop explained."""
    if film.levels == 2 and film.images.shape[1] == 1:
        falls = "selects paper or ink (`draw`, the orange mark on the bar above)"
    else:
        falls = (
            "selects one of the levels (`draw`): the probabilities are added up, level by level, "
            "and the first sum above the number is the choice (where the orange line above meets "
            "the blue curve)"
        )
    colours = (
        " A pixel has three parts: red is chosen first, then green given red, then blue given both."
        if film.images.shape[1] == 3
        else ""
    )
    return (
        "The loop is the formula, line by line: the model predicts the next pixel (`log_p`), the "
        "temperature *T* sharpens or flattens the prediction (`apply_temperature`), and a random "
        f"number between 0 and 1 {falls}. At 3 pixels per second or slower, and in single steps, "
        "the three lines under the film light up in turn. The **seed** fixes all random numbers, "
        f"so that you can repeat what you saw.{colours}"
    )


def to_try(film: Film) -> str:
    """The list at the end."""
    two = film.levels == 2
    likelier = "the likelier of the two" if two else "the likeliest level"
    toss = (
        "step to a pixel whose bar is half ink and press **What if it were ...?** Every later "
        "pixel uses the same random numbers as before. How much changes? Then try it where the "
        "model was sure."
        if two
        else "step to a pixel whose bars are all low, choose another level there and press **What "
        "if it were ...?** Every later pixel uses the same random numbers as before. How much "
        "changes?"
    )
    return (
        f"- **Temperature 0** always takes {likelier}. All samples of one label are then the same "
        "picture.\n"
        "- **Temperature 2** makes rare choices more often. Where do the digits fall apart first? "
        "**Temperatures** shows five temperatures with the same random numbers.\n"
        "- **Another label, same seed**: the random numbers stay, and only the label changes. "
        "**Classes** shows all labels.\n"
        f"- **Find a coin toss**: {toss}"
    )
