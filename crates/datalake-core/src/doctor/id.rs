//! The ids of all findings: an interface, so they are added and never renamed.

use std::fmt;
use std::str::FromStr;

use super::{Group, Severity};

/// The text is no id of a finding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of a finding")]
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
    ($($variant:ident $name:literal $group:ident $severity:ident $remedy:ident $title:literal,)+) => {
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

            /// How bad it is at its worst.
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
    SpecValues "spec-values" Spec Wrong Person "Values of the spec",
    NetworkProxy "network-proxy" Network Wrong Person "Proxy of the environment",
    NetworkDns "network-dns" Network Wrong Person "Address of the endpoint's name",
    NetworkTcp "network-tcp" Network Wrong Person "Connection to the endpoint",
    NetworkTls "network-tls" Network Wrong Person "Trust in the endpoint's certificate",
    NetworkCertificate "network-certificate" Network Wrong Person "Expiry of the endpoint's certificate",
    NetworkAnswer "network-answer" Network Wrong Person "Answer of the endpoint",
    NetworkClock "network-clock" Network Wrong Person "Clock of this machine",
    NetworkLocations "network-locations" Network Wrong Person "Me or them: every location's speed",
    KeySource "key-source" Key Wrong Person "Place of the key pair",
    KeyShape "key-shape" Key Wrong Person "Form of the key pair",
    KeySwapped "key-swapped" Key Wrong Person "Halves of the key pair in their places",
    KeyUnknown "key-unknown" Key Wrong Person "Access key id that the service knows",
    KeySecret "key-secret" Key Wrong Person "Secret that fits the id",
    KeyRegion "key-region" Key Wrong Person "Region that requests are signed for",
    KeyDenied "key-denied" Key Wrong Person "Rights of the key in its own bucket",
    KeyProject "key-project" Key Wrong Person "Project of the key",
    KeyReach "key-reach" Key Warning Person "Buckets that the key opens",
    KeyAge "key-age" Key Warning Person "Age of the key pair",
    StoreBucket "store-bucket" Store Wrong Provision "Bucket that is there",
    StoreBucketForeign "store-bucket-foreign" Store Wrong Person "Bucket that is yours",
    StoreBucketLate "store-bucket-late" Store Warning Person "Bucket that all gateways have",
    StoreProbe "store-probe" Store Wrong Person "Putting, reading, deleting an object",
    StoreSlow "store-slow" Store Warning Person "Speed of writing",
    StoreMultipart "store-multipart" Store Wrong Person "Upload in parts",
    StoreChecksums "store-checksums" Store Wrong Person "Refusal of damaged content",
    StoreConditionalPut "store-conditional-put" Store Wrong Person "Put only where nothing is",
    StoreTagging "store-tagging" Store Warning Person "Tags of objects",
    StoreVersioning "store-versioning" Store Wrong Provision "Old versions that are kept",
    StoreLifecycle "store-lifecycle" Store Wrong Provision "Lifecycle rules of the spec",
    StorePublic "store-public" Store Wrong Person "Closed to strangers",
    StorePolicy "store-policy" Store Warning Person "Bucket policy that does what it says",
    StoreWriters "store-writers" Store Warning Person "Others who can write assets",
    StoreMigrated "store-migrated" Store Warning Person "Assets where no IO manager looks",
    TablesVersioned "tables-versioned" Tables Wrong Person "Tables that are safe where they lie",
    TablesExpire "tables-expire" Tables Wrong Person "Tables of which nothing expires",
    TablesLostCommits "tables-lost-commits" Tables Wrong Person "Commits that are in their tables",
    HostUser "host-user" Host Wrong Person "Service user",
    HostCaller "host-caller" Host Wrong Person "Right to act for the service user",
    HostLingering "host-lingering" Host Wrong Person "Services without a login",
    HostSubids "host-subids" Host Wrong Person "Subordinate ids for rootless podman",
    HostManager "host-manager" Host Wrong Person "systemd of the service user",
    HostPodman "host-podman" Host Wrong Person "Installed podman",
    HostOnline "host-online" Host Warning Person "network-online.target",
    HostKind "host-kind" Host Wrong Person "Kind of host",
    HostUnits "host-units" Host Wrong Person "Quadlet units",
    HostLeftOutUnits "host-left-out-units" Host Warning Person "Units of Dagster that the spec leaves out",
    HostGenerator "host-generator" Host Wrong Person "Services that quadlet makes",
    HostDashedEnvFile "host-dashed-env-file" Host Wrong Provision "EnvironmentFile=- in [Container]",
    HostMissingEnvFile "host-missing-env-file" Host Wrong Provision "Env files that units require",
    HostOverrides "host-overrides" Host Wrong Person "Files that undo the settings",
    HostUnitLines "host-unit-lines" Host Wrong Person "Lines that podman cannot read",
    HostOldValues "host-old-values" Host Wrong Provision "Values that win over ours",
    HostCodeServers "host-code-servers" Host Wrong Person "Code servers that get the settings",
    HostApplicationSettings "host-application-settings" Host Warning Person "S3 settings of the application's own",
    HostEnvFile "host-env-file" Host Wrong Provision "Settings that are handed over",
    HostEnvFileMode "host-env-file-mode" Host Wrong Provision "Mode and owner of the env file",
    HostSettings "host-settings" Host Wrong Provision "Settings as the spec has them",
    HostHandover "host-handover" Host Wrong Provision "Drop-ins that hand the settings over",
    HostChecksumVariables "host-checksum-variables" Host Wrong Provision "Checksum settings of boto3",
    HostRegionVariable "host-region-variable" Host Wrong Provision "Region that boto3 reads",
    HostEnvironmentD "host-environment-d" Host Wrong Provision "Keys in environment.d",
    HostReaders "host-readers" Host Wrong Person "Others who need what would go",
    HostInStep "host-in-step" Host Wrong Provision "Host in step with the plan",
    HostShellHistory "host-shell-history" Host Warning Person "Secrets in shell histories",
    HostYamlBackups "host-yaml-backups" Host Warning Person "Copies of dagster.yaml",
    HostBackups "host-backups" Host Warning Person "Backups that leave out the databases",
    ContainersUp "containers-up" Containers Wrong Restart "Services that run",
    ContainersSettled "containers-settled" Containers Wrong Person "Services that stay up",
    ContainersEnvironment "containers-environment" Containers Wrong Restart "Settings in the first process",
    ContainersPackages "containers-packages" Containers Wrong Dependencies "Packages that fit Dagster",
    ContainersLogManager "containers-log-manager" Containers Wrong Person "Compute log manager that loads",
    ContainersBoto3 "containers-boto3" Containers Wrong Person "What boto3 goes by",
    ContainersCanary "containers-canary" Containers Wrong Person "Bucket used from inside",
    LakeClients "lake-clients" Lake Wrong Person "Clients that read and write tables and files",
    DagsterYamlForm "dagster-yaml-form" DagsterYaml Wrong Person "Form of dagster.yaml",
    DagsterYamlDuplicateKey "dagster-yaml-duplicate-key" DagsterYaml Wrong Person "Keys that stand twice",
    DagsterYamlHome "dagster-yaml-home" DagsterYaml Wrong Person "Variables in paths",
    DagsterYamlRelative "dagster-yaml-relative" DagsterYaml Warning Person "Relative folders",
    DagsterYamlKeys "dagster-yaml-keys" DagsterYaml Wrong Person "Settings that the log manager knows",
    DagsterYamlEnv "dagster-yaml-env" DagsterYaml Wrong Person "Variables that logs need",
    DagsterYamlRegion "dagster-yaml-region" DagsterYaml Warning Person "region: of the log manager",
    DagsterYamlEncryption "dagster-yaml-encryption" DagsterYaml Wrong Person "Encryption that is refused",
    DagsterYamlPartial "dagster-yaml-partial" DagsterYaml Warning Person "Leftovers of an upload interval",
    DagsterYamlConsoleLinks "dagster-yaml-console-links" DagsterYaml Warning Person "Links to another cloud",
    DagsterYamlPrefix "dagster-yaml-prefix" DagsterYaml Warning Person "Prefix of logs and assets",
    DagsterYamlLocalLogs "dagster-yaml-local-logs" DagsterYaml Wrong Provision "Logs in the bucket",
    DagsterYamlLauncher "dagster-yaml-launcher" DagsterYaml Warning Person "Settings of run containers",
    PythonModalWords "python-modal-words" Python Wrong Person "Words that Modal no longer knows",
    PythonGetenv "python-getenv" Python Warning Person "os.getenv in definitions",
    PythonLatestJson "python-latest-json" Python Wrong Person "Objects that nobody writes",
    PythonSecret "python-secret" Python Wrong Person "Secrets in code",
    PythonLeadingSlash "python-leading-slash" Python Warning Person "Prefix that begins with a slash",
    PythonS3Place "python-s3-place" Python Wrong Person "I/O managers that read where files are moved to",
    PythonSwitch "python-switch" Python Wrong Person "Moved files that Dagster reads from the bucket",
    ModalClient "modal-client" Modal Wrong Person "Modal's client",
    ModalClientVersion "modal-client-version" Modal Wrong Person "Version of Modal's client",
    ModalToken "modal-token" Modal Wrong Person "Token of Modal's client",
    ModalTokenTwice "modal-token-twice" Modal Warning Person "Token in two places",
    ModalConfigMode "modal-config-mode" Modal Wrong Person "Mode of Modal's token file",
    ModalAnswer "modal-answer" Modal Wrong Person "Answer of Modal",
    ModalSecret "modal-secret" Modal Wrong Provision "Secret in Modal, as it has to be",
    ModalSecretAge "modal-secret-age" Modal Wrong Provision "Age of the secret in Modal",
    MoneyPriceTable "money-price-table" Money Warning Person "Age of the price table",
    MoneyPerGb "money-per-gb" Money Warning Person "Price plan",
    MoneyUnfinishedUploads "money-unfinished-uploads" Money Warning AbortUploads "Unfinished uploads",
    MoneyOldVersions "money-old-versions" Money Wrong Provision "Old versions",
    MoneyLogGrowth "money-log-growth" Money Warning Person "Logs of steps that stay",
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
