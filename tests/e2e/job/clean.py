def clean(stream, key):
    if key.endswith("7"):
        raise ValueError(f"not {key}")
    if key.endswith("/"):
        return None
    return stream.read(100)[::-1]
