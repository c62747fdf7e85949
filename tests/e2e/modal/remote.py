"""Calls the deployed function of the generated file, as a program of one's own would."""

import io
import json
import os
import sys
import time

import boto3
import modal

function = modal.Function.from_name("dagster-compute", "process_dataset")
s3 = boto3.client("s3")


def bucket():
    """The spec's bucket with rows for the function; gateways disagree about a new one for a while."""
    name = "lane-modal-assets"
    try:
        s3.create_bucket(Bucket=name)
    except (s3.exceptions.BucketAlreadyOwnedByYou, s3.exceptions.BucketAlreadyExists):
        pass  # gateways that do not know it yet say that it is somebody's
    rows = [{"x": number} for number in range(3)]
    for _ in range(100):
        try:
            s3.put_object(Bucket=name, Key="modal/in.json", Body=json.dumps(rows).encode())
            s3.get_object(Bucket=name, Key="modal/in.json")
            return name
        except s3.exceptions.ClientError:
            time.sleep(0.2)
    sys.exit("the bucket does not stay")


def round_trip():
    name = bucket()
    result = function.remote("modal/in.json", "modal/out.json")
    body = json.loads(s3.get_object(Bucket=name, Key="modal/out.json")["Body"].read())
    assert body == {"rows": 3, "sums": {"x": 3}}, body
    print(json.dumps(result))


def round_trip_fails():
    """Another bucket, which is not there: the function has other values than this program."""
    try:
        function.remote("modal/in.json", "modal/out.json")
    except Exception as error:
        print(f"{type(error).__name__}: {error}")
        if "NoSuchBucket" not in str(error):
            sys.exit(1)
    else:
        sys.exit("it holds the values of before")


def table():
    """A table with a column of text, through the function for Parquet."""
    import pandas

    frame = pandas.DataFrame({"city": ["Köln", "Bonn", "Köln"], "n": [1, 2, 1]})
    s3.put_object(Bucket=bucket(), Key="modal/in.parquet", Body=frame.to_parquet(index=False))
    work = modal.Function.from_name("dagster-compute", "process_table")
    result = work.remote("modal/in.parquet", "modal/out.parquet")
    body = s3.get_object(Bucket=bucket(), Key="modal/out.parquet")["Body"].read()
    found = pandas.read_parquet(io.BytesIO(body)).to_dict("list")
    assert found == {"city": ["Köln", "Bonn"], "n": [1, 2]}, found
    print(json.dumps(result))


def text():
    """Rows of JSON with text in them."""
    rows = [{"x": 1, "city": "Köln"}, {"x": 2, "city": "Bonn"}]
    s3.put_object(Bucket=bucket(), Key="modal/text.json", Body=json.dumps(rows).encode())
    function.remote("modal/text.json", "modal/text-out.json")
    body = s3.get_object(Bucket=bucket(), Key="modal/text-out.json")["Body"].read()
    print(body.decode())


def where():
    """How many containers the control plane has started."""
    folder = os.environ["PLANE"]
    round_trip()
    print(json.load(open(f"{folder}/state.json"))["containers"]["started"])


WORK = {"round_trip": round_trip, "round_trip_fails": round_trip_fails, "where": where}
{**WORK, "table": table, "text": text}[sys.argv[1]]()
