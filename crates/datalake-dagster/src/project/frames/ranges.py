class BucketFile(AbstractBufferedFile):
    """An object of which only what is asked for is read."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        if start >= end:
            return b""
        answer = self.fs.client.get_object(
            Bucket=self.fs.bucket, Key=self.path, Range=f"bytes={start}-{end - 1}"
        )
        return answer["Body"].read()


class BucketFiles(AbstractFileSystem):
    """The bucket's objects as files, by boto3 and its settings: no other service is asked."""

    protocol = "lake"
    cachable = False

    def __init__(self, client: Any, bucket: str) -> None:
        super().__init__()
        self.client, self.bucket = client, bucket

    def info(self, path: str, **kwargs: Any) -> dict[str, Any]:
        key = str(self._strip_protocol(path))
        size = self.client.head_object(Bucket=self.bucket, Key=key)["ContentLength"]
        return {"name": key, "size": size, "type": "file"}

    def glob(self, path: str, maxdepth: int | None = None, **kwargs: Any) -> list[str]:
        return [str(self._strip_protocol(path))]  # a star in a name is a star

    def _open(self, path: str, mode: str = "rb", **kwargs: Any) -> BucketFile:
        return BucketFile(self, path, mode, block_size=1 << 20)
