class ParquetIOManager(dg.ConfigurableIOManager):
    """One object of parquet an asset, or one a partition, which is written as a whole.

    PREFIX/KEY.parquet, PREFIX/KEY/PARTITION.parquet. An asset with `metadata={"mode": "append"}` adds
    a file a run instead: PREFIX/KEY.parquet/RUN-STEP.parquet. A step that is tried again, and a run
    that is executed again, replace what they added. An input with `metadata={"columns": [...]}` is
    given those columns, one with `metadata={"allow_missing_partitions": True}` the partitions that
    are there.
    """

    bucket: str
    prefix: str
    endpoint_url: str
    region_name: str

    _client: Any = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        # The keys, and how checksums are sent, are read by boto3 from the environment.
        self._client = boto3.client(
            "s3", endpoint_url=self.endpoint_url, region_name=self.region_name
        )

    @abstractmethod
    def write_file(self, frame: Any, path: str) -> int:
        """Writes a frame into a file and tells the number of its rows."""

    @abstractmethod
    def read_objects(
        self, keys: list[str], columns: list[str] | None, wanted: Any
    ) -> Any:
        """Reads objects as one frame, of the type `wanted` where there are several."""

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        keys = self._list_keys(context)
        frames = obj if isinstance(obj, dict) else dict.fromkeys(keys, obj)
        if set(frames) != set(keys) or (len(keys) > 1 and frames is not obj):
            raise dg.Failure(
                f"for {len(keys)} partitions at once: return a dict of partition and frame"
            )
        mode = (context.definition_metadata or {}).get("mode", "overwrite")
        if mode not in ("overwrite", "append"):
            raise dg.Failure(f"metadata mode `{mode}`: it is `overwrite` or `append`")
        stored = []
        for partition, key in keys.items():
            if frames[partition] is not None:
                stored.append(
                    self._store(context, key, frames[partition], mode == "append")
                )
            elif mode != "append":
                raise dg.Failure(
                    "nothing to keep: return a frame, or annotate the asset `-> None`"
                )
        if stored:
            rows = "appended_rows" if mode == "append" else "dagster/row_count"
            context.add_output_metadata(
                {
                    "uri": stored[0][0]
                    if len(stored) == 1
                    else [uri for uri, _ in stored],
                    rows: sum(count for _, count in stored),
                }
            )

    def load_input(self, context: dg.InputContext) -> Any:
        metadata = context.definition_metadata or {}
        columns, wanted = metadata.get("columns"), context.dagster_type.typing_type
        is_dict = wanted is dict or get_origin(wanted) in (dict, Mapping)
        keys = self._list_keys(context)
        if is_dict:
            wanted = (*get_args(wanted), Any)[1]
        if not context.has_asset_partitions or (len(keys) == 1 and not is_dict):
            (key,) = keys.values()
            return self.read_objects(self._find_objects(key), columns, wanted)
        frames = {}
        for partition, key in keys.items():
            try:
                frames[partition] = self.read_objects(
                    self._find_objects(key), columns, wanted
                )
            except FileNotFoundError as error:
                if not metadata.get("allow_missing_partitions"):
                    raise
                context.log.warning(f"{error}: partition {partition} is left out")
        return frames

    def _list_keys(self, context: dg.InputContext | dg.OutputContext) -> dict[str, str]:
        """The object of each partition, or the only one under the name ``."""
        if not context.has_asset_key:
            return {"": self._join("storage", *context.get_identifier())}
        parts = context.asset_key.path
        if not context.has_asset_partitions:
            return {"": self._join(*parts)}
        return {
            name: self._join(*parts, path) for name, path in list_partitions(context)
        }

    def _join(self, *parts: str) -> str:
        names = [name for part in parts for name in part.split("/")]
        return (
            "/".join([*filter(None, self.prefix.split("/")), *map(escape, names)])
            + ".parquet"
        )

    def _store(
        self, context: dg.OutputContext, key: str, frame: Any, appends: bool
    ) -> tuple[str, int]:
        if appends:
            run = context.step_context.dagster_run
            step = quote(context.step_key, safe="")
            key = f"{key}/{run.root_run_id or run.run_id}-{step}.parquet"
        elif self._list_objects(f"{key}/"):
            raise dg.Failure(
                f"rows were appended to s3://{self.bucket}/{key}/: remove them first"
            )
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/frame.parquet"
            rows = self.write_file(frame, path)
            # In one piece, or in parts that become an object at the end: never half of it.
            self._client.upload_file(path, self.bucket, key)
        return f"s3://{self.bucket}/{key}", rows

    def _find_objects(self, key: str) -> list[str]:
        """The object, and what was added to it, in the order of time."""
        found = [
            one
            for one in self._list_objects(key)
            if one["Key"] == key or one["Key"].startswith(f"{key}/")
        ]
        if not found:
            raise FileNotFoundError(f"s3://{self.bucket}/{key} does not exist")
        return [
            one["Key"] for one in sorted(found, key=lambda one: one["LastModified"])
        ]

    def _list_objects(self, prefix: str) -> list[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2")
        pages = pages.paginate(Bucket=self.bucket, Prefix=prefix)
        return [one for page in pages for one in page.get("Contents", [])]


def list_partitions(
    context: dg.InputContext | dg.OutputContext,
) -> Iterator[tuple[str, str]]:
    """The partitions with their paths; the dimensions of one are sorted by name."""
    for name in context.asset_partition_keys:
        if isinstance(name, dg.MultiPartitionKey):
            yield (
                name,
                "/".join(value for _, value in sorted(name.keys_by_dimension.items())),
            )
        else:
            yield name, name


def escape(name: str) -> str:
    """Clients take dots and nothing between slashes for a way through folders."""
    return name.replace(".", "%2E") if name in (".", "..") else name or "%2F"
