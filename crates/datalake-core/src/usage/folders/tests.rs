use proptest::prelude::*;

use super::*;

fn make_tally(billed: u64) -> Tally {
    Tally { count: 1, bytes: billed, billed }
}

fn build_tree(names: &[(&str, u64)], most: usize) -> SummedFolder<Tally> {
    let mut tree = FolderTree::new(most);
    for (name, billed) in names {
        tree.add_name(name, &make_tally(*billed));
    }
    tree.sum_up()
}

fn draw_folder(folder: &SummedFolder<Tally>) -> String {
    let mut parts: Vec<_> = folder.parts.iter().map(draw_folder).collect();
    if folder.others > 0 {
        parts.push(format!("+{}={}", folder.others, folder.others_sum.billed));
    }
    let inner = if parts.is_empty() { String::new() } else { format!("[{}]", parts.join(" ")) };
    format!("{}={}{inner}", folder.name, folder.sum.billed)
}

#[test]
fn folders_have_sums_and_the_largest_comes_first() {
    let all = build_tree(&[("a/b", 1), ("a/c", 2), ("d", 5)], 100);

    assert_eq!(draw_folder(&all), "=8[d=5 a/=3[c=2 b=1]]");
    assert_eq!(all.names, 3);
}

#[test]
fn folders_with_one_folder_in_them_are_one() {
    assert_eq!(draw_folder(&build_tree(&[("a/b/c", 1), ("a/b/d", 2)], 100)), "=3[a/b/=3[d=2 c=1]]");
    assert_eq!(draw_folder(&build_tree(&[("a/b", 1)], 100)), "=1[a/=1[b=1]]");
}

#[test]
fn a_name_that_is_a_folder_too_is_in_itself() {
    assert_eq!(draw_folder(&build_tree(&[("a", 5), ("a/b", 1)], 100)), "=6[a/=6[=5 b=1]]");
}

#[test]
fn the_smallest_are_folded_and_of_equal_ones_the_first_stay() {
    let all = build_tree(&[("a/b", 1), ("a/c", 2), ("d", 5), ("e", 5)], 100);

    assert_eq!(draw_folder(&all.clone().fold_small(3)), "=13[d=5 e=5 a/=3[+2=3]]");
    assert_eq!(draw_folder(&all.clone().fold_small(1)), "=13[d=5 +3=8]");
    assert_eq!(all.clone().fold_small(5), all);
}

proptest! {
    #[test]
    fn no_sum_and_no_name_gets_lost_however_little_is_kept(
        names in prop::collection::btree_map("[a-c](/[a-c0-]){0,3}", 1_u64..1_000, 1..80),
        most in 1_usize..20,
        shown in 0_usize..20,
    ) {
        let mut tree = FolderTree::new(most);
        for (name, billed) in &names {
            tree.add_name(name, &make_tally(*billed));
        }
        let all = tree.sum_up().fold_small(shown);

        prop_assert_eq!(all.sum.billed, names.values().sum::<u64>());
        prop_assert_eq!(all.names, names.len() as u64);
        let mut weights = Vec::new();
        all.list_weights(&mut weights);
        prop_assert!(weights.len() <= shown);
        check_sums(&all)?;
    }
}

fn check_sums(folder: &SummedFolder<Tally>) -> Result<(), TestCaseError> {
    if folder.parts.is_empty() {
        return Ok(());
    }
    let parts: u64 = folder.parts.iter().map(|part| part.sum.billed).sum();
    prop_assert_eq!(parts + folder.others_sum.billed, folder.sum.billed, "{:?}", folder);
    let names: u64 = folder.parts.iter().map(|part| part.names).sum();
    prop_assert_eq!(names + folder.others, folder.names, "{:?}", folder);
    folder.parts.iter().try_for_each(check_sums)
}
