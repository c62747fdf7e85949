//! Names in lines, whole.

/// The lines of a name, none longer than `letters`. It is cut where one of its parts ends, and
/// elsewhere only where a part alone is too long.
pub(super) fn wrap_name(name: &str, letters: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in name.split_inclusive(['/', '_', '-', '.', '=', ' ']) {
        for piece in cut_long(part, letters.max(1)) {
            match lines.last_mut() {
                Some(line) if line.chars().count() + piece.chars().count() <= letters => {
                    line.push_str(&piece);
                }
                _ => lines.push(piece),
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

fn cut_long(part: &str, letters: usize) -> Vec<String> {
    let letters_of: Vec<_> = part.chars().collect();
    letters_of.chunks(letters).map(|piece| piece.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_where_a_part_ends() {
        assert_eq!(wrap_name("raw/orders_of_today", 11), ["raw/orders_", "of_today"]);
        assert_eq!(wrap_name("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap_name("raw/", 9), ["raw/"]);
        assert!(wrap_name("", 9).is_empty());
    }
}
