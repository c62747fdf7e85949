//! One record of a manifest or journal, and its bytes.

use datalake_core::fault::{Fault, FaultKind};
use datalake_core::s3::ETag;
use datalake_core::size::ByteSize;
use datalake_core::transfer::{ContentDigest, Evidence, FileStamp, FileTime, Known};

use super::fault_of_damage;

/// Something that was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ManifestRecord {
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
const STAMP: u8 = 16;
const VERSION: u8 = 32;

/// What kind of record follows. What form 1 knew of a pair is read and not written any more.
const KNOWN_BEFORE: u8 = 0;
const GONE: u8 = 1;
const BEGUN: u8 = 2;
const ENDED: u8 = 3;
const KNOWN: u8 = 4;

/// What is left of the bytes that are being read.
struct UnreadBytes<'b>(&'b [u8]);

impl ManifestRecord {
    /// Adds the record's bytes.
    pub(crate) fn encode(&self, to: &mut Vec<u8>) -> Result<(), Fault> {
        let (kind, name) = match self {
            Self::Known(name, _) => (KNOWN, name),
            Self::Gone(name) => (GONE, name),
            Self::Begun(name) => (BEGUN, name),
            Self::Ended(name) => (ENDED, name),
        };
        to.push(kind);
        write_text(to, name)?;
        if let Self::Known(_, known) = self {
            encode_known(to, known)?;
        }
        Ok(())
    }

    /// Reads one record, and tells how many bytes it took.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(Self, usize), Fault> {
        let mut rest = UnreadBytes(bytes);
        let record =
            read_record(&mut rest).ok_or_else(|| fault_of_damage("a record makes no sense"))?;
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
            | flag(part.is_some(), PARTS)
            | flag(known.stamp.is_some(), STAMP)
            | flag(known.version.is_some(), VERSION),
    );
    to.push(code_of(known.evidence));
    to.extend_from_slice(&known.size.0.to_le_bytes());
    encode_time(to, known.modified);
    write_text(to, known.etag.as_str())?;
    if let Some(stamp) = &known.stamp {
        encode_time(to, stamp.changed);
        to.extend_from_slice(&stamp.inode.to_le_bytes());
    }
    if let Some(version) = &known.version {
        write_text(to, version)?;
    }
    if let Some(etag) = &known.source_etag {
        write_text(to, etag.as_str())?;
    }
    if let Some(digest) = &known.digest {
        to.extend_from_slice(&digest.sha256);
    }
    if let Some(part) = part {
        to.extend_from_slice(&part.0.to_le_bytes());
    }
    Ok(())
}

fn encode_time(to: &mut Vec<u8>, time: FileTime) {
    to.extend_from_slice(&time.seconds().to_le_bytes());
    to.extend_from_slice(&time.nanos().to_le_bytes());
}

fn code_of(evidence: Evidence) -> u8 {
    match evidence {
        Evidence::Suspect => 0,
        Evidence::Assumed => 1,
        Evidence::Moved => 2,
        Evidence::Compared => 3,
    }
}

fn evidence_of(code: u8) -> Option<Evidence> {
    let all = [Evidence::Suspect, Evidence::Assumed, Evidence::Moved, Evidence::Compared];
    all.into_iter().find(|evidence| code_of(*evidence) == code)
}

fn write_text(to: &mut Vec<u8>, text: &str) -> Result<(), Fault> {
    let too_long = |_| Fault::new(FaultKind::Refused, "a name is too long for the manifest");
    let length = u16::try_from(text.len()).map_err(too_long)?;
    to.extend_from_slice(&length.to_le_bytes());
    to.extend_from_slice(text.as_bytes());
    Ok(())
}

fn read_record(rest: &mut UnreadBytes<'_>) -> Option<ManifestRecord> {
    let [kind] = rest.array()?;
    let name = rest.text()?.to_owned();
    match kind {
        KNOWN_BEFORE => Some(ManifestRecord::Known(name, read_known_before(rest)?)),
        GONE => Some(ManifestRecord::Gone(name)),
        BEGUN => Some(ManifestRecord::Begun(name)),
        ENDED => Some(ManifestRecord::Ended(name)),
        KNOWN => Some(ManifestRecord::Known(name, read_known(rest)?)),
        _ => None,
    }
}

fn read_known(rest: &mut UnreadBytes<'_>) -> Option<Known> {
    let [flags, evidence] = rest.array()?;
    let has = |flag: u8| flags & flag != 0;
    let size = ByteSize(u64::from_le_bytes(rest.array()?));
    let modified = rest.take_time()?;
    let etag = rest.etag()?;
    let stamp = if has(STAMP) {
        let changed = rest.take_time()?;
        Some(FileStamp { changed, inode: u64::from_le_bytes(rest.array()?) })
    } else {
        None
    };
    let version = if has(VERSION) { Some(rest.text()?.to_owned()) } else { None };
    let source_etag = if has(SOURCE_ETAG) { Some(rest.etag()?) } else { None };
    let digest = read_digest(rest, flags)?;
    let (settled, evidence) = (has(SETTLED), evidence_of(evidence)?);
    Some(Known { size, modified, stamp, etag, version, source_etag, digest, settled, evidence })
}

/// A pair as datalake 0.1.0 has left it. Without a digest, nothing of the content went through it.
fn read_known_before(rest: &mut UnreadBytes<'_>) -> Option<Known> {
    let [flags] = rest.array()?;
    let size = ByteSize(u64::from_le_bytes(rest.array()?));
    let modified = rest.take_time()?;
    let etag = rest.etag()?;
    let source_etag = if flags & SOURCE_ETAG != 0 { Some(rest.etag()?) } else { None };
    let digest = read_digest(rest, flags)?;
    let settled = flags & SETTLED != 0;
    let agree = source_etag.as_ref().and_then(|source| source.agrees_with(&etag)) == Some(true);
    let evidence = match digest {
        _ if agree => Evidence::Compared,
        Some(_) => Evidence::Moved,
        None if settled => Evidence::Assumed,
        None => Evidence::Suspect,
    };
    let (stamp, version) = (None, None);
    Some(Known { size, modified, stamp, etag, version, source_etag, digest, settled, evidence })
}

#[expect(clippy::option_option, reason = "bytes that make no sense, and a record without a digest")]
fn read_digest(rest: &mut UnreadBytes<'_>, flags: u8) -> Option<Option<ContentDigest>> {
    let sha256 = if flags & DIGEST != 0 { Some(rest.array()?) } else { None };
    let part =
        if flags & PARTS != 0 { Some(ByteSize(u64::from_le_bytes(rest.array()?))) } else { None };
    Some(sha256.map(|sha256| ContentDigest { sha256, part }))
}

impl<'b> UnreadBytes<'b> {
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

    fn take_time(&mut self) -> Option<FileTime> {
        let seconds = i64::from_le_bytes(self.array()?);
        FileTime::new(seconds, u32::from_le_bytes(self.array()?)).ok()
    }

    fn etag(&mut self) -> Option<ETag> {
        self.text()?.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_time() -> impl Strategy<Value = FileTime> {
        (any::<i64>(), 0..1_000_000_000_u32)
            .prop_map(|(seconds, nanos)| FileTime::new(seconds, nanos).unwrap())
    }

    fn any_known() -> impl Strategy<Value = Known> {
        let digest = proptest::option::of((any::<[u8; 32]>(), proptest::option::of(any::<u64>())));
        let tags = ("[!#-~]{1,40}", proptest::option::of("[!#-~]{1,40}"));
        let stamp = proptest::option::of((any_time(), any::<u64>()));
        let how = (proptest::option::of("[a-zA-Z0-9.]{1,40}"), any::<bool>(), 0..4_u8);
        (any::<u64>(), any_time(), stamp, tags, digest, how).prop_map(
            |(size, modified, stamp, (etag, source), digest, (version, settled, evidence))| Known {
                size: ByteSize(size),
                modified,
                stamp: stamp.map(|(changed, inode)| FileStamp { changed, inode }),
                etag: etag.parse().unwrap(),
                version,
                source_etag: source.map(|etag| etag.parse().unwrap()),
                digest: digest
                    .map(|(sha256, part)| ContentDigest { sha256, part: part.map(ByteSize) }),
                settled,
                evidence: evidence_of(evidence).unwrap(),
            },
        )
    }

    /// A record of form 1, byte for byte as datalake 0.1.0 wrote it.
    fn encode_as_before(flags: u8, tags: &[&str], digest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![KNOWN_BEFORE, 1, 0, b'a', flags];
        bytes.extend_from_slice(&3_u64.to_le_bytes());
        bytes.extend_from_slice(&9_i64.to_le_bytes());
        bytes.extend_from_slice(&7_u32.to_le_bytes());
        for tag in tags {
            write_text(&mut bytes, tag).unwrap();
        }
        bytes.extend_from_slice(digest);
        bytes
    }

    #[test]
    fn what_an_earlier_version_left_is_read_and_trusted_no_further_than_it_went() {
        let md5 = "0cc175b9c0f1b6a831c399e269772661";
        let evidence = |flags, tags: &[&str], digest: &[u8]| match ManifestRecord::decode(
            &encode_as_before(flags, tags, digest),
        )
        .unwrap()
        .0
        {
            ManifestRecord::Known(name, known) => {
                assert_eq!((&*name, known.size, known.stamp), ("a", ByteSize(3), None));
                known.evidence
            }
            other => panic!("{other:?}"),
        };

        assert_eq!(evidence(SETTLED | DIGEST, &[md5], &[5; 32]), Evidence::Moved);
        assert_eq!(evidence(DIGEST, &[md5], &[5; 32]), Evidence::Moved);
        assert_eq!(evidence(SETTLED, &[md5], &[]), Evidence::Assumed);
        assert_eq!(evidence(0, &[md5], &[]), Evidence::Suspect);
        assert_eq!(evidence(SETTLED | SOURCE_ETAG, &[md5, md5], &[]), Evidence::Compared);
        assert_eq!(evidence(SETTLED | SOURCE_ETAG, &[md5, "x-2"], &[]), Evidence::Assumed);
        let mut parts = [5; 40];
        parts[32..].copy_from_slice(&(5_u64 << 20).to_le_bytes());
        assert_eq!(evidence(SETTLED | DIGEST | PARTS, &["x-2"], &parts), Evidence::Moved);
    }

    proptest! {
        #[test]
        fn records_read_back(name in ".*", known in any_known()) {
            for record in [
                ManifestRecord::Known(name.clone(), known.clone()),
                ManifestRecord::Gone(name.clone()),
                ManifestRecord::Begun(name.clone()),
                ManifestRecord::Ended(name.clone()),
            ] {
                let mut bytes = Vec::new();
                record.encode(&mut bytes).unwrap();
                let length = bytes.len();
                bytes.push(7);

                prop_assert_eq!(ManifestRecord::decode(&bytes).unwrap(), (record, length));
                prop_assert!(ManifestRecord::decode(&bytes[..length - 1]).is_err());
            }
        }
    }
}
