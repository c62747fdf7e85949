//! Access control lists, as far as `private` and `public-read` go.

use s3s::dto::{
    GetBucketAclInput, GetBucketAclOutput, GetObjectAclInput, GetObjectAclOutput, Grant, Grantee,
    Grants, Owner, Permission, PutBucketAclInput, PutBucketAclOutput, PutObjectAclInput,
    PutObjectAclOutput, Type,
};
use s3s::{S3Request, S3Result};

use crate::errors::OrDisk as _;
use crate::sim::{Sim, name_owner};

pub(super) fn get_bucket_acl(
    sim: &Sim,
    request: &S3Request<GetBucketAclInput>,
) -> S3Result<GetBucketAclOutput> {
    let world = sim.world();
    let meta = &world.bucket(&request.input.bucket)?.meta;
    let owner = name_owner(meta.project);
    Ok(GetBucketAclOutput {
        grants: Some(list_grants(&owner, meta.public_read)),
        owner: Some(owner),
    })
}

pub(super) fn put_bucket_acl(
    sim: &Sim,
    request: &S3Request<PutBucketAclInput>,
) -> S3Result<PutBucketAclOutput> {
    let mut world = sim.world();
    let bucket = world.bucket_mut(&request.input.bucket)?;
    bucket.meta.public_read =
        request.input.acl.as_ref().is_some_and(|acl| acl.as_str() == "public-read");
    sim.disk.write_meta(&bucket.meta).or_disk()?;
    Ok(PutBucketAclOutput::default())
}

pub(super) fn get_object_acl(
    sim: &Sim,
    request: &S3Request<GetObjectAclInput>,
) -> S3Result<GetObjectAclOutput> {
    let input = &request.input;
    let world = sim.world();
    let bucket = world.bucket(&input.bucket)?;
    let version = bucket.find(&input.key, input.version_id.as_deref())?;
    let public = version.content.as_ref().is_some_and(|content| content.about.public_read);
    let owner = name_owner(bucket.meta.project);
    Ok(GetObjectAclOutput {
        grants: Some(list_grants(&owner, public)),
        owner: Some(owner),
        ..Default::default()
    })
}

pub(super) fn put_object_acl(
    sim: &Sim,
    request: &S3Request<PutObjectAclInput>,
) -> S3Result<PutObjectAclOutput> {
    let input = &request.input;
    let mut world = sim.world();
    let bucket = world.bucket_mut(&input.bucket)?;
    let version = bucket.find_mut(&input.key, input.version_id.as_deref())?;
    if let Some(content) = &mut version.content {
        content.about.public_read =
            input.acl.as_ref().is_some_and(|acl| acl.as_str() == "public-read");
    }
    sim.disk.write_version(&input.bucket, version).or_disk()?;
    Ok(PutObjectAclOutput::default())
}

fn list_grants(owner: &Owner, public: bool) -> Grants {
    let full = Grant {
        grantee: Some(Grantee {
            display_name: owner.display_name.clone(),
            email_address: None,
            id: owner.id.clone(),
            type_: Type::from_static(Type::CANONICAL_USER),
            uri: None,
        }),
        permission: Some(Permission::from_static(Permission::FULL_CONTROL)),
    };
    let everyone = Grant {
        grantee: Some(Grantee {
            display_name: None,
            email_address: None,
            id: None,
            type_: Type::from_static(Type::GROUP),
            uri: Some("http://acs.amazonaws.com/groups/global/AllUsers".to_owned()),
        }),
        permission: Some(Permission::from_static(Permission::READ)),
    };
    if public { vec![full, everyone] } else { vec![full] }
}
