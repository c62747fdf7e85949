//! The S3 operations.

mod acl;
mod buckets;
mod conditions;
mod copy;
mod delete;
mod digests;
mod lifecycle;
mod list;
mod list_versions;
mod locks;
mod multipart;
mod objects;
mod parts;
mod read;
mod settings;
mod tagging;

use std::sync::Arc;

use s3s::dto::{self, ETag};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::config::SimKey;
use crate::sim::Sim;

/// Answers S3 operations from the shared state.
pub(crate) struct Backend(pub(crate) Arc<Sim>);

/// Hands each operation to the function of the same name in one of the modules.
///
/// Those under `now` only look at the state; those under `later` move bytes.
macro_rules! operations {
    (
        now { $($module:ident { $($name:ident($input:ident) -> $output:ident,)+ })+ }
        later { $($later:ident { $($slow:ident($in:ident) -> $out:ident,)+ })+ }
    ) => {
        #[async_trait::async_trait]
        impl S3 for Backend {
            $($(
                async fn $name(
                    &self,
                    request: S3Request<dto::$input>,
                ) -> S3Result<S3Response<dto::$output>> {
                    $module::$name(&self.0, &request).map(S3Response::new)
                }
            )+)+
            $($(
                async fn $slow(
                    &self,
                    request: S3Request<dto::$in>,
                ) -> S3Result<S3Response<dto::$out>> {
                    $later::$slow(&self.0, request).await.map(S3Response::new)
                }
            )+)+
        }
    };
}

operations! {
now {
    buckets {
        list_buckets(ListBucketsInput) -> ListBucketsOutput,
        create_bucket(CreateBucketInput) -> CreateBucketOutput,
        head_bucket(HeadBucketInput) -> HeadBucketOutput,
        delete_bucket(DeleteBucketInput) -> DeleteBucketOutput,
        get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput,
    }
    acl {
        get_bucket_acl(GetBucketAclInput) -> GetBucketAclOutput,
        put_bucket_acl(PutBucketAclInput) -> PutBucketAclOutput,
        get_object_acl(GetObjectAclInput) -> GetObjectAclOutput,
        put_object_acl(PutObjectAclInput) -> PutObjectAclOutput,
    }
    list {
        list_objects(ListObjectsInput) -> ListObjectsOutput,
        list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output,
    }
    list_versions {
        list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput,
    }
    delete {
        delete_object(DeleteObjectInput) -> DeleteObjectOutput,
        delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput,
    }
    read {
        get_object(GetObjectInput) -> GetObjectOutput,
        head_object(HeadObjectInput) -> HeadObjectOutput,
    }
    copy {
        copy_object(CopyObjectInput) -> CopyObjectOutput,
    }
    multipart {
        create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput,
        complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput,
        abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput,
    }
    parts {
        list_parts(ListPartsInput) -> ListPartsOutput,
        list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput,
    }
    settings {
        get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput,
        put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput,
        get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput,
        put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput,
        delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput,
        get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput,
        put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput,
        delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput,
        get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput,
        put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput,
        delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput,
    }
    lifecycle {
        get_bucket_lifecycle_configuration(GetBucketLifecycleConfigurationInput)
            -> GetBucketLifecycleConfigurationOutput,
        put_bucket_lifecycle_configuration(PutBucketLifecycleConfigurationInput)
            -> PutBucketLifecycleConfigurationOutput,
        delete_bucket_lifecycle(DeleteBucketLifecycleInput) -> DeleteBucketLifecycleOutput,
    }
    locks {
        get_object_lock_configuration(GetObjectLockConfigurationInput)
            -> GetObjectLockConfigurationOutput,
        put_object_lock_configuration(PutObjectLockConfigurationInput)
            -> PutObjectLockConfigurationOutput,
        get_object_retention(GetObjectRetentionInput) -> GetObjectRetentionOutput,
        put_object_retention(PutObjectRetentionInput) -> PutObjectRetentionOutput,
        get_object_legal_hold(GetObjectLegalHoldInput) -> GetObjectLegalHoldOutput,
        put_object_legal_hold(PutObjectLegalHoldInput) -> PutObjectLegalHoldOutput,
    }
    tagging {
        get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput,
        put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput,
        delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput,
        get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput,
        put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput,
        delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput,
    }
}
later {
    objects { put_object(PutObjectInput) -> PutObjectOutput, }
    multipart { upload_part(UploadPartInput) -> UploadPartOutput, }
    copy { upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput, }
}
}

/// The key that signed the request; absent for an anonymous one.
fn find_caller<T>(sim: &Sim, request: &S3Request<T>) -> Option<SimKey> {
    request.credentials.as_ref().and_then(|found| sim.find_key(&found.access_key))
}

fn convert_size(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

fn make_strong_etag(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}
