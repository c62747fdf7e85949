class DuckDBIOManager(ParquetIOManager):
    """Relations of DuckDB, which read what a query needs when it runs.

    All inputs of a step have one connection, so they can be joined. DuckDB reads through boto3: it
    needs no extension, no secret, and asks no service of AWS.
    """

    _connection: Any = PrivateAttr(default=None)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        super().setup_for_execution(context)
        self._connection = duckdb.connect()
        self._connection.register_filesystem(BucketFiles(self._client, self.bucket))

    def write_file(self, frame: duckdb.DuckDBPyRelation, path: str) -> int:
        frame.write_parquet(path)
        return duckdb.read_parquet(path).count("*").fetchall()[0][0]

    def read_objects(self, keys: list[str], columns: list[str] | None, wanted: Any) -> Any:
        names = [f"lake://{key}" for key in keys]
        relation = self._connection.read_parquet(names, union_by_name=True)
        if columns:
            relation = relation.select(*map(duckdb.ColumnExpression, columns))
        return relation
