"""What runs in a container: imports the deployed file and answers calls, one a line."""

import base64
import importlib
import json
import os
import pickle
import sys

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
module, name = sys.argv[1:]
function = getattr(importlib.import_module(module), name).local
for line in sys.stdin:
    arguments, named = pickle.loads(base64.b64decode(line))
    try:
        answer = {"data": base64.b64encode(pickle.dumps(function(*arguments, **named))).decode()}
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        error = RuntimeError(told)
        answer = {"error": told, "data": base64.b64encode(pickle.dumps(error)).decode()}
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
