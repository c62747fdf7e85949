"""Writes objects into the folder of a sandbox, past its service, as the service keeps them.

usage: fill.py lake SANDBOX DAYS_AGO | prefixes SANDBOX NUMBER | assets SANDBOX NUMBER | million SANDBOX NUMBER
"""

import json
import sys
import time
from pathlib import Path

DAY = 86_400
GB = 1_000_000_000
ABOUT = dict.fromkeys(
    ["content_type", "cache_control", "content_disposition", "content_encoding", "content_language", "expires"]
)
HOSTILE = [
    "<script>window.pwned=1</script>",
    '"><img src=x onerror=window.pwned=1>',
    "'; DROP TABLE sample; --",
    "{{7*7}} ${7*7} &lt;b&gt;",
    "javascript:window.pwned=1",
    "esc\u001b[31m\u202egnp.exe",
    "</title></style><svg onload=window.pwned=1>",
]


class Shelf:
    """The folder of the sandbox's bucket."""

    def __init__(self, sandbox):
        self.bucket = Path(sandbox) / "s3/buckets/sandbox-dagster-assets"
        numbers = [int(path.stem) for path in (self.bucket / "versions").iterdir()]
        self.next = max(numbers, default=0) + 1

    def put(self, key, size, modified, version="null"):
        content = {
            "etag": "764efa883dda1e11db47671c4a3bbd9e",
            "size": size,
            "segments": [],
            "about": {**ABOUT, "metadata": {}, "public_read": False, "tags": []},
        }
        self.write(key, version, modified, content)

    def delete(self, key, modified, version):
        self.write(key, version, modified, None)

    def write(self, key, version, modified, content):
        number = self.next
        self.next += 1
        text = json.dumps(
            {
                "number": number,
                "key": key,
                "id": version,
                "modified": int(modified * 1000),
                "content": content,
                "lock": {"retention": None, "legal_hold": False},
                "upload": None,
            }
        )
        (self.bucket / "versions" / f"{number}.json").write_text(text)

    def keep_versions(self):
        """And has been there for long: a new bucket comes and goes for a while."""
        path = self.bucket / "bucket.json"
        meta = json.loads(path.read_text())
        path.write_text(json.dumps({**meta, "versioning": "Enabled", "created": 1_700_000_000_000}))


def lake(shelf, days_ago):
    """What came in the two days before that day: assets with partitions, logs, hostile names."""
    shelf.keep_versions()
    ago = int(days_ago)
    when = time.time() - ago * DAY
    date = time.strftime("%Y-%m-%d", time.gmtime(when))
    for asset, size in (("raw/orders", 18), ("raw/clicks", 31), ("marts/revenue", 4), ("ml/features", 9)):
        shelf.put(f"assets/{asset}/{date}", size * GB + ago % 7 * GB, when, f"v{shelf.next}")
    # Written anew each time: what it was before is an old version.
    shelf.put("assets/ml/model", 12 * GB, when, f"v{shelf.next}")
    shelf.put(f"logs/{date}.txt", 3 * GB, when, f"v{shelf.next}")
    shelf.put(f"tmp/run-{date}", 6 * GB, when, f"v{shelf.next}")
    for step in range(5):
        run = f"0f6b0c1e-2f0a-4f6e-9d55-{ago:012d}"
        shelf.put(f"assets/storage/{run}/step{step}/result", 40_000, when, f"v{shelf.next}")
    if ago == 20:
        for number, name in enumerate(HOSTILE):
            shelf.put(f"assets/{name}", (5 + number) * GB, when, f"v{shelf.next}")
            shelf.put(f"{name}/x", (5 + number) * GB, when, f"v{shelf.next}")
        shelf.delete("logs/gone", when, f"v{shelf.next}")


def prefixes(shelf, number):
    for prefix in range(int(number)):
        shelf.put(f"customer-{prefix:06d}/data", 1_000 + prefix * 900_000, 1_795_000_000)


def assets(shelf, number):
    """Assets of forty teams, of a few sizes; some names are long."""
    for at in range(int(number)):
        team, domain = f"team-{at % 40:02d}", f"domain_{at // 40 % 9}"
        name = f"asset_{at:06d}" + ("_of_all_customers_by_region_and_month" if at % 11 == 0 else "")
        shelf.put(f"assets/{team}/{domain}/{name}", 20_000 + at % 1_000 * at % 40_000_000, 1_795_000_000)


def million(shelf, number):
    for at in range(int(number)):
        day = f"2026-{at % 12 + 1:02d}-{at % 28 + 1:02d}"
        shelf.put(f"assets/raw/asset_{at % 5000:04d}/{day}/part-{at:07d}", at % 200_000, 1_795_000_000)


what, sandbox, number = sys.argv[1:]
globals()[what](Shelf(sandbox), number)
