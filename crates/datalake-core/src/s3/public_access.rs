//! What keeps a bucket's content from the public.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A bucket's public access block; without one nothing is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "S3 knows these four switches")]
pub struct PublicAccessBlock {
    /// A request that would make something public by an ACL is refused. Ceph 18 refuses every upload then.
    pub block_public_acls: bool,
    /// ACLs that make something public count for nothing.
    pub ignore_public_acls: bool,
    /// A policy that the service takes for public is refused. Ceph 16 and 18 take a grant to one key of
    /// another project for public.
    pub block_public_policy: bool,
    /// A policy that the service takes for public lets in the bucket's own project alone.
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// The same where no ACL makes anything public. The others stay as they are: that about requests ends
    /// all uploads on Ceph 18, those about policies would keep out the keys that a policy of ours lets in.
    #[must_use]
    pub fn against_acls(self) -> Self {
        Self { ignore_public_acls: true, ..self }
    }

    /// Whether nothing is on.
    #[must_use]
    pub fn is_off(self) -> bool {
        self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_go_on_and_policies_count() {
        let block = PublicAccessBlock::default().against_acls();

        assert_eq!(block, PublicAccessBlock { ignore_public_acls: true, ..Default::default() });
    }
}
