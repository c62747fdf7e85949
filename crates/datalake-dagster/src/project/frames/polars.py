class PolarsIOManager(ParquetIOManager):
    """Frames of polars. An input that is annotated `pl.LazyFrame` is read when it is collected."""

    def write_file(self, frame: pl.DataFrame | pl.LazyFrame, path: str) -> int:
        if isinstance(frame, pl.LazyFrame):
            frame.sink_parquet(path)
        else:
            frame.write_parquet(path)
        return pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()

    def read_objects(self, keys: list[str], columns: list[str] | None, wanted: Any) -> Any:
        options = {
            "aws_endpoint_url": self.endpoint_url,
            "aws_region": self.region_name,
            "aws_allow_http": str(self.endpoint_url.startswith("http:")).lower(),
        }
        parts = [
            pl.scan_parquet(f"s3://{self.bucket}/{key}", glob=False, storage_options=options)
            for key in keys
        ]
        frame = parts[0] if len(parts) == 1 else pl.concat(parts, how="diagonal_relaxed")
        frame = frame.select(columns) if columns else frame
        return frame if wanted is pl.LazyFrame else frame.collect()
