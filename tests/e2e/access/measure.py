"""Puts the same questions to a gateway and to the simulator, and tells where they differ.

usage: measure.py presets|random SIMULATOR VERSION [SEED COUNT]

ADDRESS is the gateway's. Its keys are subusers, as Hetzner's are: two of the project p1111, which
owns the bucket, and two of p2222. `system` is a system user, who gets past every policy.
"""

import json
import os
import subprocess
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "lane-access"
ADDRESS = os.environ["ADDRESS"]
KEYS = {
    "AKA11110000000000000": "p1111",
    "AKB11110000000000000": "p1111",
    "AKA22220000000000000": "p2222",
    "AKB22220000000000000": "p2222",
}
PREFIXES = ["assets/", "backups/", "raw/", "out/", "compute-logs/"]
NO_VERSION = "0" * 32
ANONYMOUS = None
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "never/"}, "Expiration": {"Days": 9999}}
BLOCK = dict.fromkeys(
    ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"], False
)


def connect(key):
    how = dict(
        # A connection that the gateway has closed is opened again; refusals are not asked twice.
        retries={"mode": "standard", "total_max_attempts": 4},
        s3={"addressing_style": "path"},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    if key is None:
        how["signature_version"] = UNSIGNED
        config = Config(**how)
        return boto3.client("s3", endpoint_url=ADDRESS, region_name="default", config=config)
    return boto3.client(
        "s3",
        endpoint_url=ADDRESS,
        region_name="default",
        aws_access_key_id=key,
        aws_secret_access_key=f"secret-{key}",
        config=Config(**how),
    )


CLIENTS = {key: connect(key) for key in [*KEYS, "system", None]}
OWN, FOREIGN = CLIENTS["AKA11110000000000000"], CLIENTS["AKA22220000000000000"]


def confirm_self(params, **_):
    params["headers"]["x-amz-confirm-remove-self-bucket-access"] = "true"


class Gateway:
    """The bucket with objects of both projects, and an unfinished upload of each."""

    def __init__(self):
        self.uploads = {}
        self.system = CLIENTS["system"]
        self.binding = connect("system")
        self.binding.meta.events.register("before-call.s3.PutBucketPolicy", confirm_self)

    def prepare(self):
        OWN.create_bucket(Bucket=BUCKET)
        self.remove()
        everything = {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam:::user/p2222"},
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        }
        OWN.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Statement": [everything]}))
        for prefix in PREFIXES:
            OWN.put_object(Bucket=BUCKET, Key=f"{prefix}own", Body=b"own")
            FOREIGN.put_object(Bucket=BUCKET, Key=f"{prefix}foreign", Body=b"foreign")
            FOREIGN.put_object(
                Bucket=BUCKET, Key=f"{prefix}given", Body=b"x", ACL="bucket-owner-full-control"
            )
            OWN.put_object(Bucket=BUCKET, Key=f"{prefix}public", Body=b"x", ACL="public-read")
            for name, client in (("own", OWN), ("foreign", FOREIGN)):
                key = f"{prefix}upload-{name}"
                self.uploads[key] = client.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
        OWN.delete_bucket_policy(Bucket=BUCKET)

    def store(self, policy, binds_owner):
        """Whether the gateway takes the policy."""
        client = self.binding if binds_owner else self.system
        try:
            client.put_bucket_policy(Bucket=BUCKET, Policy=policy)
            return True
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 400:
                return False
            raise

    def remove(self):
        self.system.delete_bucket_policy(Bucket=BUCKET)


OWNERS = {"own": "p1111", "foreign": "p2222", "given": "p2222", "public": "p1111"}
ACLS = {"given": "bucket-owner-full-control", "public": "public-read"}


def stored(name):
    return {"owner": OWNERS[name], "access": ACLS.get(name, "private")}


def ask(gateway, who, call, prefix, variant):
    """The question for the simulator, and what to send to the gateway."""
    client = CLIENTS[who[1] if who else None]
    request = {"who": who, "call": call, "values": {}}
    name = ["own", "foreign", "given", "public"][variant % 4]
    key, here = f"{prefix}{name}", dict(Bucket=BUCKET)
    there = dict(here, Key=key)

    def of(key, object=None, **more):
        request.update(key=key, object=object, **more)

    if call == "ListBuckets":
        return request, client.list_buckets
    if call == "HeadBucket":
        return request, lambda: client.head_bucket(**here)
    if call in ("ListObjects", "ListObjectVersions", "ListMultipartUploads"):
        how = {}
        if variant % 3:
            request["values"]["s3:prefix"] = how["Prefix"] = prefix
        if variant % 5 == 1:
            request["values"]["s3:delimiter"] = how["Delimiter"] = "/"
        if variant % 5 == 2:
            request["values"]["s3:max-keys"] = "7"
            how["MaxUploads" if call == "ListMultipartUploads" else "MaxKeys"] = 7
        method = {
            "ListObjects": [client.list_objects, client.list_objects_v2][variant % 2],
            "ListObjectVersions": client.list_object_versions,
            "ListMultipartUploads": client.list_multipart_uploads,
        }[call]
        return request, lambda: method(**here, **how)
    if call in ("GetObject", "HeadObject"):
        method = client.get_object if call == "GetObject" else client.head_object
        if variant % 5 == 4:
            of(f"{prefix}missing")
            return request, lambda: method(**here, Key=f"{prefix}missing")
        of(key, stored(name))
        return request, lambda: method(**there)
    if call == "GetObjectVersion":
        of(key, stored(name))
        return request, lambda: client.get_object(**there, VersionId="null")
    if call == "GetObjectAcl":
        of(key, stored(name))
        return request, lambda: client.get_object_acl(**there)
    if call == "PutObjectAcl":
        # What already exists, so that nothing changes; the ACL of a given one cannot be said again.
        name = ["own", "foreign", "public"][variant % 3]
        of(f"{prefix}{name}", stored(name))
        acl = ACLS.get(name, "private")
        request["values"]["s3:x-amz-acl"] = acl
        return request, lambda: client.put_object_acl(**here, Key=f"{prefix}{name}", ACL=acl)
    if call == "PutObject":
        of(f"{prefix}put")
        how = {}
        if variant % 4:
            how["ACL"] = ["", "private", "public-read", "bucket-owner-full-control"][variant % 4]
            request["values"]["s3:x-amz-acl"] = how["ACL"]
        return request, lambda: client.put_object(**here, Key=f"{prefix}put", Body=b"x", **how)
    if call == "CopyObject":
        source = ["own", "foreign"][variant % 2]
        from_prefix = PREFIXES[variant % len(PREFIXES)]
        of(f"{prefix}copy", source=[f"{from_prefix}{source}", OWNERS[source]])
        request["values"]["s3:x-amz-copy-source"] = f"{BUCKET}/{from_prefix}{source}"
        copied = {"Bucket": BUCKET, "Key": f"{from_prefix}{source}"}
        return request, lambda: client.copy_object(**here, Key=f"{prefix}copy", CopySource=copied)
    if call in ("UploadPart", "UploadPartCopy", "ListParts"):
        owner = ["own", "foreign"][variant % 2]
        key = f"{prefix}upload-{owner}"
        part = dict(here, Key=key, UploadId=gateway.uploads[key])
        of(key, {"owner": OWNERS[owner], "access": "private"})
        if call == "ListParts":
            return request, lambda: client.list_parts(**part)
        if call == "UploadPart":
            return request, lambda: client.upload_part(**part, PartNumber=1, Body=b"x")
        source = ["own", "foreign"][variant // 2 % 2]
        from_prefix = PREFIXES[variant % len(PREFIXES)]
        request["source"] = [f"{from_prefix}{source}", OWNERS[source]]
        request["values"]["s3:x-amz-copy-source"] = f"{BUCKET}/{from_prefix}{source}"
        copied = {"Bucket": BUCKET, "Key": f"{from_prefix}{source}"}
        return request, lambda: client.upload_part_copy(**part, PartNumber=2, CopySource=copied)
    if call == "CreateMultipartUpload":
        of(f"{prefix}begun")
        return request, lambda: client.create_multipart_upload(**here, Key=f"{prefix}begun")
    if call == "CompleteMultipartUpload":
        # A part that is not there: 400 behind the permission, which is what counts.
        key = f"{prefix}upload-own"
        of(key, {"owner": "p1111", "access": "private"})
        parts = {"Parts": [{"PartNumber": 9, "ETag": '"0"'}]}
        return request, lambda: client.complete_multipart_upload(
            **here, Key=key, UploadId=gateway.uploads[key], MultipartUpload=parts
        )
    if call == "AbortMultipartUpload":
        of(f"{prefix}none")
        return request, lambda: client.abort_multipart_upload(
            **here, Key=f"{prefix}none", UploadId="2~nothing"
        )
    if call == "DeleteObject":
        of(f"{prefix}gone")
        return request, lambda: client.delete_object(**here, Key=f"{prefix}gone")
    if call == "DeleteObjectVersion":
        of(f"{prefix}gone")
        return request, lambda: client.delete_object(**here, Key=f"{prefix}gone", VersionId=NO_VERSION)
    if call == "DeleteObjects":
        of(f"{prefix}gone")
        gone = {"Objects": [{"Key": f"{prefix}gone"}]}
        return request, lambda: client.delete_objects(**here, Delete=gone)
    settings = {
        "GetBucketLocation": (client.get_bucket_location, {}),
        "GetBucketPolicy": (client.get_bucket_policy, {}),
        "PutBucketPolicy": (client.put_bucket_policy, {"Policy": gateway.policy}),
        "DeleteBucketPolicy": (client.delete_bucket_policy, {}),
        "GetBucketAcl": (client.get_bucket_acl, {}),
        "PutBucketAcl": (client.put_bucket_acl, {"ACL": "private"}),
        "GetBucketVersioning": (client.get_bucket_versioning, {}),
        "PutBucketVersioning": (
            client.put_bucket_versioning,
            {"VersioningConfiguration": {"Status": "Suspended"}},
        ),
        "GetBucketLifecycle": (client.get_bucket_lifecycle_configuration, {}),
        "PutBucketLifecycle": (
            client.put_bucket_lifecycle_configuration,
            {"LifecycleConfiguration": {"Rules": [RULE]}},
        ),
        "GetBucketCors": (client.get_bucket_cors, {}),
        "PutBucketCors": (
            client.put_bucket_cors,
            {"CORSConfiguration": {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}},
        ),
        "PutPublicAccessBlock": (
            client.put_public_access_block,
            {"PublicAccessBlockConfiguration": BLOCK},
        ),
        "PutObjectLockConfiguration": (
            client.put_object_lock_configuration,
            {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
        ),
        "DeleteBucket": (client.delete_bucket, {}),
    }
    if call not in settings:
        return None, None
    method, more = settings[call]
    return request, lambda: method(**here, **more)


def is_allowed(send):
    """Whether the gateway carries it out, or finds another fault behind the permission."""
    try:
        answer = send()
    except ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"] not in (401, 403)
    return not any(error["Code"] == "AccessDenied" for error in answer.get("Errors", []))


class Simulator:
    def __init__(self, program, version):
        self.program, self.version = program, version
        self.process = subprocess.Popen(
            [program, "answer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self, policy, binds_owner, requests):
        asked = {
            "version": self.version,
            "policy": policy,
            "binds_owner": binds_owner,
            "requests": requests,
        }
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def list(self, *words):
        lines = subprocess.run([self.program, *words], check=True, capture_output=True, text=True)
        return [json.loads(line) for line in lines.stdout.splitlines()]


class Count:
    def __init__(self):
        self.documents = self.same = self.allowed = self.undecided = 0
        self.differ = []

    def compare(self, about, answer, found):
        verdict = answer.split(":")[0]
        if verdict == "undecided":
            self.undecided += 1
        elif (verdict == "allowed") == found:
            self.same += 1
            self.allowed += found
        else:
            self.differ.append(f"{about}: gateway {'allows' if found else 'refuses'}; {answer}")

    def tell(self):
        for line in self.differ[:40]:
            print(line)
        print(
            f"{self.documents} documents, {self.same} cells equal ({self.allowed} allowed,"
            f" {self.same - self.allowed} refused), {self.undecided} undecided,"
            f" {len(self.differ)} differ"
        )
        return not self.differ and self.same > 0


def measure_document(gateway, simulator, document, questions, count):
    policy, binds_owner = document["policy"], document["binds_owner"]
    gateway.policy = policy
    count.documents += 1
    takes = gateway.store(policy, binds_owner)
    refusal = simulator.answer(policy, binds_owner, [])["refusal"]
    if takes != (refusal is None):
        count.differ.append(f"{policy}: gateway {'takes' if takes else 'refuses'} it; {refusal}")
    if not takes:
        return
    asked = [ask(gateway, *question) for question in questions]
    asked = [(request, send) for request, send in asked if request]
    answers = simulator.answer(policy, binds_owner, [request for request, _ in asked])["answers"]
    for (request, send), answer in zip(asked, answers, strict=True):
        found = is_allowed(send)
        count.compare(f"{document['name']} {json.dumps(request)}", answer, found)
        if found and request["call"] in ("PutBucketPolicy", "DeleteBucketPolicy"):
            gateway.store(policy, binds_owner)
    gateway.remove()


def list_callers():
    return [[project, key] for key, project in KEYS.items()] + [ANONYMOUS]


def measure_presets(gateway, simulator, count):
    calls = [line["call"] for line in simulator.list("calls")]
    for document in simulator.list("presets"):
        document["name"] = f"{document['preset']} of {document['who'][0]}"
        questions = [
            (who, call, prefix, variant)
            for who in (document["who"], ["p1111", "AKA11110000000000000"], ANONYMOUS)
            for call in calls
            for prefix in PREFIXES
            for variant in range(4 if who == document["who"] else 2)
        ]
        measure_document(gateway, simulator, document, questions, count)


def ends_the_gateway(policy):
    """A variable with a short value last: the gateway reads past its end at the first request."""
    for statement in json.loads(policy)["Statement"]:
        for keys in statement.get("Condition", {}).values():
            for values in keys.values():
                if isinstance(values, list) and any(value.startswith("${") for value in values):
                    return True
    return False


def measure_random(gateway, simulator, count, seed, number):
    callers = list_callers()
    for index, document in enumerate(simulator.list("random", seed, number)):
        if ends_the_gateway(document["policy"]):
            continue
        document["name"] = document["policy"]
        document["binds_owner"] = index % 2 == 1
        questions = [
            (callers[(index + at) % len(callers)], call, PREFIXES[2 + (index + at) % 2], index + at * 7)
            for at, call in enumerate(document["calls"])
        ]
        measure_document(gateway, simulator, document, questions, count)


def main():
    what, program, version, *rest = sys.argv[1:]
    gateway, simulator, count = Gateway(), Simulator(program, version), Count()
    gateway.prepare()
    if what == "presets":
        measure_presets(gateway, simulator, count)
    else:
        measure_random(gateway, simulator, count, *rest)
    sys.exit(0 if count.tell() else 1)


main()
