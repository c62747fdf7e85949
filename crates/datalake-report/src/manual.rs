//! Parts of man pages, as roff: examples, further reading, and the page of `datalake.yaml`.

use datalake_core::spec::SpecKey;

/// A line of the section about further reading: a page and the number of its section.
const FURTHER: [&str; 2] = ["datalake(1)", "datalake.yaml(5)"];

/// Text as roff prints it: no hyphen becomes a dash, and no line a request.
#[must_use]
pub fn escape_roff(text: &str) -> String {
    let escaped = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    match escaped.strip_prefix('.') {
        Some(rest) => format!("\\&.{rest}"),
        None => escaped,
    }
}

/// The section EXAMPLES of lines as they stand in the help; nothing where there are none.
#[must_use]
pub fn render_examples_section(help: &str) -> String {
    let lines = help.lines().filter(|line| line.starts_with("  "));
    let lines: String = lines.map(|line| escape_roff(line.trim_start()) + "\n").collect();
    if lines.is_empty() {
        return lines;
    }
    format!(".SH EXAMPLES\n.nf\n{lines}.fi\n")
}

/// The section SEE ALSO of the page `own`, which names these pages of commands and those that all have.
#[must_use]
pub fn render_further_section(own: &str, commands: &[String]) -> String {
    let named = commands.iter().map(|name| format!("{name}(1)"));
    let mut pages: Vec<_> = named.chain(FURTHER.map(str::to_owned)).collect();
    pages.retain(|page| page.split_once('(').is_none_or(|(name, _)| name != own));
    pages.dedup();
    let pages: Vec<_> = pages.iter().map(|page| bold_page(page)).collect();
    format!(".SH \"SEE ALSO\"\n{}\n", pages.join(",\n"))
}

fn bold_page(page: &str) -> String {
    let (name, section) = page.split_once('(').unwrap_or((page, ""));
    format!("\\fB{}\\fR({section}", escape_roff(name))
}

/// The page `datalake.yaml(5)`, from the keys of the spec.
#[must_use]
pub fn render_spec_manual() -> String {
    let keys: String = SpecKey::ALL.iter().map(render_key).collect();
    format!(
        ".TH datalake.yaml 5\n\
         .SH NAME\ndatalake.yaml \\- what datalake sets up\n\
         .SH DESCRIPTION\n\
         A YAML file with what is wanted of bucket and host. \\fBdatalake init\\fR writes one with \
         comments. It is read from \\fI/etc/datalake/datalake.yaml\\fR, \
         \\fI~/.config/datalake/datalake.yaml\\fR and the current folder (or from where \
         \\fB\\-\\-config\\fR says); later files win. Variables \\fBDATALAKE_\\fR\\fIKEY\\fR (two underscores between the \
         parts of a key) win over the file, and flags win over both. The file holds no secret.\n\
         .SH KEYS\n\
         A dot in a name is a level of the file: \\fBhost.user\\fR is \\fBuser:\\fR below \\fBhost:\\fR.\n\
         {keys}\
         .SH EXAMPLES\n.nf\n\
         region: fsn1\nbucket: acme\\-dagster\\-assets\ncredentials: {{ from: env }}\n\
         host: {{ user: dagster\\-user }}\n.fi\n{}",
        render_further_section(
            "datalake.yaml",
            &["datalake-init".into(), "datalake-config".into()]
        )
    )
}

fn render_key(key: &SpecKey) -> String {
    let text = |text: &str| escape_roff(&text.replace('`', ""));
    let example = match key.example {
        "" => String::new(),
        example => format!(" Example: \\fI{}\\fR.", text(example)),
    };
    format!(
        ".TP\n\\fB{}\\fR ({})\n{}{example}\n",
        text(key.name),
        text(key.takes),
        text(key.meaning)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_text_is_a_request_and_hyphens_can_be_copied() {
        assert_eq!(escape_roff(".bashrc --x"), "\\&.bashrc \\-\\-x");
        assert_eq!(escape_roff("it's C:\\x"), "it\\(aqs C:\\ex");
    }

    #[test]
    fn examples_are_lines_of_their_own() {
        let section = render_examples_section("Examples:\n  datalake ls -l   Sizes, too\n");

        assert_eq!(section, ".SH EXAMPLES\n.nf\ndatalake ls \\-l   Sizes, too\n.fi\n");
        assert_eq!(render_examples_section("No line"), "");
    }

    #[test]
    fn further_reading_names_every_other_page_once() {
        let section = render_further_section("datalake", &["datalake-ls".to_owned()]);

        assert_eq!(
            section,
            ".SH \"SEE ALSO\"\n\\fBdatalake\\-ls\\fR(1),\n\\fBdatalake.yaml\\fR(5)\n"
        );
    }

    #[test]
    fn the_page_of_the_spec_has_every_key() {
        let page = render_spec_manual();

        for key in SpecKey::ALL {
            assert!(page.contains(&format!("\\fB{}\\fR (", escape_roff(key.name))), "{}", key.name);
        }
        assert!(page.contains(".SH EXAMPLES") && page.contains(".SH \"SEE ALSO\""), "{page}");
    }
}
