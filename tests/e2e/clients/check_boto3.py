"""Talks to `datalake sandbox` with boto3 and prints one line for each thing it proves.

usage: check_boto3.py LABEL       the service is named by the AWS_* variables, WORK is a folder
"""

import http.client
import json
import os
import ssl
import time
from urllib.parse import urlsplit

from boto3.s3.transfer import TransferConfig

from checks import becomes, client, refusal, run_all, same

MIB = 1024 * 1024
BUCKET = "boto3-bucket"
LOCKED = "boto3-locked"
ODD_KEYS = ["odd/a b", "odd/a+b", "odd/a%2Fb", "odd/ä–日", "odd/q?x=1&y=#z", "odd/'\"<>"]


def make_bucket(s3, bucket, **settings):
    """Makes a bucket and waits until it is stably there: a new one comes and goes at first."""
    s3.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "fsn1"}, **settings
    )

    def present():
        return [refusal(s3.head_bucket, Bucket=bucket) for _ in range(5)]

    becomes(["nothing refused"] * 5, present)


def put(s3, key, body=b"content", bucket=BUCKET, **settings):
    return s3.put_object(Bucket=bucket, Key=key, Body=body, **settings)


def read(s3, key, **settings):
    return s3.get_object(Bucket=BUCKET, Key=key, **settings)["Body"].read()


def keys(answer):
    return [entry["Key"] for entry in answer.get("Contents", [])]


def bucket_is_made_and_owned(s3):
    make_bucket(s3, BUCKET)
    answer = s3.list_buckets()
    same([bucket["Name"] for bucket in answer["Buckets"]], [BUCKET], "list of buckets")
    same(answer["Owner"]["ID"], "p1000001", "owner")


def object_comes_back(s3):
    etag = put(s3, "plain", b"content", ContentType="text/plain", Metadata={"a": "b"})["ETag"]
    head = s3.head_object(Bucket=BUCKET, Key="plain")
    same((head["ETag"], head["ContentLength"]), (etag, 7), "head")
    same((head["ContentType"], head["Metadata"]), ("text/plain", {"a": "b"}), "metadata")
    same(read(s3, "plain"), b"content", "content")
    same(refusal(s3.get_object, Bucket=BUCKET, Key="none"), (404, "NoSuchKey"))


def odd_keys_come_back(s3):
    for key in ODD_KEYS:
        put(s3, key, key.encode())
    same(keys(s3.list_objects_v2(Bucket=BUCKET, Prefix="odd/")), sorted(ODD_KEYS), "list")
    same([read(s3, key).decode() for key in ODD_KEYS], ODD_KEYS, "contents")


def range_is_cut_out(s3):
    put(s3, "range", b"0123456789")
    same(read(s3, "range", Range="bytes=2-4"), b"234", "middle")
    same(read(s3, "range", Range="bytes=-3"), b"789", "end")
    beyond = refusal(s3.get_object, Bucket=BUCKET, Key="range", Range="bytes=10-")
    same(beyond, (416, "InvalidRange"))


def multipart_is_put_together(s3):
    body = os.urandom(12 * MIB)
    where = {"Bucket": BUCKET, "Key": "multipart"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    parts = {}
    for number in (3, 1, 2):
        part = body[(number - 1) * 5 * MIB : number * 5 * MIB]
        parts[number] = s3.upload_part(**where, PartNumber=number, Body=part)["ETag"]
    listed = s3.list_parts(**where, MaxParts=2)
    same([part["PartNumber"] for part in listed["Parts"]], [1, 2], "first page of parts")
    same(listed["IsTruncated"], True, "more parts")
    chosen = [{"PartNumber": number, "ETag": parts[number]} for number in (1, 2, 3)]
    etag = s3.complete_multipart_upload(**where, MultipartUpload={"Parts": chosen})["ETag"]
    assert etag.endswith('-3"'), f"ETag {etag} names no three parts"
    assert read(s3, "multipart") == body, "the content differs"


def transfer_manager_uploads_and_downloads(s3, size=12 * MIB):
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB)
    source, target = [os.path.join(os.environ["WORK"], name) for name in ("up", "down")]
    with open(source, "wb") as file:
        file.write(os.urandom(size))
    s3.upload_file(source, BUCKET, "transferred", Config=config)
    s3.download_file(BUCKET, "transferred", target, Config=config)
    with open(source, "rb") as one, open(target, "rb") as other:
        assert one.read() == other.read(), "the content differs"


def upload_is_listed_and_aborted(s3):
    where = {"Bucket": BUCKET, "Key": "unfinished"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    listed = [found["UploadId"] for found in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]]
    same(listed, [upload], "uploads")
    s3.abort_multipart_upload(**where, UploadId=upload)
    same(s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []), [], "uploads")
    aborted = refusal(s3.upload_part, **where, UploadId=upload, PartNumber=1, Body=b"x")
    same(aborted, (404, "NoSuchUpload"))


def list_pages(s3, call):
    """Keys and common prefixes below `tree/`, two entries a page, and the number of pages."""
    found, pages = [], 0
    pager = s3.get_paginator(call)
    for page in pager.paginate(
        Bucket=BUCKET, Prefix="tree/", Delimiter="/", PaginationConfig={"PageSize": 2}
    ):
        pages += 1
        found += keys(page) + [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
    return sorted(found), pages


def lists_of_both_versions_page_and_group(s3):
    for key in ("tree/a", "tree/b/1", "tree/b/2", "tree/c", "tree/d/1", "tree/e"):
        put(s3, key)
    expected = ["tree/a", "tree/b/", "tree/c", "tree/d/", "tree/e"]
    for call in ("list_objects", "list_objects_v2"):
        same(list_pages(s3, call), (expected, 3), call)
    after = s3.list_objects_v2(Bucket=BUCKET, Prefix="tree/", StartAfter="tree/c")
    same(keys(after), ["tree/d/1", "tree/e"], "keys after `tree/c`")


def copy_keeps_content_and_metadata(s3):
    put(s3, "copy/a b", b"copied", Metadata={"made": "here"})
    s3.copy_object(Bucket=BUCKET, Key="copy/c", CopySource={"Bucket": BUCKET, "Key": "copy/a b"})
    answer = s3.get_object(Bucket=BUCKET, Key="copy/c")
    same((answer["Body"].read(), answer["Metadata"]), (b"copied", {"made": "here"}), "copy")


def bulk_delete_removes_all(s3):
    names = [f"bulk/{number}" for number in range(20)]
    for name in names:
        put(s3, name)
    doomed = {"Objects": [{"Key": name} for name in [*names, "bulk/never there"]]}
    answer = s3.delete_objects(Bucket=BUCKET, Delete=doomed)
    same((len(answer["Deleted"]), answer.get("Errors", [])), (21, []), "deleted and failed")
    same(keys(s3.list_objects_v2(Bucket=BUCKET, Prefix="bulk/")), [], "rest")


def send(method, url, body=None, headers=None):
    """The bare request of someone who has a presigned URL and nothing else."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        trusted = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
        connection = http.client.HTTPSConnection(parts.netloc, context=trusted, timeout=20)
    else:
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
    connection.request(method, f"{parts.path}?{parts.query}", body, headers or {})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def presigned_urls_put_and_get(s3):
    where = {"Bucket": BUCKET, "Key": "presigned/a b"}
    target = s3.generate_presigned_url("put_object", Params=where, ExpiresIn=60)
    same(send("PUT", target, b"by URL")[0], 200, "status of PUT")
    source = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    same(send("GET", source), (200, b"by URL"), "GET")
    same(send("GET", source.replace("presigned", "another"))[0], 403, "status for another key")
    # Fresh gateways refuse a header that the signature leaves out.
    unsigned = send("PUT", target, b"x", {"Content-Type": "text/plain"})
    same(unsigned[0], 403, "status with an unsigned header")


def tagging_is_not_implemented(s3):
    tags = {"TagSet": [{"Key": "kind", "Value": "scratch"}]}
    expected = (501, "NotImplemented")
    put(s3, "tagged")
    same(refusal(s3.put_bucket_tagging, Bucket=BUCKET, Tagging=tags), expected, "bucket")
    answer = refusal(s3.put_object_tagging, Bucket=BUCKET, Key="tagged", Tagging=tags)
    same(answer, expected, "object")


def lifecycle_comes_back_in_another_shape(s3):
    sent = [
        {"ID": "z", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 9}},
        {
            "ID": "a",
            "Status": "Enabled",
            "Filter": {"Prefix": "logs/"},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
    ]
    s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": sent}
    )
    answer = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    reshaped = {"ID": "z", "Status": "Enabled", "Prefix": "", "Expiration": {"Days": 9}}
    same(answer["Rules"], [sent[1], reshaped], "rules")
    assert "TransitionDefaultMinimumObjectSize" not in answer, "an attribute too many"
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    absent = refusal(s3.get_bucket_lifecycle_configuration, Bucket=BUCKET)
    same(absent, (404, "NoSuchLifecycleConfiguration"))


def deny(s3, resource, **what):
    """A statement against this very key, in the form that Hetzner knows it by."""
    project, key = s3.list_buckets()["Owner"]["ID"], os.environ["AWS_ACCESS_KEY_ID"]
    principal = {"AWS": [f"arn:aws:iam:::user/{project}:{key}"]}
    arn = f"arn:aws:s3:::{BUCKET}/{resource}"
    return {"Effect": "Deny", "Principal": principal, "Resource": [arn], **what}


def put_policy(s3, *statements):
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def policy_denies_after_a_while(s3):
    def putting(key):
        return refusal(put, s3=s3, key=key)

    put_policy(s3, deny(s3, "denied/*", Action="s3:PutObject"))
    becomes((403, "AccessDenied"), lambda: putting("denied/a"))
    same(putting("allowed/a"), "nothing refused", "another key")
    s3.delete_bucket_policy(Bucket=BUCKET)
    becomes("nothing refused", lambda: putting("denied/a"))


def not_action_enforces_nothing(s3):
    put_policy(
        s3,
        deny(s3, "sign", Action="s3:GetObject"),
        deny(s3, "*", NotAction="s3:GetObject"),
    )
    put(s3, "sign")
    # Once the first statement acts, the whole document does.
    becomes((403, "AccessDenied"), lambda: refusal(s3.get_object, Bucket=BUCKET, Key="sign"))
    same(refusal(put, s3=s3, key="not-action"), "nothing refused")
    s3.delete_bucket_policy(Bucket=BUCKET)
    becomes("nothing refused", lambda: refusal(s3.get_object, Bucket=BUCKET, Key="sign"))


def unknown_action_sinks_a_policy(s3):
    statement = deny(s3, "*", Action=["s3:PutObject", "s3:GetObjectAttributes"])
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    status, _ = refusal(s3.put_bucket_policy, Bucket=BUCKET, Policy=policy)
    same(status, 503, "status")
    same(refusal(s3.get_bucket_policy, Bucket=BUCKET), (404, "NoSuchBucketPolicy"), "what stays")


def versions_keep_old_content(s3):
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    first, *_ = [put(s3, "kept", f"content {n}".encode())["VersionId"] for n in (1, 2, 3)]
    marker = s3.delete_object(Bucket=BUCKET, Key="kept")
    same(marker["DeleteMarker"], True, "delete marker")
    same(refusal(s3.get_object, Bucket=BUCKET, Key="kept"), (404, "NoSuchKey"))
    listed = s3.list_object_versions(Bucket=BUCKET, Prefix="kept")
    same((len(listed["Versions"]), len(listed["DeleteMarkers"])), (3, 1), "versions and markers")
    same(read(s3, "kept", VersionId=first), b"content 1", "old content")
    s3.delete_object(Bucket=BUCKET, Key="kept", VersionId=marker["VersionId"])
    same(read(s3, "kept"), b"content 3", "content without the marker")


def object_lock_protects(s3):
    make_bucket(s3, LOCKED, ObjectLockEnabledForBucket=True)
    enabled = s3.get_object_lock_configuration(Bucket=LOCKED)["ObjectLockConfiguration"]
    same(enabled["ObjectLockEnabled"], "Enabled", "object lock")
    until = {"ObjectLockMode": "COMPLIANCE", "ObjectLockRetainUntilDate": time.time() + 3600}
    locked = put(s3, "locked", bucket=LOCKED, **until)["VersionId"]
    version = {"Bucket": LOCKED, "Key": "locked", "VersionId": locked}
    same(refusal(s3.delete_object, **version), (403, "AccessDenied"), "retention")
    held = {"Bucket": LOCKED, "Key": "held"}
    held["VersionId"] = put(s3, "held", bucket=LOCKED)["VersionId"]
    s3.put_object_legal_hold(**held, LegalHold={"Status": "ON"})
    same(refusal(s3.delete_object, **held), (403, "AccessDenied"), "legal hold")
    s3.put_object_legal_hold(**held, LegalHold={"Status": "OFF"})
    same(refusal(s3.delete_object, **held), "nothing refused", "no legal hold")


def default_checksums_fail_over_tls(_):
    s3 = client(request_checksum_calculation="when_supported")
    expected = (400, "XAmzContentSHA256Mismatch")
    same(refusal(put, s3=s3, key="trailer"), expected, "put")
    where = {"Bucket": BUCKET, "Key": "trailer"}
    where["UploadId"] = s3.create_multipart_upload(**where)["UploadId"]
    part = refusal(s3.upload_part, **where, PartNumber=1, Body=b"x")
    same(part, expected, "part")
    s3.abort_multipart_upload(**where)


def required_checksums_succeed_over_tls(s3):
    same(s3.meta.config.request_checksum_calculation, "when_required", "the variables' choice")
    put(s3, "no-trailer", b"content")
    same(read(s3, "no-trailer"), b"content", "content")


SERVICE = [
    bucket_is_made_and_owned,
    object_comes_back,
    odd_keys_come_back,
    range_is_cut_out,
    multipart_is_put_together,
    transfer_manager_uploads_and_downloads,
    upload_is_listed_and_aborted,
    lists_of_both_versions_page_and_group,
    copy_keeps_content_and_metadata,
    bulk_delete_removes_all,
    presigned_urls_put_and_get,
    tagging_is_not_implemented,
    lifecycle_comes_back_in_another_shape,
    policy_denies_after_a_while,
    not_action_enforces_nothing,
    unknown_action_sinks_a_policy,
    versions_keep_old_content,
    object_lock_protects,
]
TLS = [default_checksums_fail_over_tls, required_checksums_succeed_over_tls]

run_all(SERVICE + TLS if os.environ["AWS_ENDPOINT_URL_S3"].startswith("https:") else SERVICE)
