//! Tokens that another authority has made: what they look like. Owns that a
//! shape which could be guessed is none; must not know which tokens there are.

use std::fmt;

/// Fewer random bits than this can be guessed (RFC 6749 section 10.10).
const FEWEST_BITS: u32 = 128;

/// The shape of another authority's tokens: so many characters of one alphabet.
///
/// Written `hex:64`, `base62:40` or `base64url:43`. A string that has the shape
/// is looked up by its SHA-256; whether it is a token is for the store to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignShape {
    alphabet: Alphabet,
    length: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Alphabet {
    /// Lower-case hexadecimal digits.
    Hex,
    /// Letters and digits.
    Base62,
    /// Letters, digits, `-` and `_` (RFC 4648 section 5, without padding).
    Base64Url,
}

/// The text names no shape that can be accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShape {
    /// Another form.
    #[error("a token shape is hex:LENGTH, base62:LENGTH or base64url:LENGTH, such as base64url:43")]
    Form,
    /// Tokens of that shape can be guessed.
    #[error(
        "tokens of the shape {0} have fewer than 128 bits and could be guessed: they cannot come along"
    )]
    Weak(ForeignShape),
    /// Longer than any token.
    #[error("a token has at most {0} characters")]
    Long(usize),
}

impl Alphabet {
    const ALL: [Self; 3] = [Self::Hex, Self::Base62, Self::Base64Url];

    const fn name(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base62 => "base62",
            Self::Base64Url => "base64url",
        }
    }

    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            Self::Base62 => byte.is_ascii_alphanumeric(),
            Self::Base64Url => byte.is_ascii_alphanumeric() || b"-_".contains(&byte),
        }
    }

    /// Bits of so many characters, rounded down. Sixty-two characters are 5.954 bits each.
    fn bits(self, length: usize) -> u32 {
        let thousandths = match self {
            Self::Hex => 4_000,
            Self::Base62 => 5_954,
            Self::Base64Url => 6_000,
        };
        u32::try_from(length * thousandths / 1_000).unwrap_or(u32::MAX)
    }
}

impl ForeignShape {
    /// Reads the written form.
    ///
    /// # Errors
    /// Another form, too long, or fewer than 128 bits.
    pub fn parse(text: &str) -> Result<Self, InvalidShape> {
        let (name, length) = text.split_once(':').ok_or(InvalidShape::Form)?;
        let alphabet = Alphabet::ALL.into_iter().find(|one| one.name() == name);
        let digits = !length.is_empty() && length.bytes().all(|b| b.is_ascii_digit());
        let length = digits.then(|| length.parse::<usize>().ok()).flatten();
        let (Some(alphabet), Some(length)) = (alphabet, length) else {
            return Err(InvalidShape::Form);
        };
        Self::new(alphabet, length)
    }

    fn new(alphabet: Alphabet, length: usize) -> Result<Self, InvalidShape> {
        if length > super::LONGEST {
            return Err(InvalidShape::Long(super::LONGEST));
        }
        let shape = Self { alphabet, length };
        match alphabet.bits(length) < FEWEST_BITS {
            true => Err(InvalidShape::Weak(shape)),
            false => Ok(shape),
        }
    }

    /// Whether a string has this shape.
    pub fn fits(&self, text: &str) -> bool {
        text.len() == self.length && text.bytes().all(|byte| self.alphabet.has(byte))
    }

    /// The shape of the fewest bits that a string has, or why it cannot be accepted; for a message to whoever could
    /// declare it.
    pub(crate) fn of(text: &str) -> Option<Result<Self, InvalidShape>> {
        let fits = |alphabet: &Alphabet| text.bytes().all(|byte| alphabet.has(byte));
        let alphabet = Alphabet::ALL.into_iter().find(fits)?;
        Some(Self::new(alphabet, text.len()))
    }
}

impl fmt::Display for ForeignShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.alphabet.name(), self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_are_read_and_written_alike() {
        for text in ["hex:32", "hex:64", "base62:22", "base64url:43"] {
            assert_eq!(ForeignShape::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "",
            "hex",
            "hex:",
            "hex:+64",
            "HEX:64",
            "base32:40",
            "hex: 64",
        ] {
            assert_eq!(ForeignShape::parse(text), Err(InvalidShape::Form), "{text}");
        }
        assert_eq!(ForeignShape::parse("hex:256"), Err(InvalidShape::Long(255)));
    }

    #[test]
    fn sec_shapes_under_128_bits_are_refused() {
        for text in ["hex:31", "base62:21", "base64url:21", "hex:0"] {
            let refused = ForeignShape::parse(text);
            assert!(matches!(refused, Err(InvalidShape::Weak(_))), "{text}");
        }
    }

    #[test]
    fn a_string_fits_by_length_and_alphabet() {
        let fits = |shape: &str, text: &str| ForeignShape::parse(shape).unwrap().fits(text);
        let hex = "0123456789abcdef0123456789abcdef";
        assert!(fits("hex:32", hex) && fits("base62:32", hex) && fits("base64url:32", hex));
        assert!(!fits("hex:32", &hex.to_uppercase()) && !fits("hex:33", hex));
        let url = "aG9yc2UgYmF0dGVyeSBzdGFwbGUgaXMgY29~cnJl_X0";
        assert!(!fits("base64url:43", url));
        assert!(fits("base64url:43", &url.replace('~', "-")[..43]));
        assert!(!fits("base62:43", &url[..43]));
    }

    #[test]
    fn an_undeclared_shape_is_named() {
        let shape = |text| ForeignShape::parse(text).unwrap();
        let weak = ForeignShape::parse("hex:10").unwrap_err();
        assert_eq!(ForeignShape::of("abcdef0123"), Some(Err(weak)));
        let long = ForeignShape::of(&"Zx".repeat(20));
        assert_eq!(long, Some(Ok(shape("base62:40"))));
        assert_eq!(ForeignShape::of("a token"), None);
    }
}
