"""Lists of people that gates look up: pseudonyms with a value each, in files searched as they lie."""
