"""Seeds that a class can dictate: four digits, and as many more as there are pictures."""

EACH = "one of each"
HIGHEST_SEED = 9999


def seeds_from(first: int, count: int) -> tuple[int, ...]:
    """`count` seeds, beginning with one and starting over after the highest."""
    return tuple((first + step) % (HIGHEST_SEED + 1) for step in range(count))
