"""Asks a dagster-webserver by its GraphQL.

    webserver.py ADDRESS ready                     every code location loads
    webserver.py ADDRESS launch ASSETS [PARTITION] has the daemon materialize; prints the run's id
    webserver.py ADDRESS log RUN                   what the run's steps have printed
    webserver.py ADDRESS fails ASSETS              the same as launch, for a run that has to fail
"""
import json
import sys
import time
import urllib.error
import urllib.request

ADDRESS = sys.argv[1]
LIMIT = 300


def ask(query, **variables):
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(
        f"{ADDRESS}/graphql", body, {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"{error}: {error.read().decode()[:3000]}") from None
    if told.get("errors"):
        raise SystemExit(json.dumps(told["errors"])[:2000])
    return told["data"]


LOCATIONS = """{workspaceOrError{... on Workspace{locationEntries{name locationOrLoadError{
  __typename ... on PythonError{message}
  ... on RepositoryLocation{repositories{name assetNodes{assetKey{path}}}}}}}}}"""


def locations():
    """The code locations, each with its repositories."""
    found = {}
    for entry in ask(LOCATIONS)["workspaceOrError"]["locationEntries"]:
        place = entry["locationOrLoadError"]
        if not place or place["__typename"] != "RepositoryLocation":
            raise SystemExit(f"{entry['name']}: {place}")
        found[entry["name"]] = place["repositories"]
    return found


def home_of(asset):
    for location, repositories in locations().items():
        for repository in repositories:
            if any(node["assetKey"]["path"] == [asset] for node in repository["assetNodes"]):
                return location, repository["name"]
    raise SystemExit(f"no code location has {asset}")


LAUNCH = """mutation($params: ExecutionParams!){launchRun(executionParams: $params){
  __typename ... on LaunchRunSuccess{run{runId}} ... on PythonError{message}
  ... on RunConfigValidationInvalid{errors{message}}}}"""
STATUS = "query($id: ID!){runOrError(runId: $id){... on Run{status}}}"
EVENTS = """query($id: ID!){runOrError(runId: $id){... on Run{eventConnection{events{
  __typename ... on MessageEvent{message} ... on LogsCapturedEvent{fileKey}
  ... on ExecutionStepFailureEvent{error{message causes{message}}}
  ... on RunFailureEvent{error{message causes{message}}}}}}}}"""
LOG = "query($key: [String!]!){capturedLogs(logKey: $key){stdout stderr}}"


def events(run):
    return ask(EVENTS, id=run)["runOrError"]["eventConnection"]["events"]


def launched(assets, partition):
    names = assets.split(",")
    location, repository = home_of(names[0])
    tags = [{"key": "dagster/partition", "value": partition}] if partition else []
    told = ask(LAUNCH, params={
        "selector": {
            "repositoryLocationName": location, "repositoryName": repository,
            "jobName": "__ASSET_JOB", "assetSelection": [{"path": [name]} for name in names],
            "assetCheckSelection": [],
        },
        "executionMetadata": {"tags": tags}, "runConfigData": {},
    })["launchRun"]
    if told["__typename"] != "LaunchRunSuccess":
        raise SystemExit(json.dumps(told)[:2000])
    run = told["run"]["runId"]
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        status = ask(STATUS, id=run)["runOrError"]["status"]
        if status in ("SUCCESS", "FAILURE", "CANCELED"):
            return run, status
        time.sleep(0.5)
    raise SystemExit(f"{run} did not finish within {LIMIT} s: {status}")


def failures(run):
    for event in events(run):
        error = event.get("error")
        if not error and event["__typename"].endswith("FailureEvent"):
            yield event.get("message", event["__typename"])
        elif error:
            yield " ".join([error["message"], *(cause["message"] for cause in error["causes"])])


def ready():
    print(", ".join(locations()))


def launch(assets, partition=None):
    run, status = launched(assets, partition)
    if status != "SUCCESS":
        raise SystemExit(f"{run}: {status}: " + "\n".join(failures(run))[:3000])
    print(run)


def fails(assets):
    run, status = launched(assets, None)
    if status != "FAILURE":
        raise SystemExit(f"{run}: {status}, not FAILURE")
    print(run, *failures(run), sep="\n")


def log(run):
    keys = [event["fileKey"] for event in events(run) if event.get("fileKey")]
    for key in keys:
        told = ask(LOG, key=[run, "compute_logs", key])["capturedLogs"]
        print(told["stdout"] or "", told["stderr"] or "", sep="")


{"ready": ready, "launch": launch, "fails": fails, "log": log}[sys.argv[2]](*sys.argv[3:])
