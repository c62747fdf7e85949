//! Whether this process is in a user namespace that does not know all users.

use std::fs::read_to_string;
use std::sync::OnceLock;

/// All numbers of users there are.
const ALL: u64 = u32::MAX as u64;

/// The number that stands for every user that is not mapped; `None` where all are.
pub(super) fn unmapped_user() -> Option<u32> {
    static UNMAPPED: OnceLock<Option<u32>> = OnceLock::new();
    *UNMAPPED.get_or_init(|| {
        let map = read_to_string("/proc/self/uid_map").ok()?;
        find_unmapped(&map, &read_to_string("/proc/sys/kernel/overflowuid").ok()?)
    })
}

/// The same for these contents of `uid_map` (lines `inside outside count`) and `overflowuid`.
fn find_unmapped(map: &str, overflow: &str) -> Option<u32> {
    let line = |line: &str| {
        let mut numbers = line.split_whitespace().map(str::parse::<u64>);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    let mut mapped = 0;
    for (inside, outside, count) in map.lines().filter_map(line) {
        if inside != outside {
            mapped = 0;
            break;
        }
        mapped += count;
    }
    (mapped < ALL).then(|| overflow.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_that_maps_all_as_they_are_is_none() {
        assert_eq!(find_unmapped("         0          0 4294967295\n", "65534\n"), None);
        assert_eq!(find_unmapped("0 0 1000\n1000 1000 4294966295\n", "65534\n"), None);
    }

    #[test]
    fn in_any_other_somebody_is_not_mapped() {
        for map in
            ["0 1000 1\n", "1000 1000 1\n", "0 100000 65536\n", "0 0 1\n1 100000 65536\n", ""]
        {
            assert_eq!(find_unmapped(map, "65534\n"), Some(65534), "{map}");
        }
        assert_eq!(find_unmapped("0 1000 1\n", "99\n"), Some(99));
    }
}
