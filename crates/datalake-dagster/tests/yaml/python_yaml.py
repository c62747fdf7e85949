"""Reads texts as Dagster reads a dagster.yaml, by the real PyYAML.

A JSON list of texts comes in, a JSON list of outcomes goes out: a value in a form that tells types
apart, or null where PyYAML refuses the text.
"""

import io
import json
import struct
import sys

import yaml


class Loader(yaml.SafeLoader):
    """Dagster's own: dates stay texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if not tag.endswith(":timestamp")]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def told(value):
    if isinstance(value, dict):
        return {"map": [[told(key), told(inner)] for key, inner in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"seq": [told(inner) for inner in value]}
    if isinstance(value, float):
        return {"float": struct.pack(">d", value).hex() if value == value else "nan"}
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise TypeError(type(value))


def read(text):
    opened = io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf8")
    try:
        return {"value": told(yaml.load(opened, Loader=Loader))}
    except (yaml.YAMLError, ValueError, KeyError, IndexError, TypeError, RecursionError):
        return None


json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)
