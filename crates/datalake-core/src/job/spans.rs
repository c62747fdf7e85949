//! Numbers of shards, as an engine elsewhere is told them.

/// Numbers in ascending order as text, such as `0-9,12`: neighbours are one span.
///
/// ```
/// use datalake_core::job::write_spans;
///
/// assert_eq!(write_spans(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
/// ```
#[must_use]
pub fn write_spans(numbers: &[u32]) -> String {
    let spans = numbers.chunk_by(|one, next| one.checked_add(1) == Some(*next));
    let texts: Vec<_> = spans.map(write_span).collect();
    texts.join(",")
}

fn write_span(span: &[u32]) -> String {
    match span {
        [] => String::new(),
        [one] => one.to_string(),
        [first, .., last] => format!("{first}-{last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_in_one_span() {
        let wide: Vec<u32> = (0..5_000).filter(|number| number % 7 != 3).collect();
        for numbers in [vec![], vec![u32::MAX], vec![0], vec![3, 9], wide] {
            let text = write_spans(&numbers);

            let mut read = Vec::new();
            for span in text.split(',').filter(|span| !span.is_empty()) {
                let (first, last) = span.split_once('-').unwrap_or((span, span));
                read.extend(first.parse::<u32>().unwrap()..=last.parse().unwrap());
            }
            assert_eq!(read, numbers, "{text}");
        }
    }
}
