"""An adapter whose library is not installed."""

import a_library_that_nobody_has  # type: ignore[import-not-found]

Heavy = a_library_that_nobody_has.Heavy
