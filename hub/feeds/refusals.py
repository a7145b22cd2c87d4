"""Why something about destinations and webhooks is refused, in the words that API and command show."""

NO_DESTINATION = "there is no destination of this name"
NO_WEBHOOK = "there is no webhook of this id"
SAY_WHAT = "say what: dead letters, numbers, or from which number of the log"
NO_PAGE = "no such page"
BAD_URL = "url: must be https://, in ASCII, without user and #"
TOO_MANY = "too many types or sites"
BAD_NAME = "a type or a site is not a name"
FULL = "there are as many webhooks as there may be"

UNKNOWN = frozenset({NO_DESTINATION, NO_WEBHOOK})
WRONG = frozenset({SAY_WHAT, NO_PAGE, BAD_URL, TOO_MANY, BAD_NAME, FULL})
