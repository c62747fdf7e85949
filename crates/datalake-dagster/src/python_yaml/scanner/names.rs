//! Anchors, aliases, tags and directives.

use super::{Scanner, Token, TokenKind, YamlRefusal};
use crate::python_yaml::cursor::{
    END, Mark, is_gap, is_line_end, is_name, is_space_or_end, quote_character,
};

impl Scanner {
    /// `&NAME` or `*NAME`.
    pub(super) fn scan_anchor(&mut self) -> Result<Token, YamlRefusal> {
        let mark = self.cursor.mark();
        let is_alias = self.cursor.peek(0) == '*';
        self.cursor.forward(1);
        let name = self.cursor.take_while(is_name);
        let next = self.cursor.peek(0);
        if name.is_empty() || !is_gap(next) && !"?:,]}%@`".contains(next) {
            return Err(self.expected("alphabetic or numeric character"));
        }
        let kind = if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) };
        Ok(Token { kind, mark })
    }

    /// `!<URI>`, `!`, `!SUFFIX` or `!HANDLE!SUFFIX`.
    pub(super) fn scan_tag(&mut self) -> Result<Token, YamlRefusal> {
        let mark = self.cursor.mark();
        let (handle, suffix) = match self.cursor.peek(1) {
            '<' => {
                self.cursor.forward(2);
                let suffix = self.scan_uri()?;
                if self.cursor.peek(0) != '>' {
                    return Err(self.expected("'>'"));
                }
                self.cursor.forward(1);
                (None, suffix)
            }
            next if is_gap(next) => {
                self.cursor.forward(1);
                (None, "!".to_owned())
            }
            _ if self.has_handle() => (Some(self.scan_handle()?), self.scan_uri()?),
            _ => {
                self.cursor.forward(1);
                (Some("!".to_owned()), self.scan_uri()?)
            }
        };
        if !self.cursor.next_is(is_space_or_end) {
            return Err(self.expected("' '"));
        }
        Ok(Token { kind: TokenKind::Tag { handle, suffix }, mark })
    }

    /// Whether another `!` stands in the word.
    fn has_handle(&self) -> bool {
        let mut ahead = 1;
        while !is_space_or_end(self.cursor.peek(ahead)) {
            if self.cursor.peek(ahead) == '!' {
                return true;
            }
            ahead += 1;
        }
        false
    }

    /// `!`, `!!` or `!NAME!`.
    fn scan_handle(&mut self) -> Result<String, YamlRefusal> {
        if self.cursor.peek(0) != '!' {
            return Err(self.expected("'!'"));
        }
        let mut handle = self.cursor.take(1);
        if self.cursor.peek(0) == ' ' {
            return Ok(handle);
        }
        handle.push_str(&self.cursor.take_while(is_name));
        if self.cursor.peek(0) != '!' {
            return Err(self.expected("'!'"));
        }
        handle.push_str(&self.cursor.take(1));
        Ok(handle)
    }

    fn scan_uri(&mut self) -> Result<String, YamlRefusal> {
        let is_uri = |c: char| c.is_ascii_alphanumeric() || "-;/?:@&=+$,_.!~*'()[]".contains(c);
        let mut uri = String::new();
        loop {
            uri.push_str(&self.cursor.take_while(is_uri));
            if self.cursor.peek(0) != '%' {
                break;
            }
            uri.push_str(&self.scan_uri_escapes()?);
        }
        if uri.is_empty() { Err(self.expected("URI")) } else { Ok(uri) }
    }

    /// `%E2%82%AC`.
    fn scan_uri_escapes(&mut self) -> Result<String, YamlRefusal> {
        let mark = self.cursor.mark();
        let mut bytes = Vec::new();
        while self.cursor.peek(0) == '%' {
            self.cursor.forward(1);
            let digits =
                self.scan_hexadecimal(2, "URI escape sequence of 2 hexadecimal numbers")?;
            bytes.extend(u8::try_from(digits));
        }
        String::from_utf8(bytes).map_err(|error| YamlRefusal::at(mark, error.to_string()))
    }

    /// So many hexadecimal digits.
    pub(super) fn scan_hexadecimal(
        &mut self,
        digits: usize,
        what: &str,
    ) -> Result<u32, YamlRefusal> {
        let all: Vec<_> = (0..digits).map(|ahead| self.cursor.peek(ahead)).collect();
        if let Some(other) = all.iter().find(|c| !c.is_ascii_hexdigit()) {
            let reason = format!("expected {what}, but found {}", quote_character(*other));
            return Err(YamlRefusal::at(self.cursor.mark(), reason));
        }
        let text = self.cursor.take(digits);
        Ok(u32::from_str_radix(&text, 16).unwrap_or(u32::MAX))
    }

    /// A line that begins with `%`.
    pub(super) fn scan_directive(&mut self) -> Result<Token, YamlRefusal> {
        let mark = self.cursor.mark();
        self.cursor.forward(1);
        let name = self.cursor.take_while(is_name);
        if name.is_empty() || !self.cursor.next_is(is_space_or_end) {
            return Err(self.expected("alphabetic or numeric character"));
        }
        let kind = match name.as_str() {
            "YAML" => TokenKind::Version(self.scan_version()?),
            "TAG" => self.scan_tag_prefix()?,
            _ => {
                self.cursor.skip_while(|c| !is_line_end(c));
                TokenKind::Directive
            }
        };
        self.end_header_line()?;
        Ok(Token { kind, mark })
    }

    /// `1.1`, of which only the first number is kept.
    fn scan_version(&mut self) -> Result<u64, YamlRefusal> {
        self.cursor.skip_while(|c| c == ' ');
        let major = self.scan_number()?;
        if self.cursor.peek(0) != '.' {
            return Err(self.expected("a digit or '.'"));
        }
        self.cursor.forward(1);
        self.scan_number()?;
        if !self.cursor.next_is(is_space_or_end) {
            return Err(self.expected("a digit or ' '"));
        }
        Ok(major)
    }

    fn scan_number(&mut self) -> Result<u64, YamlRefusal> {
        let digits = self.cursor.take_while(|c| c.is_ascii_digit());
        if digits.is_empty() {
            return Err(self.expected("a digit"));
        }
        Ok(digits.parse().unwrap_or(u64::MAX))
    }

    fn scan_tag_prefix(&mut self) -> Result<TokenKind, YamlRefusal> {
        self.cursor.skip_while(|c| c == ' ');
        let handle = self.scan_handle()?;
        if self.cursor.peek(0) != ' ' {
            return Err(self.expected("' '"));
        }
        self.cursor.skip_while(|c| c == ' ');
        let prefix = self.scan_uri()?;
        if !self.cursor.next_is(is_space_or_end) {
            return Err(self.expected("' '"));
        }
        Ok(TokenKind::TagPrefix { handle, prefix })
    }

    /// The rest of a line that may hold a comment and nothing else.
    pub(super) fn end_header_line(&mut self) -> Result<(), YamlRefusal> {
        self.cursor.skip_while(|c| c == ' ');
        self.cursor.skip_comment();
        if !self.cursor.next_is(is_line_end) {
            return Err(self.expected("a comment or a line break"));
        }
        self.cursor.take_break();
        Ok(())
    }

    pub(super) fn expected(&self, what: &str) -> YamlRefusal {
        let found = self.cursor.peek(0);
        let found =
            if found == END { "the end of the file".to_owned() } else { quote_character(found) };
        self.refuse(self.cursor.mark(), format!("expected {what}, but found {found}"))
    }

    pub(super) fn refuse(&self, mark: Mark, reason: impl Into<String>) -> YamlRefusal {
        YamlRefusal::at(mark, reason)
    }
}
