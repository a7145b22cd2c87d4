"""What kind of value a key takes, in words for the manual; read from the model's JSON Schema."""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
PLAIN = {"string": "text", "boolean": "true or false", "null": ""}


def types_in_words(model: type[BaseModel]) -> dict[str, str]:
    """``{"port": "whole number, 1 to 65535"}`` for every key of the model."""
    schema = model.model_json_schema(by_alias=True)
    definitions = schema.get("$defs", {})
    return {key: _words(field, definitions) for key, field in schema["properties"].items()}


def _words(schema: Schema, definitions: Schema) -> str:
    match schema:
        case {"$ref": str(reference)}:
            return _words(definitions[reference.rpartition("/")[2]], definitions)
        case {"anyOf": list(branches)}:
            words = (_words(branch, definitions) for branch in branches)
            return " or ".join(dict.fromkeys(word for word in words if word))
        case {"enum": list(options)}:
            return "one of " + ", ".join(f"`{option}`" for option in options)
        case {"const": constant}:
            return f"`{constant}`"
        case {"type": "array"}:
            return f"list: {_words(schema.get('items', {}), definitions)}"
        case {"type": "object"}:
            return "secret" if schema.get("title") == "Secret" else "table"
        case {"type": "integer" | "number"}:
            return _number(schema)
    return PLAIN.get(schema.get("type", ""), "text")


def _number(schema: Schema) -> str:
    words = "whole number" if schema["type"] == "integer" else "number"
    least, most, above = schema.get("minimum"), schema.get("maximum"), schema.get("exclusiveMinimum")
    if least is not None and most is not None:
        return f"{words}, {least:g} to {most:g}" if most < 10**6 else f"{words}, {least} to {most}"
    if least is not None:
        return f"{words}, at least {least:g}"
    return f"{words}, above {above:g}" if above is not None else words
