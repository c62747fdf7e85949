"""What all checks with boto3 need: a client, comparisons, and a line for each check."""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError


def client(**settings):
    """A client of the AWS_* variables that says each refusal at once."""
    return boto3.client("s3", config=Config(retries={"total_max_attempts": 1}, **settings))


def same(found, expected, what="answer"):
    assert found == expected, f"{what} is {found!r}, not {expected!r}"


def refusal(call, **arguments):
    """The HTTP status and the code with which a call is refused."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
    return "nothing refused"


def becomes(expected, ask, limit=30):
    """Asks until the answer is the expected one: some changes take a while to act."""
    end = time.monotonic() + limit
    while (found := ask()) != expected:
        assert time.monotonic() < end, f"after {limit} s still {found!r}, not {expected!r}"
        time.sleep(0.1)


def run(label, check, s3):
    name = f"{label}: {check.__name__.replace('_', ' ')}"
    try:
        check(s3)
    except Exception as error:  # Whatever it is, the other checks go on.
        print(f"FAIL {name}: {type(error).__name__}: {' '.join(str(error).split())}", flush=True)
        return False
    print(f"ok {name}", flush=True)
    return True


def run_all(checks):
    """Runs the checks one after the other and ends the program; the first argument is a label."""
    s3 = client()
    sys.exit(not all([run(sys.argv[1], check, s3) for check in checks]))
