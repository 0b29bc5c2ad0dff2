//! An app's logo: a small picture. Owns which bytes are one; it is never
//! decoded here, only kept and served with its own type.

/// Longer pictures are refused.
pub const LONGEST_LOGO: usize = 48 * 1_024;

/// The format of a logo, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each name is the format")]
pub enum LogoFormat {
    Png,
    Jpeg,
    Gif,
    WebP,
}

impl LogoFormat {
    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }

    fn of(bytes: &[u8]) -> Option<Self> {
        let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
        Some(match bytes {
            _ if bytes.starts_with(b"\x89PNG\r\n\x1a\n") => Self::Png,
            _ if bytes.starts_with(b"\xff\xd8\xff") => Self::Jpeg,
            _ if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") => Self::Gif,
            _ if webp => Self::WebP,
            _ => return None,
        })
    }
}

/// A picture of one of four formats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logo {
    format: LogoFormat,
    bytes: Vec<u8>,
}

/// The bytes cannot be a logo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidLogo {
    /// Longer than [`LONGEST_LOGO`].
    #[error("a logo has at most 48 KiB")]
    TooLong,
    /// Of none of the formats.
    #[error("a logo is a PNG, JPEG, GIF or WebP picture")]
    Format,
}

impl Logo {
    /// # Errors
    /// Too long, or none of the four formats, whatever the name or the declared type says.
    pub fn parse(bytes: Vec<u8>) -> Result<Self, InvalidLogo> {
        if bytes.len() > LONGEST_LOGO {
            return Err(InvalidLogo::TooLong);
        }
        let format = LogoFormat::of(&bytes).ok_or(InvalidLogo::Format)?;
        Ok(Self { format, bytes })
    }

    /// The format.
    pub fn format(&self) -> LogoFormat {
        self.format
    }

    /// The picture.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_tell_the_format() {
        for (start, format) in [
            (&b"\x89PNG\r\n\x1a\nrest"[..], LogoFormat::Png),
            (b"\xff\xd8\xff\xe0", LogoFormat::Jpeg),
            (b"GIF89a", LogoFormat::Gif),
            (b"RIFF\0\0\0\0WEBPVP8 ", LogoFormat::WebP),
        ] {
            assert_eq!(Logo::parse(start.to_vec()).unwrap().format(), format);
        }
        for bad in [
            &b""[..],
            b"<svg onload=alert(1)>",
            b"RIFF\0\0\0\0WAVE",
            b"BM",
        ] {
            assert_eq!(Logo::parse(bad.to_vec()), Err(InvalidLogo::Format));
        }
    }

    #[test]
    fn a_logo_has_at_most_48_kib() {
        let mut bytes = b"GIF89a".to_vec();
        bytes.resize(LONGEST_LOGO, 0);
        assert!(Logo::parse(bytes.clone()).is_ok());
        bytes.push(0);
        assert_eq!(Logo::parse(bytes), Err(InvalidLogo::TooLong));
    }
}
