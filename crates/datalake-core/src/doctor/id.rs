//! The ids of all findings: an interface, so they are added and never renamed.

use std::fmt;
use std::str::FromStr;

use super::{Group, Severity};

/// The text is not the id of a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a finding")]
pub struct InvalidFindingId(String);

/// What cures a finding, if datalake does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// `provision` puts it right.
    Provision,
    /// An image with the library that fits does.
    Dependencies,
    /// A restart of the services does.
    Restart,
    /// Giving up unfinished uploads does.
    AbortUploads,
    /// A person has to do it; the finding says what.
    Person,
}

/// Makes the enum, its texts and its pages of one table, so that none can be forgotten.
macro_rules! findings {
    ($($variant:ident $name:literal $group:ident $severity:ident $remedy:ident $title:literal $sentence:literal,)+) => {
        /// What a check is about. Its text is stable: `host-dashed-env-file`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum FindingId {
            $(#[doc = concat!("`", $title, "`.")] $variant,)+
        }

        impl FindingId {
            /// All ids, in the order in which the checks are made.
            pub const ALL: [Self; [$($name,)+].len()] = [$(Self::$variant,)+];

            /// The id as text.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// The part of the way that it belongs to.
            #[must_use]
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)+ }
            }

            /// What is checked, in a few words.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)+ }
            }

            /// What holds where all is well, in one sentence.
            #[must_use]
            pub fn state_claim(self) -> &'static str {
                match self { $(Self::$variant => $sentence,)+ }
            }

            /// How bad it can be.
            #[must_use]
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)+ }
            }

            /// What cures it.
            #[must_use]
            pub fn remedy(self) -> Remedy {
                match self { $(Self::$variant => Remedy::$remedy,)+ }
            }

            /// The page that explains it: what it means, why it matters, how it is known, what
            /// cures it. Markdown.
            #[must_use]
            pub fn page(self) -> &'static str {
                match self {
                    $(Self::$variant => include_str!(concat!("../../findings/", $name, ".md")),)+
                }
            }
        }
    };
}

findings! {
    SpecValues "spec-values" Spec Wrong Person "Values of the spec"
        "Every value of the spec is valid.",
    NetworkProxy "network-proxy" Network Wrong Person "Proxy of the environment"
        "No proxy setting changes the way to the service.",
    NetworkDns "network-dns" Network Wrong Person "Address of the endpoint's name"
        "The endpoint's name has an address.",
    NetworkTcp "network-tcp" Network Wrong Person "Connection to the endpoint"
        "The endpoint accepts connections.",
    NetworkTls "network-tls" Network Wrong Person "Trust in the endpoint's certificate"
        "This machine trusts the endpoint's certificate.",
    NetworkCertificate "network-certificate" Network Wrong Person "Expiry of the endpoint's certificate"
        "The endpoint's certificate is valid for at least two more weeks.",
    NetworkAnswer "network-answer" Network Wrong Person "Answer of the endpoint"
        "The endpoint answers as an S3 service does.",
    NetworkClock "network-clock" Network Wrong Person "Clock of this machine"
        "The clock of this machine agrees with that of the service.",
    NetworkLocations "network-locations" Network Wrong Person "Me or them: every location's speed"
        "Every location of the service answers as fast as it usually does.",
    KeySource "key-source" Key Wrong Person "Place of the key pair"
        "The key pair is where the spec says.",
    KeyShape "key-shape" Key Wrong Person "Form of the key pair"
        "Id and secret have the form of a key pair.",
    KeySwapped "key-swapped" Key Wrong Person "Halves of the key pair in their places"
        "Id and secret are in the right order.",
    KeyUnknown "key-unknown" Key Wrong Person "Access key id that the service knows"
        "The service knows the access key id.",
    KeySecret "key-secret" Key Wrong Person "Secret that fits the id"
        "The secret belongs to the id.",
    KeyRegion "key-region" Key Wrong Person "Region that requests are signed for"
        "The service accepts the region that requests are signed for.",
    KeyDenied "key-denied" Key Wrong Person "Rights of the key in its own bucket"
        "The key may use the bucket.",
    KeyProject "key-project" Key Wrong Person "Project of the key"
        "The key belongs to the project that owns the bucket.",
    KeyReach "key-reach" Key Warning Person "Buckets that the key opens"
        "The key opens no bucket besides those of the spec.",
    KeyAge "key-age" Key Warning Person "Age of the key pair"
        "The containers have had this key pair for at most 90 days.",
    StoreBucket "store-bucket" Store Wrong Provision "Bucket that is there"
        "The bucket exists in its location.",
    StoreBucketForeign "store-bucket-foreign" Store Wrong Person "Bucket that is yours"
        "The bucket belongs to the project of the key.",
    StoreBucketLate "store-bucket-late" Store Warning Person "Bucket that all gateways have"
        "Every gateway knows the bucket.",
    StoreProbe "store-probe" Store Wrong Person "Putting, reading, deleting an object"
        "An object can be stored, read and deleted.",
    StoreSlow "store-slow" Store Warning Person "Speed of writing"
        "The bucket takes writes at the usual speed.",
    StoreMultipart "store-multipart" Store Wrong Person "Upload in parts"
        "A large file can be stored in parts.",
    StoreChecksums "store-checksums" Store Wrong Person "Refusal of damaged content"
        "The service refuses damaged content.",
    StoreConditionalPut "store-conditional-put" Store Wrong Person "Put only where nothing is"
        "Of several writers of a new key, only one succeeds.",
    StoreTagging "store-tagging" Store Warning Person "Tags of objects"
        "Objects can have tags.",
    StoreVersioning "store-versioning" Store Wrong Provision "Old versions that are kept"
        "The bucket keeps old versions as the spec asks.",
    StoreLifecycle "store-lifecycle" Store Wrong Provision "Lifecycle rules of the spec"
        "The bucket has the lifecycle rules of the spec.",
    StorePublic "store-public" Store Wrong Person "Closed to strangers"
        "Strangers can neither read nor list the bucket.",
    StorePolicy "store-policy" Store Warning Person "Bucket policy that does what it says"
        "The bucket policy does what it says.",
    StoreWriters "store-writers" Store Warning Person "Others who can write assets"
        "No one else can write where assets are.",
    StorePublicAccess "store-public-access" Store Warning Person "ACLs that make objects public"
        "No ACL makes an object of the spec's buckets public.",
    StoreMigrated "store-migrated" Store Warning Person "Assets where no IO manager looks"
        "No asset is where no I/O manager looks.",
    TablesVersioned "tables-versioned" Tables Wrong Person "Tables that are safe where they are"
        "No table is in a bucket that keeps versions.",
    TablesExpire "tables-expire" Tables Wrong Person "Tables of which nothing expires"
        "No lifecycle rule deletes files of tables.",
    TablesLostCommits "tables-lost-commits" Tables Wrong Person "Commits that are in their tables"
        "No commit of a table is lost.",
    HostUser "host-user" Host Wrong Person "Service user"
        "The service user exists and has a usable home.",
    HostCaller "host-caller" Host Wrong Person "Right to act for the service user"
        "This user may act for the service user.",
    HostLingering "host-lingering" Host Wrong Person "Services without a login"
        "The user's systemd runs without a login.",
    HostSubids "host-subids" Host Wrong Person "Subordinate ids for rootless podman"
        "The service user has subordinate ids for rootless podman.",
    HostManager "host-manager" Host Wrong Person "systemd of the service user"
        "The systemd of the service user answers.",
    HostPodman "host-podman" Host Wrong Person "Installed podman"
        "The installed podman can hand over the settings.",
    HostOnline "host-online" Host Warning Person "network-online.target"
        "Services wait until the network is online.",
    HostKind "host-kind" Host Wrong Person "Kind of host"
        "Quadlet units run Dagster on this host.",
    HostUnits "host-units" Host Wrong Person "Quadlet units"
        "Every unit of the spec exists.",
    HostLeftOutUnits "host-left-out-units" Host Warning Person "Units of Dagster that the spec leaves out"
        "The spec includes every unit that runs Dagster.",
    HostGenerator "host-generator" Host Wrong Person "Services that quadlet makes"
        "Quadlet makes a service of every unit.",
    HostDashedEnvFile "host-dashed-env-file" Host Wrong Provision "EnvironmentFile=- in [Container]"
        "No unit has an env file that podman cannot open.",
    HostMissingEnvFile "host-missing-env-file" Host Wrong Provision "Env files that units require"
        "Every env file that a unit requires exists.",
    HostOverrides "host-overrides" Host Wrong Person "Files that undo the settings"
        "No later file overrides the settings.",
    HostUnitLines "host-unit-lines" Host Wrong Person "Lines that podman cannot read"
        "Podman understands every line of the units.",
    HostOldValues "host-old-values" Host Wrong Provision "Values that win over ours"
        "No older value wins over the settings.",
    HostCodeServers "host-code-servers" Host Wrong Person "Code servers that get the settings"
        "Every code server gets the settings.",
    HostApplicationSettings "host-application-settings" Host Warning Person "S3 settings of the application's own"
        "The application has no S3 settings of its own.",
    HostEnvFile "host-env-file" Host Wrong Provision "Settings that are handed over"
        "The containers get the settings.",
    HostEnvFileMode "host-env-file-mode" Host Wrong Provision "Mode and owner of the env file"
        "Only the service user can read the env file.",
    HostSettings "host-settings" Host Wrong Provision "Settings as the spec has them"
        "The settings on the host match the spec.",
    HostHandover "host-handover" Host Wrong Provision "Drop-ins that hand the settings over"
        "Every unit hands over the settings.",
    HostChecksumVariables "host-checksum-variables" Host Wrong Provision "Checksum settings of boto3"
        "boto3 has the checksum settings that the service needs.",
    HostRegionVariable "host-region-variable" Host Wrong Provision "Region that boto3 reads"
        "boto3 gets its region.",
    HostEnvironmentD "host-environment-d" Host Wrong Provision "Keys in environment.d"
        "No file of environment.d hands out keys.",
    HostReaders "host-readers" Host Wrong Person "Others who need what would go"
        "Nothing else needs what a provision would remove.",
    HostInStep "host-in-step" Host Wrong Provision "The host matches the spec"
        "The host matches the spec.",
    HostShellHistory "host-shell-history" Host Warning Person "Secrets in shell histories"
        "No shell history contains a secret.",
    HostYamlBackups "host-yaml-backups" Host Warning Person "Copies of dagster.yaml"
        "No copy of dagster.yaml is left beside it.",
    HostBackups "host-backups" Host Warning Person "Backups that leave out the databases"
        "Backups include Dagster's databases.",
    ContainersUp "containers-up" Containers Wrong Restart "Services that run"
        "Every service of Dagster runs.",
    ContainersSettled "containers-settled" Containers Wrong Person "Services that stay up"
        "The services stay up.",
    ContainersEnvironment "containers-environment" Containers Wrong Restart "Settings in the first process"
        "The first process of each container has the settings.",
    ContainersPackages "containers-packages" Containers Wrong Dependencies "Packages that fit Dagster"
        "The image has the library that fits its Dagster.",
    ContainersLogManager "containers-log-manager" Containers Wrong Person "Compute log manager that loads"
        "Dagster loads its compute log manager.",
    ContainersBoto3 "containers-boto3" Containers Wrong Person "What boto3 goes by"
        "boto3 uses the settings of the spec.",
    ContainersCanary "containers-canary" Containers Wrong Person "Bucket used from inside"
        "A container can use the bucket.",
    LakeClients "lake-clients" Lake Wrong Person "Clients that read and write tables and files"
        "The S3 clients in the containers read, write and commit.",
    DagsterYamlForm "dagster-yaml-form" DagsterYaml Wrong Person "Form of dagster.yaml"
        "Dagster can read dagster.yaml.",
    DagsterYamlDuplicateKey "dagster-yaml-duplicate-key" DagsterYaml Wrong Person "Keys that appear twice"
        "Every key of dagster.yaml appears once.",
    DagsterYamlHome "dagster-yaml-home" DagsterYaml Wrong Person "Variables in paths"
        "No path in dagster.yaml contains a variable.",
    DagsterYamlRelative "dagster-yaml-relative" DagsterYaml Warning Person "Relative folders"
        "Every path in dagster.yaml is absolute.",
    DagsterYamlKeys "dagster-yaml-keys" DagsterYaml Wrong Person "Settings that the log manager knows"
        "The log manager knows all its settings.",
    DagsterYamlEnv "dagster-yaml-env" DagsterYaml Wrong Person "Variables that logs need"
        "Every variable that the log manager needs is set.",
    DagsterYamlRegion "dagster-yaml-region" DagsterYaml Warning Person "region: of the log manager"
        "The log manager gets its region from the environment.",
    DagsterYamlEncryption "dagster-yaml-encryption" DagsterYaml Wrong Person "Encryption that is refused"
        "The log manager asks for no encryption that the service refuses.",
    DagsterYamlPartial "dagster-yaml-partial" DagsterYaml Warning Person "Leftovers of an upload interval"
        "No partial log uploads are left.",
    DagsterYamlConsoleLinks "dagster-yaml-console-links" DagsterYaml Warning Person "Links to another cloud"
        "The links in Dagster's UI lead to this service.",
    DagsterYamlPrefix "dagster-yaml-prefix" DagsterYaml Warning Person "Prefix of logs and assets"
        "Logs and assets have separate prefixes.",
    DagsterYamlLocalLogs "dagster-yaml-local-logs" DagsterYaml Wrong Provision "Logs in the bucket"
        "Logs go where the spec says.",
    DagsterYamlLauncher "dagster-yaml-launcher" DagsterYaml Warning Person "Settings of run containers"
        "The containers of runs get the settings.",
    PythonModalWords "python-modal-words" Python Wrong Person "Words that Modal no longer knows"
        "The code uses no name that Modal has removed.",
    PythonGetenv "python-getenv" Python Warning Person "os.getenv in definitions"
        "No definition reads the environment when it is loaded.",
    PythonLatestJson "python-latest-json" Python Wrong Person "Objects that nothing writes"
        "The code reads no object that nothing writes.",
    PythonSecret "python-secret" Python Wrong Person "Secrets in code"
        "The code contains no secret.",
    PythonLeadingSlash "python-leading-slash" Python Warning Person "Prefix that begins with a slash"
        "No prefix begins with a slash.",
    PythonS3Place "python-s3-place" Python Wrong Person "I/O managers that read where files are moved to"
        "The I/O managers read where files were moved to.",
    PythonSwitch "python-switch" Python Wrong Person "Moved files that Dagster reads from the bucket"
        "Dagster reads the moved files from the bucket.",
    ModalClient "modal-client" Modal Wrong Person "Modal's client"
        "Modal's client works.",
    ModalClientVersion "modal-client-version" Modal Wrong Person "Version of Modal's client"
        "The version of Modal's client is supported.",
    ModalToken "modal-token" Modal Wrong Person "Token of Modal's client"
        "Modal's client has a token.",
    ModalTokenTwice "modal-token-twice" Modal Warning Person "Token in two places"
        "The token of Modal's client is set in one place.",
    ModalConfigMode "modal-config-mode" Modal Wrong Person "Mode of Modal's token file"
        "No other user can read Modal's token file.",
    ModalAnswer "modal-answer" Modal Wrong Person "Answer of Modal"
        "Modal accepts the token.",
    ModalSecret "modal-secret" Modal Wrong Provision "Secret in Modal, as it has to be"
        "The secret in Modal matches the spec.",
    ModalSecretAge "modal-secret-age" Modal Wrong Provision "Age of the secret in Modal"
        "The secret in Modal is newer than the env file.",
    MoneyPriceTable "money-price-table" Money Warning Person "Age of the price table"
        "The price list is recent.",
    MoneyPerGb "money-per-gb" Money Warning Person "Price plan"
        "Costs are computed with the prices of the service.",
    MoneyUnfinishedUploads "money-unfinished-uploads" Money Warning AbortUploads "Unfinished uploads"
        "No unfinished upload is older than a day.",
    MoneyOldVersions "money-old-versions" Money Wrong Provision "Old versions"
        "A rule deletes old versions.",
    MoneyLogGrowth "money-log-growth" Money Warning Person "Logs of steps that stay"
        "A rule deletes old logs of steps.",
}

impl FromStr for FindingId {
    type Err = InvalidFindingId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|id| id.as_str() == text).ok_or_else(|| InvalidFindingId(text.to_owned()))
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_id_begins_with_its_group_and_is_read_back() {
        for id in FindingId::ALL {
            assert_eq!(id.as_str().parse(), Ok(id));
            assert!(id.as_str().starts_with(&format!("{}-", id.group())), "{id}");
        }
        for group in Group::ALL {
            assert_eq!(group.as_str().parse(), Ok(group));
            assert!(FindingId::ALL.iter().any(|id| id.group() == group), "{group} is empty");
        }
    }

    #[test]
    fn every_id_has_a_sentence_of_its_own() {
        let sentences: BTreeSet<_> = FindingId::ALL.map(FindingId::state_claim).into();
        assert_eq!(sentences.len(), FindingId::ALL.len());
        for id in FindingId::ALL {
            let sentence = id.state_claim();
            assert!(sentence.ends_with('.') && sentence.matches(". ").count() == 0, "{sentence}");
            assert!((20..100).contains(&sentence.len()), "{sentence}");
        }
    }

    #[test]
    fn every_page_tells_four_things_and_is_short() {
        for id in FindingId::ALL {
            let page = id.page();
            let title = format!("# {}\n", id.title());
            assert!(page.starts_with(&title), "{id} begins otherwise than `{title}`");
            for part in
                ["**What it means.**", "**Why it matters.**", "**How it is known.**", "**Cure.**"]
            {
                assert_eq!(page.matches(part).count(), 1, "{id}: {part}");
            }
            assert!(page.lines().count() <= 20, "{id} is long");
            assert!(page.lines().all(|line| line.chars().count() <= 160), "{id} has a long line");
        }
    }
}
