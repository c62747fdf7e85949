//! Each trap of the way by hand is a finding.

use datalake_core::doctor::FindingId;

/// What people do by hand, and the finding that tells what comes of it.
const TRAPS: [(&str, FindingId); 21] = [
    ("an env file that a dash makes optional", FindingId::HostDashedEnvFile),
    ("keys in environment.d", FindingId::HostEnvironmentD),
    ("pip install in a running container", FindingId::ContainersPackages),
    ("a restart that came up", FindingId::ContainersSettled),
    ("a secret on a command line", FindingId::HostShellHistory),
    ("old words of Modal", FindingId::PythonModalWords),
    ("latest.json", FindingId::PythonLatestJson),
    ("prices by the gigabyte", FindingId::MoneyPerGb),
    ("assets below migrated/", FindingId::StoreMigrated),
    ("boto3 as it is", FindingId::HostChecksumVariables),
    ("AWS_REGION", FindingId::HostRegionVariable),
    ("os.getenv in definitions", FindingId::PythonGetenv),
    ("logs in the bucket by the local manager", FindingId::DagsterYamlLocalLogs),
    ("a backup of storage and logs", FindingId::HostBackups),
    ("a way back by dagster.yaml.backup-*", FindingId::HostYamlBackups),
    ("least privilege by a key of its own", FindingId::KeyReach),
    ("a bucket policy in the Console", FindingId::StorePolicy),
    ("a bucket called dagster-assets", FindingId::StoreBucketForeign),
    ("create, then use", FindingId::StoreBucketLate),
    ("write access for others", FindingId::StoreWriters),
    ("the nearest location", FindingId::NetworkLocations),
];

#[test]
fn each_trap_of_the_way_by_hand_is_a_finding_of_its_own() {
    let mut ids: Vec<_> = TRAPS.iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids.dedup();

    assert_eq!(ids.len(), TRAPS.len());
    for (trap, id) in TRAPS {
        assert!(id.page().len() > 200, "{trap}: {id} has no page");
    }
}
