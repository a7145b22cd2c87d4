"""How devices and people write units of temperature, and what UCUM calls them."""

UNITS: dict[str, str] = {
    "c": "Cel", "°c": "Cel", "cel": "Cel", "celsius": "Cel", "℃": "Cel",
    "f": "[degF]", "°f": "[degF]", "[degf]": "[degF]", "fahrenheit": "[degF]", "℉": "[degF]",
    "k": "K", "kelvin": "K",
}  # fmt: skip
