//! One record of a manifest or journal, and its bytes.

use datalake_core::{ByteSize, ContentDigest, ETag, Fault, FaultKind, FileTime, Known};

use super::damaged;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Record {
    /// Both sides of a name are equal.
    Known(String, Known),
    /// Nothing is known of a name any more.
    Gone(String),
    /// An upload in parts may exist for the key of this name.
    Begun(String),
    /// No upload in parts is left for it.
    Ended(String),
}

const SETTLED: u8 = 1;
const SOURCE_ETAG: u8 = 2;
const DIGEST: u8 = 4;
const PARTS: u8 = 8;

/// What is left of the bytes that are being read.
struct Rest<'b>(&'b [u8]);

impl Record {
    /// Adds the record's bytes.
    pub(crate) fn encode(&self, to: &mut Vec<u8>) -> Result<(), Fault> {
        let (kind, name) = match self {
            Self::Known(name, _) => (0, name),
            Self::Gone(name) => (1, name),
            Self::Begun(name) => (2, name),
            Self::Ended(name) => (3, name),
        };
        to.push(kind);
        text(to, name)?;
        if let Self::Known(_, known) = self {
            encode_known(to, known)?;
        }
        Ok(())
    }

    /// Reads one record, and tells how many bytes it took.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, usize), Fault> {
        let mut rest = Rest(bytes);
        let record = read(&mut rest).ok_or_else(|| damaged("a record makes no sense"))?;
        Ok((record, bytes.len() - rest.0.len()))
    }
}

fn encode_known(to: &mut Vec<u8>, known: &Known) -> Result<(), Fault> {
    let flag = |is: bool, flag: u8| if is { flag } else { 0 };
    let part = known.digest.and_then(|digest| digest.part);
    to.push(
        flag(known.settled, SETTLED)
            | flag(known.source_etag.is_some(), SOURCE_ETAG)
            | flag(known.digest.is_some(), DIGEST)
            | flag(part.is_some(), PARTS),
    );
    to.extend_from_slice(&known.size.0.to_le_bytes());
    to.extend_from_slice(&known.modified.seconds().to_le_bytes());
    to.extend_from_slice(&known.modified.nanos().to_le_bytes());
    text(to, known.etag.as_str())?;
    if let Some(etag) = &known.source_etag {
        text(to, etag.as_str())?;
    }
    if let Some(digest) = &known.digest {
        to.extend_from_slice(&digest.sha256);
    }
    if let Some(part) = part {
        to.extend_from_slice(&part.0.to_le_bytes());
    }
    Ok(())
}

fn text(to: &mut Vec<u8>, text: &str) -> Result<(), Fault> {
    let too_long = |_| Fault::new(FaultKind::Refused, "a name is too long for the manifest");
    let length = u16::try_from(text.len()).map_err(too_long)?;
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(text.as_bytes());
    Ok(())
}

fn read(rest: &mut Rest<'_>) -> Option<Record> {
    let [kind] = rest.array()?;
    let name = rest.text()?.to_owned();
    match kind {
        0 => Some(Record::Known(name, read_known(rest)?)),
        1 => Some(Record::Gone(name)),
        2 => Some(Record::Begun(name)),
        3 => Some(Record::Ended(name)),
        _ => None,
    }
}

fn read_known(rest: &mut Rest<'_>) -> Option<Known> {
    let [flags] = rest.array()?;
    let has = |flag: u8| flags & flag != 0;
    let size = ByteSize(u64::from_le_bytes(rest.array()?));
    let seconds = i64::from_le_bytes(rest.array()?);
    let modified = FileTime::new(seconds, u32::from_le_bytes(rest.array()?)).ok()?;
    let etag = rest.etag()?;
    let source_etag = if has(SOURCE_ETAG) { Some(rest.etag()?) } else { None };
    let sha256 = if has(DIGEST) { Some(rest.array()?) } else { None };
    let part = if has(PARTS) { Some(ByteSize(u64::from_le_bytes(rest.array()?))) } else { None };
    let digest = sha256.map(|sha256| ContentDigest { sha256, part });
    Some(Known { size, modified, etag, source_etag, digest, settled: has(SETTLED) })
}

impl<'b> Rest<'b> {
    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = u16::from_le_bytes(self.array()?);
        std::str::from_utf8(self.take(length.into())?).ok()
    }

    fn etag(&mut self) -> Option<ETag> {
        self.text()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_known() -> impl Strategy<Value = Known> {
        let digest = proptest::option::of((any::<[u8; 32]>(), proptest::option::of(any::<u64>())));
        let tags = ("[!#-~]{1,40}", proptest::option::of("[!#-~]{1,40}"));
        (any::<u64>(), any::<i64>(), 0..1_000_000_000_u32, tags, digest, any::<bool>()).prop_map(
            |(size, seconds, nanos, (etag, source), digest, settled)| Known {
                size: ByteSize(size),
                modified: FileTime::new(seconds, nanos).unwrap(),
                etag: etag.parse().unwrap(),
                source_etag: source.map(|etag| etag.parse().unwrap()),
                digest: digest
                    .map(|(sha256, part)| ContentDigest { sha256, part: part.map(ByteSize) }),
                settled,
            },
        )
    }

    proptest! {
        #[test]
        fn records_read_back(name in ".*", known in any_known()) {
            for record in [
                Record::Known(name.clone(), known.clone()),
                Record::Gone(name.clone()),
                Record::Begun(name.clone()),
                Record::Ended(name.clone()),
            ] {
                let mut bytes = Vec::new();
                record.encode(&mut bytes).unwrap();
                let length = bytes.len();
                bytes.push(7);

                prop_assert_eq!(Record::decode(&bytes).unwrap(), (record, length));
                prop_assert!(Record::decode(&bytes[..length - 1]).is_err());
            }
        }
    }
}
