//! What the scanner gives out.

use crate::python_yaml::cursor::Mark;

/// A token, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::python_yaml) struct Token {
    pub(in crate::python_yaml) kind: TokenKind,
    pub(in crate::python_yaml) mark: Mark,
}

#[derive(Debug, Clone, PartialEq)]
pub(in crate::python_yaml) enum TokenKind {
    /// `%YAML` with the major version.
    Version(u64),
    /// `%TAG`.
    TagPrefix {
        handle: String,
        prefix: String,
    },
    /// Another directive.
    Directive,
    DocumentStart,
    DocumentEnd,
    StreamEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    Tag {
        handle: Option<String>,
        suffix: String,
    },
    Scalar {
        text: String,
        is_plain: bool,
    },
}

impl TokenKind {
    /// How `PyYAML` calls it in a message.
    pub(in crate::python_yaml) fn name(&self) -> &'static str {
        match self {
            Self::Version(_) | Self::TagPrefix { .. } | Self::Directive => "<directive>",
            Self::DocumentStart => "<document start>",
            Self::DocumentEnd => "<document end>",
            Self::StreamEnd => "<stream end>",
            Self::BlockSequenceStart => "<block sequence start>",
            Self::BlockMappingStart => "<block mapping start>",
            Self::BlockEnd => "<block end>",
            Self::SequenceStart => "[",
            Self::SequenceEnd => "]",
            Self::MappingStart => "{",
            Self::MappingEnd => "}",
            Self::BlockEntry => "-",
            Self::FlowEntry => ",",
            Self::Key => "?",
            Self::Value => ":",
            Self::Alias(_) => "<alias>",
            Self::Anchor(_) => "<anchor>",
            Self::Tag { .. } => "<tag>",
            Self::Scalar { .. } => "<scalar>",
        }
    }
}
