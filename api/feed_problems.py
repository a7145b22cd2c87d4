"""What the hub refuses about destinations and webhooks, as problems."""

from api.problems import Problem
from hub.feeds.refusals import UNKNOWN, WRONG


def feed_problem(refusal: str) -> Problem:
    """404 for a name that is none, 422 for what cannot be asked, else 503: nothing was changed."""
    if refusal in UNKNOWN:
        return Problem(404, "destination.unknown", "There is no such destination or webhook.")
    if refusal in WRONG:
        return Problem(422, "destination.refused", refusal)
    return Problem(503, "destination.not_changed", "Nothing was changed; try again.")
