use super::*;
use crate::fault::FaultKind;

/// A world in mind in which two buckets name the old key, and what may be done to it.
#[derive(Debug, Clone)]
struct Imagined {
    facts: RotationFacts,
    /// Buckets in which a step has come so far; a kill stops between two.
    steps: usize,
}

fn make_bucket(name: &str) -> BucketFacts {
    BucketFacts {
        bucket: name.parse().unwrap(),
        binds_new: false,
        names: NamedKeys { old: true, new: false },
        is_revoked: false,
        has_revocation: false,
    }
}

impl Imagined {
    fn new() -> Self {
        let buckets = vec![make_bucket("acme-assets"), make_bucket("acme-tables")];
        let facts = RotationFacts { buckets, host: HostKey::Old, old_key: OldKeyAnswer::Known };
        Self { facts, steps: 0 }
    }

    /// Does one part of what comes next; `false` where there is nothing to do.
    fn go_on(&mut self, goal: RotationGoal) -> bool {
        let next = judge_rotation(goal, &self.facts);
        self.steps += 1;
        let buckets = self.facts.buckets.iter_mut();
        match next {
            RotationNext::BindNewKey => {
                if let Some(it) = buckets.into_iter().find(|it| !it.binds_new) {
                    (it.binds_new, it.names.new) = (true, true);
                }
            }
            RotationNext::RollOut => {
                let is_half = self.facts.host == HostKey::Between;
                self.facts.host = if is_half { HostKey::New } else { HostKey::Between };
            }
            RotationNext::RevokeOldKey => {
                let it = buckets.into_iter().find(|it| !it.is_revoked).unwrap();
                (it.is_revoked, it.has_revocation) = (true, true);
            }
            RotationNext::ForgetOldKey => {
                let it = buckets.into_iter().find(|it| it.names.old).unwrap();
                (it.names.old, it.is_revoked, it.has_revocation) = (false, false, false);
            }
            RotationNext::LiftRevocation => {
                let it = buckets.into_iter().find(|it| it.has_revocation).unwrap();
                (it.is_revoked, it.has_revocation) = (false, false);
            }
            RotationNext::RollBack => {
                let is_half = self.facts.host == HostKey::Between;
                self.facts.host = if is_half { HostKey::Old } else { HostKey::Between };
            }
            RotationNext::UnbindNewKey => {
                let it = buckets.into_iter().find(|it| it.names.new).unwrap();
                (it.names.new, it.binds_new) = (false, false);
            }
            RotationNext::AwaitDeletion
            | RotationNext::EraseGenerations
            | RotationNext::TooLate => return false,
        }
        self.require_bound();
        true
    }

    /// What has the new key is held as the old one was; the old key is never refused before.
    fn require_bound(&self) {
        let facts = &self.facts;
        let is_out = facts.host != HostKey::Old;
        assert!(!is_out || facts.buckets.iter().all(|it| it.binds_new), "{self:?}");
        let is_revoked = facts.buckets.iter().any(|it| it.is_revoked);
        assert!(!is_revoked || facts.host == HostKey::New, "{self:?}");
    }
}

#[test]
fn a_change_goes_stage_by_stage_and_ends_when_the_old_key_is_gone() {
    let mut world = Imagined::new();
    let mut stages = Vec::new();
    loop {
        stages
            .push(RotationStage::stage_before(judge_rotation(RotationGoal::NewKey, &world.facts)));
        if !world.go_on(RotationGoal::NewKey) {
            break;
        }
    }
    stages.dedup();
    let expected = [
        RotationStage::Begun,
        RotationStage::Bound,
        RotationStage::RolledOut,
        RotationStage::Revoked,
    ];
    assert_eq!(stages, expected);
    assert!(stages.is_sorted());

    world.facts.old_key = OldKeyAnswer::Deleted;
    while world.go_on(RotationGoal::NewKey) {}

    assert_eq!(judge_rotation(RotationGoal::NewKey, &world.facts), RotationNext::EraseGenerations);
    assert!(world.facts.buckets.iter().all(|it| it.names.new && !it.names.old));
}

#[test]
fn from_every_place_it_goes_back_to_where_it_began() {
    for steps in 0..12 {
        let mut world = Imagined::new();
        for _ in 0..steps {
            world.go_on(RotationGoal::NewKey);
        }

        while world.go_on(RotationGoal::OldKey) {}

        assert_eq!(world.facts, Imagined::new().facts, "after {steps} steps");
    }
}

#[test]
fn an_answer_that_is_unclear_is_no_deletion_and_a_deletion_ends_the_way_back() {
    let mut world = Imagined::new();
    while world.go_on(RotationGoal::NewKey) {}

    world.facts.old_key = OldKeyAnswer::Unclear(Fault::new(FaultKind::Unreachable, ""));
    assert_eq!(judge_rotation(RotationGoal::NewKey, &world.facts), RotationNext::AwaitDeletion);

    world.facts.old_key = OldKeyAnswer::Deleted;
    assert_eq!(judge_rotation(RotationGoal::OldKey, &world.facts), RotationNext::TooLate);
}

#[test]
fn a_revocation_that_someone_changed_is_lifted_on_the_way_back_too() {
    let mut world = Imagined::new();
    while world.go_on(RotationGoal::NewKey) {}
    world.facts.buckets[1].is_revoked = false;
    assert_eq!(judge_rotation(RotationGoal::NewKey, &world.facts), RotationNext::RevokeOldKey);

    while world.go_on(RotationGoal::OldKey) {}

    assert_eq!(world.facts, Imagined::new().facts);
}
