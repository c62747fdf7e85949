//! What changes in a file, without the secrets on either side.

use datalake_core::plan::{Action, Guard, Observation, Plan};
use datalake_core::secret::{
    Credentials, FileBody, FilledBody, Fingerprint, FingerprintKey, Piece,
};
use datalake_core::text::printable;
use similar::{ChangeTag, TextDiff, udiff::UnifiedHunkHeader};

use crate::mask_secrets;

/// Lines around each change that are shown with it.
const AROUND: usize = 3;

/// A file that will change.
pub struct FileChange<'a> {
    /// Its path.
    pub path: &'a str,
    /// What it holds now; empty for a new one.
    pub old: &'a [u8],
    /// What it will hold.
    pub body: &'a FileBody,
    /// The secrets that will stand in it, where they are known: one that stays is no change.
    pub keys: Option<&'a Credentials>,
}

/// Text in two forms: as it is, for the comparison, and fit to be shown.
struct MaskedText {
    real: String,
    shown: Vec<String>,
}

impl MaskedText {
    fn of(real: &[u8]) -> Self {
        let real = String::from_utf8_lossy(real).into_owned();
        Self { shown: mask_lines(&real), real }
    }

    /// The same with other words to show, if they have as many lines.
    fn shown_as(real: &[u8], shown: &str) -> Self {
        let masked = Self::of(real);
        let lines = mask_lines(shown);
        if lines.len() == masked.shown.len() { Self { shown: lines, ..masked } } else { masked }
    }

    fn line(&self, at: usize) -> &str {
        self.shown.get(at).map_or("", String::as_str)
    }
}

fn mask_lines(text: &str) -> Vec<String> {
    mask_secrets(text).split_inclusive('\n').map(str::to_owned).collect()
}

/// What changes in the files that a plan writes; nothing where it writes none.
#[must_use]
pub fn describe_file_changes(
    plan: &Plan,
    keys: Option<&Credentials>,
    observation: &Observation,
) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let Action::WriteFile { path, body, file } = &step.action else { continue };
        if let Guard::FileIs(_, was) = &step.guard
            && was.content == file.content
        {
            let (was, is) = ((was.mode, was.owner), (file.mode, file.owner));
            text.push_str(&format!("  {path}\n    the same content; "));
            text.push_str(&format!("({}, {}) becomes ({}, {})\n", was.0, was.1, is.0, is.1));
        } else {
            let old = observation.contents.get(path).map_or(&b""[..], |content| content.expose());
            let path = path.as_str();
            text.push_str(&diff_change(&FileChange { path, old, body, keys }));
        }
    }
    if text.is_empty() { text } else { format!("\nFiles:\n{text}") }
}

/// A unified diff of a file that will change, below its path. Values that look like secrets are hidden on
/// both sides, secrets of ours stand there by name, and those that stay are no change.
#[must_use]
pub fn diff_change(change: &FileChange<'_>) -> String {
    let FileChange { path, old, body, keys } = *change;
    let named = name_secrets(body, old);
    let real = keys.and_then(|keys| body.fill(keys, old).ok());
    let new = match &real {
        Some(real) => MaskedText::shown_as(real.expose(), &named),
        None => MaskedText::of(named.as_bytes()),
    };
    diff_texts(path, &MaskedText::of(old), &new)
}

/// A unified diff of two contents of a file, below its path, without secrets.
#[must_use]
pub fn diff_contents(path: &str, old: &[u8], new: &[u8]) -> String {
    diff_texts(path, &MaskedText::of(old), &MaskedText::of(new))
}

fn diff_texts(path: &str, old: &MaskedText, new: &MaskedText) -> String {
    let diff = TextDiff::from_lines(&old.real, &new.real);
    let mut text = format!("  {path}\n");
    for hunk in diff.grouped_ops(AROUND) {
        text.push_str(&format!("    {}\n", UnifiedHunkHeader::new(&hunk)));
        for change in hunk.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, line) = match (change.tag(), change.old_index(), change.new_index()) {
                (ChangeTag::Insert, _, Some(at)) => ('+', new.line(at)),
                (ChangeTag::Delete, Some(at), _) => ('-', old.line(at)),
                (_, Some(at), _) => (' ', old.line(at)),
                (_, None, _) => continue,
            };
            text.push_str(&format!("    {sign}{}\n", printable(line.trim_end_matches('\n'))));
            if change.missing_newline() {
                text.push_str("    \\ No newline at end of file\n");
            }
        }
    }
    text
}

/// The text of a body with the names of its secrets in their places.
#[must_use]
pub fn name_secrets(body: &FileBody, old: &[u8]) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Secret(name) => format!("<{name}>"),
        Piece::Kept(range) => {
            String::from_utf8_lossy(old.get(range.clone()).unwrap_or_default()).into_owned()
        }
    };
    body.pieces().iter().map(piece).collect()
}

/// What a run has written, put together again with the secrets that still stand in `now`. `None` where
/// that is not what the run wrote: a secret is another one by now, or a part is gone.
#[must_use]
pub fn find_written(
    body: &FileBody,
    texts: &WrittenTexts<'_>,
    print: Fingerprint,
    key: &FingerprintKey,
) -> Option<FilledBody> {
    let mut content = Vec::new();
    for piece in body.pieces() {
        match piece {
            Piece::Text(text) => content.extend_from_slice(text.as_bytes()),
            Piece::Secret(_) => {
                let start = content.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
                let name = content.get(start..)?.to_vec();
                let mut lines = texts.now.split(|byte| *byte == b'\n');
                content.extend_from_slice(lines.find_map(|line| line.strip_prefix(&name[..]))?);
            }
            Piece::Kept(range) => content.extend_from_slice(texts.before.get(range.clone())?),
        }
    }
    (key.of(&content) == print).then(|| FilledBody::new(content))
}

/// What a file held before a run, and what it holds now.
#[derive(Clone, Copy)]
pub struct WrittenTexts<'a> {
    /// Before the run.
    pub before: &'a [u8],
    /// Now.
    pub now: &'a [u8],
}

#[cfg(test)]
mod tests {
    use datalake_core::secret::SecretName;

    use super::*;

    fn body() -> FileBody {
        FileBody::new([
            Piece::text("# ours\nAWS_ACCESS_KEY_ID="),
            Piece::Secret(SecretName::AccessKeyId),
            Piece::text("\nAWS_SECRET_ACCESS_KEY="),
            Piece::Secret(SecretName::SecretAccessKey),
            Piece::text("\nAWS_REGION=fsn1\n"),
        ])
    }

    fn keys(secret: &str) -> Credentials {
        Credentials::pair("AKIDEXAMPLE".parse().unwrap(), secret.parse().unwrap())
    }

    #[track_caller]
    fn check(old: &str, secret: &str, expected: &str) {
        let (body, keys) = (body(), keys(secret));
        let old = old.as_bytes();
        let change = FileChange { path: "/s3.env", old, body: &body, keys: Some(&keys) };
        assert_eq!(diff_change(&change), expected);
    }

    const NOW: &str = "# ours\nAWS_ACCESS_KEY_ID=AKIDEXAMPLE\nAWS_SECRET_ACCESS_KEY=0123456789abcdef\n\
                       AWS_REGION=fsn1\nAWS_REGION=nbg1\n";

    #[test]
    fn a_key_pair_that_stays_is_context() {
        check(
            NOW,
            "0123456789abcdef",
            "  /s3.env\n    @@ -2,4 +2,3 @@\n     AWS_ACCESS_KEY_ID=…\n     AWS_SECRET_ACCESS_KEY=…\n     \
             AWS_REGION=fsn1\n    -AWS_REGION=nbg1\n",
        );
    }

    #[test]
    fn a_secret_that_changes_is_shown_by_its_name() {
        check(
            &NOW.replace("AWS_REGION=nbg1\n", ""),
            "another-secret-of-the-pair",
            "  /s3.env\n    @@ -1,4 +1,4 @@\n     # ours\n     AWS_ACCESS_KEY_ID=…\n    \
             -AWS_SECRET_ACCESS_KEY=…\n    +AWS_SECRET_ACCESS_KEY=<secret access key>\n     AWS_REGION=fsn1\n",
        );
    }

    #[test]
    fn what_was_written_is_found_where_its_secrets_still_stand() {
        let key = FingerprintKey::new([7; 32]);
        let written = body().fill(&keys("0123456789abcdef"), b"").unwrap();
        let print = key.of(written.expose());
        let find = |now: &str| {
            find_written(&body(), &WrittenTexts { before: b"", now: now.as_bytes() }, print, &key)
        };

        assert_eq!(find(NOW).unwrap().expose(), written.expose());
        assert!(find(&NOW.replace("0123", "4567")).is_none());
    }
}
