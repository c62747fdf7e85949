//! What an entity tag says of a content.

use md5::{Digest as _, Md5};

use crate::s3::ETag;

/// The forms that S3 services give to tags of objects that they do not encrypt with other keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TagForm {
    /// The MD5 of the content: it was stored in one go.
    Md5([u8; 16]),
    /// The MD5 of the parts' MD5s, one behind the other, and how many parts there are.
    Parts([u8; 16], u16),
    /// Anything else; nothing can be said.
    Other,
}

impl ETag {
    /// What the tag says of the content.
    #[must_use]
    pub fn form(&self) -> TagForm {
        if self.is_opaque() {
            return TagForm::Other;
        }
        let text = self.as_str();
        let (digits, count) = match text.split_once('-') {
            Some((digits, count)) => (digits, Some(count)),
            None => (text, None),
        };
        match (decode_hex(digits), count.map(str::parse)) {
            (Some(md5), None) => TagForm::Md5(md5),
            (Some(md5), Some(Ok(count))) => TagForm::Parts(md5, count),
            _ => TagForm::Other,
        }
    }

    /// The tag of a content with this MD5 that is stored in one go.
    #[must_use]
    pub fn of_md5(md5: [u8; 16]) -> Self {
        let text: String = md5.iter().map(|byte| format!("{byte:02x}")).collect();
        text.parse().expect("hexadecimal digits are a tag")
    }

    /// The tag of a content that is stored in parts with these MD5s.
    #[must_use]
    pub fn of_parts(parts: &[[u8; 16]]) -> Self {
        let whole = Md5::digest(parts.as_flattened());
        let text = format!("{}-{}", Self::of_md5(whole.into()).as_str(), parts.len());
        text.parse().expect("hexadecimal digits and a number are a tag")
    }
}

fn decode_hex(digits: &str) -> Option<[u8; 16]> {
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: TagForm) {
        assert_eq!(text.parse::<ETag>().unwrap().form(), expected, "{text}");
    }

    #[test]
    fn a_tag_tells_how_an_object_was_stored() {
        let md5 = 0xd41d_8cd9_8f00_b204_e980_0998_ecf8_427e_u128.to_be_bytes();

        check("d41d8cd98f00b204e9800998ecf8427e", TagForm::Md5(md5));
        check("\"D41D8CD98F00B204E9800998ECF8427E\"", TagForm::Md5(md5));
        check("d41d8cd98f00b204e9800998ecf8427e-12", TagForm::Parts(md5, 12));
        check("d41d8cd98f00b204e9800998ecf8427e-x", TagForm::Other);
        check("W/\"d41d8cd98f00b204e9800998ecf8427e\"", TagForm::Other);
        check("d41d8cd98f00b204e9800998ecf8427", TagForm::Other);
        check("+41d8cd98f00b204e9800998ecf8427e", TagForm::Other);
        assert_eq!(ETag::of_md5(md5).form(), TagForm::Md5(md5));
        check("W/\"d41d8cd98f00b204e9800998ecf8427e\"", TagForm::Other);
        assert_eq!(ETag::of_md5(md5).opaque().form(), TagForm::Other);
    }

    #[test]
    fn a_tag_of_parts_is_that_of_their_tags() {
        // MD5 of "a" and of "b": the published values.
        let parts = [
            0x0cc1_75b9_c0f1_b6a8_31c3_99e2_6977_2661,
            0x92eb_5ffe_e6ae_2fec_3ad7_1c77_7531_578f_u128,
        ]
        .map(u128::to_be_bytes);

        let tag = ETag::of_parts(&parts);

        let joined = Md5::digest(parts.concat());
        assert_eq!(tag.form(), TagForm::Parts(joined.into(), 2));
    }
}
