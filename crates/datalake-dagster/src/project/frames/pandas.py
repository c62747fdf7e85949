class PandasIOManager(ParquetIOManager):
    """Frames of pandas, with their index and types as pyarrow keeps them."""

    def write_file(self, frame: pd.DataFrame, path: str) -> int:
        frame.to_parquet(path, engine="pyarrow")
        return len(frame)

    def read_objects(self, keys: list[str], columns: list[str] | None, wanted: Any) -> Any:
        files = BucketFiles(self._client, self.bucket)
        parts = []
        for key in keys:
            with files.open(key) as file:
                parts.append(pd.read_parquet(file, engine="pyarrow", columns=columns))
        if len(parts) == 1:
            return parts[0]
        is_numbered = all(isinstance(part.index, pd.RangeIndex) for part in parts)
        return pd.concat(parts, ignore_index=is_numbered)
