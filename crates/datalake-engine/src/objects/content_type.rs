//! What kind of content a name promises.

/// The `Content-Type` that the end of a name stands for; `None` where nobody can tell.
#[must_use]
pub(crate) fn guess_content_type(name: &str) -> Option<&'static str> {
    mime_guess::from_path(name).first_raw()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_name_tells_its_type() {
        for (name, told) in [
            ("raw/a.csv", Some("text/csv")),
            ("index.html", Some("text/html")),
            ("A.JSON", Some("application/json")),
            ("a.tar.gz", Some("application/gzip")),
            ("photo.jpeg", Some("image/jpeg")),
            ("notes.txt", Some("text/plain")),
            ("raw.csv/part", None),
            ("a.unheard-of", None),
            (".csv", None),
            ("csv", None),
            ("", None),
            ("folder/", None),
        ] {
            assert_eq!(guess_content_type(name), told, "{name}");
        }
    }
}
