//! Who may do what in a bucket: its policy, and its public access block.

use std::fmt::Write as _;

use datalake_core::fault::Fault;
use datalake_core::policy::{NewPolicy, PolicyText};
use datalake_core::s3::{BucketName, PublicAccessBlock};

use crate::documents::UnknownDocument;
use crate::settings::WrittenSetting;
use crate::store::S3Store;
use crate::unusable::{has_code, read_document, read_setting};
use crate::xml::parse_document;

const NO_POLICY: &str = "NoSuchBucketPolicy";
const NO_BLOCK: &str = "NoSuchPublicAccessBlockConfiguration";
const BLOCK: &str = "publicAccessBlock";
const BLOCK_ROOT: &str = "PublicAccessBlockConfiguration";
/// What Ceph 16 calls it in its answers.
const OLD_BLOCK_ROOT: &str = "BlockPublicAccessBlockConfiguration";

/// Without it Ceph 20 lets every key of the bucket's own project replace and remove the policy.
const BINDS_OWNER: &[(&str, &str)] = &[("x-amz-confirm-remove-self-bucket-access", "true")];

impl S3Store {
    pub(crate) async fn read_policy(
        &self,
        bucket: &BucketName,
    ) -> Result<Option<PolicyText>, Fault> {
        let answer = self.read_setting(bucket, "policy").await?;
        if has_code(&answer, NO_POLICY) {
            return Ok(None);
        }
        read_setting(answer, |body| {
            let text = str::from_utf8(body).map_err(|_| "the policy is not text")?;
            let is_json = text.trim_start().starts_with('{');
            if is_json {
                Ok(Some(PolicyText::new(text)))
            } else {
                Err("the answer is not a policy")
            }
        })
    }

    pub(crate) async fn write_policy(
        &self,
        bucket: &BucketName,
        policy: Option<&NewPolicy>,
    ) -> Result<(), Fault> {
        let Some(policy) = policy else {
            return self.remove_setting(bucket, "policy", NO_POLICY).await;
        };
        let setting = WrittenSetting {
            content: policy.text.to_string(),
            content_type: "application/json",
            headers: if policy.binds_owner { BINDS_OWNER } else { &[] },
        };
        self.write_setting(bucket, "policy", setting).await
    }

    pub(crate) async fn read_public_access(
        &self,
        bucket: &BucketName,
    ) -> Result<PublicAccessBlock, Fault> {
        let answer = self.read_setting(bucket, BLOCK).await?;
        if has_code(&answer, NO_BLOCK) {
            return Ok(PublicAccessBlock::default());
        }
        read_document(&answer, read_block)
    }

    pub(crate) async fn write_public_access(
        &self,
        bucket: &BucketName,
        block: PublicAccessBlock,
    ) -> Result<(), Fault> {
        if block.is_off() {
            return self.remove_setting(bucket, BLOCK, NO_BLOCK).await;
        }
        self.write_setting(bucket, BLOCK, WrittenSetting::send_xml(write_block(block))).await
    }
}

fn read_block(document: &[u8]) -> Result<PublicAccessBlock, UnknownDocument> {
    let root = parse_document(document).map_err(UnknownDocument::from)?;
    if ![BLOCK_ROOT, OLD_BLOCK_ROOT].contains(&root.name.as_str()) {
        return Err(UnknownDocument::Other(BLOCK_ROOT));
    }
    let is_on = |name: &str| {
        let mut found = root.children.iter().filter(|child| child.name == name);
        found.next().is_some_and(|child| child.text.trim().eq_ignore_ascii_case("true"))
    };
    Ok(PublicAccessBlock {
        block_public_acls: is_on("BlockPublicAcls"),
        ignore_public_acls: is_on("IgnorePublicAcls"),
        block_public_policy: is_on("BlockPublicPolicy"),
        restrict_public_buckets: is_on("RestrictPublicBuckets"),
    })
}

fn write_block(block: PublicAccessBlock) -> String {
    let mut xml = format!("<{BLOCK_ROOT} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for (name, is_on) in [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ] {
        // Writing to a string cannot fail.
        let _ = write!(xml, "<{name}>{is_on}</{name}>");
    }
    let _ = write!(xml, "</{BLOCK_ROOT}>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_reads_back_as_it_was_written() {
        let block = PublicAccessBlock { block_public_policy: true, ..Default::default() };

        assert_eq!(read_block(write_block(block).as_bytes()), Ok(block));
        let acls = block.against_acls();
        assert_eq!(read_block(write_block(acls).as_bytes()), Ok(acls));
        let old = write_block(acls).replace(BLOCK_ROOT, OLD_BLOCK_ROOT);
        assert_eq!(read_block(old.as_bytes()), Ok(acls));
        assert!(read_block(b"<ListBucketResult></ListBucketResult>").is_err());
    }
}
