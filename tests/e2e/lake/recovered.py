"""How many lost commits `datalake tables recover --json` names, of tables of one format.

usage: recovered.py FORMAT FILE
"""

import json
import sys
from pathlib import Path

kind, file = sys.argv[1:]
document = json.loads(Path(file).read_text(encoding="utf-8"))
found = [commit for commit in document["data"]["lost"] if commit["format"].lower() == kind]
# Each append was one row.
assert all(commit["rows"] in (1, None) for commit in found), found
print(len(found))
