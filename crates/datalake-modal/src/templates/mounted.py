

# Untried: this form is what Modal's documentation says of other services than AWS, and nobody has
# reported yet that it works with this one. Reading by boto3, as above, is tried.
@app.function(
    image=image,
    volumes={
        "/lake": modal.CloudBucketMount(
            bucket_name="{{bucket}}",
            # Modal takes the address from here, not from the secret.
            bucket_endpoint_url="{{endpoint}}",
            force_path_style=True,
            read_only=True,
            secret=secret,
        )
    },
    **bounds,
)
def count_files(folder: str) -> int:
    """How many objects there are below a folder of the bucket, which is mounted read-only."""
    return sum(len(files) for _, _, files in os.walk(os.path.join("/lake", folder)))
