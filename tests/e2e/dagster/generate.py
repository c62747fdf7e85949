"""Writes dagster.yaml files that Dagster loads, in the many ways in which people write them.

    generate.py FOLDER COUNT SEED
"""
import random
import sys

KEYS = [
    "telemetry:\n  enabled: false # no phoning home\n",
    "telemetry: {enabled: off}\n",
    "'telemetry' :\n    enabled: yes\n",
    "run_coordinator:\n  module: dagster.core.run_coordinator\n  class: QueuedRunCoordinator\n"
    "  config:\n    max_concurrent_runs: 2   # two cores\n",
    "run_coordinator: {module: dagster.core.run_coordinator,\n  class: DefaultRunCoordinator}\n",
    "run_monitoring:\n  enabled: true\n\n  # long enough\n  start_timeout_seconds: 180\n",
    "retention:\n  schedule:\n    purge_after_days: 90\n  sensor:\n    purge_after_days:\n"
    "      skipped: 7\n      success: -1\n",
    "python_logs:\n  python_log_level: INFO\n  managed_python_loggers:\n  - lake\n  - \"lake: 'x'\"\n",
    "python_logs:\n  managed_python_loggers: [a,\n    'b',\n    ]\n",
    "code_servers: {local_startup_timeout: 360}\n",
    "schedules:\n  use_threads: true\n  num_workers: 4\n",
    "sensors: &threads\n  use_threads: true\n  num_workers: 4\nschedules: *threads\n",
    "local_artifact_storage:\n  module: dagster.core.storage.root\n  class: LocalArtifactStorage\n"
    "  config:\n    base_dir: \"/srv/\\u00fcber\"\n",
    "storage:\n  sqlite:\n    base_dir: >-\n      /srv/dagster\n",
    "run_retries:\n  enabled: true\n  max_retries: 3\n",
]
LOCAL = "dagster.core.storage.local_compute_log_manager"
LOGS = [
    "",
    f"compute_logs:\n  module: {LOCAL}\n  class: LocalComputeLogManager\n  config:\n    base_dir: /srv/logs\n",
    f"compute_logs: {{module: {LOCAL}, class: LocalComputeLogManager, config: {{base_dir: /srv/l}}}} # one line\n",
    f"compute_logs: {{\n  module: {LOCAL},\n  # inside\n  class: LocalComputeLogManager\n}}\n",
    f"\"compute_logs\" :\n    class: 'LocalComputeLogManager'\n    # which\n    module: {LOCAL}\n\n"
    "    config:\n        base_dir:\n            env: LANE_LOGS\n",
    "compute_logs:\n  module: dagster.core.storage.noop_compute_log_manager\n"
    "  class: NoOpComputeLogManager\n",
    f"compute_logs:\n  module: {LOCAL}\n  class: LocalComputeLogManager\n  config: {{<<: {{base_dir: /srv/m}}}}\n",
]
BETWEEN = [
    "", "", "\n", "# compute_logs:\n#   class: Old\n", "\n\n# \u00fc\u4e16 \n", "   # indented  \n", "#|\n",
    "#\ttab\n",
]


def names(text):
    return {line.split(":")[0].strip(" '\"") for line in text.split("\n") if line[:1] not in (" ", "#", "", "-")}


def file(luck):
    chosen, seen = [], set()
    for text in luck.sample(KEYS, luck.randint(0, 8)):
        if not names(text) & seen:
            chosen.append(text)
            seen |= names(text)
    chosen.insert(luck.randint(0, len(chosen)), luck.choice(LOGS))
    text = "".join(luck.choice(BETWEEN) + part for part in chosen) + luck.choice(BETWEEN)
    if luck.random() < 0.2:
        margin = " " * luck.randint(1, 3)
        text = "".join(margin + line if line.strip() else line for line in text.splitlines(True))
    if luck.random() < 0.3:
        text = "---\n" + text
    if luck.random() < 0.3:
        text = text.rstrip("\n")
    elif luck.random() < 0.2:
        text += "...\n"
    if luck.random() < 0.3:
        text = text.replace("\n", "\r\n")
    return ("\ufeff" if luck.random() < 0.2 else "") + text


luck = random.Random(int(sys.argv[3]))
for number in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/generated-{number:03}.yaml", "w", encoding="utf-8", newline="") as out:
        out.write(file(luck))
