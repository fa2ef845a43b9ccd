"""The numbers of a session as the words that an agenda names, such as {speedup}.

Everything returned is printable. May import ``harness.claims``, for its values, and ``phrases``.
"""

from harness.claims.claims import Claims
from harness.show import phrases


def talk_words(claims: Claims) -> dict[str, str]:
    """Return what a talk may say of a session, by name; of a refused one nothing.

    A simulated one has its numbers, so that the talk can be rehearsed, and says what it is.
    """
    headline = claims.drawable
    if headline is None:
        return {}
    sentence = phrases.sentence_to_say(headline)
    return {
        "say": sentence if claims.headline is not None else f"Simulated: {sentence}",
        "speedup": phrases.speedup(headline),
        "efficiency": phrases.efficiency(headline),
        "quality": ", ".join(phrases.quality(headline)),
        "cost": ", ".join(phrases.cost(headline)),
        "bound": phrases.bound(headline),
        "gap": phrases.times(headline)[2],
    }
