//! How a backup is packed: gzip, and around it age where there are recipients.
//! Owns that what was written can be read back to see whether it is whole, also
//! by who can read no backup; must not know what is in one.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::iter;
use std::path::Path;

use age::stream::StreamWriter;
use age::x25519::{Identity, Recipient};
use age::{Decryptor, Encryptor};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;

use crate::failure::Failure;

/// What every age file begins with.
const AGE: &[u8] = b"age-encryption.org/";
const BUFFER: usize = 1 << 18;

/// A file that is being written.
pub(crate) struct Packer(GzEncoder<Outer>);

enum Outer {
    Clear(BufWriter<File>),
    Age(StreamWriter<BufWriter<File>>),
}

impl Write for Outer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Clear(file) => file.write(bytes),
            Self::Age(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Clear(file) => file.flush(),
            Self::Age(file) => file.flush(),
        }
    }
}

impl Packer {
    /// For these recipients; in clear when there are none. The identity, made for this file alone and
    /// kept nowhere, opens it for as long as this process verifies it.
    pub(crate) fn new(
        file: File,
        recipients: &[Recipient],
    ) -> Result<(Self, Option<Identity>), Failure> {
        let file = BufWriter::with_capacity(BUFFER, file);
        let (outer, identity) = match recipients {
            [] => (Outer::Clear(file), None),
            some => {
                let own = Identity::generate();
                let own_recipient = own.to_public();
                let all = some.iter().chain(iter::once(&own_recipient));
                let all = all.map(|one| one as &dyn age::Recipient);
                let wrong = |why: &dyn std::fmt::Display| {
                    Failure::new(format!("cannot encrypt the backup: {why}"))
                };
                let encryptor = Encryptor::with_recipients(all).map_err(|why| wrong(&why))?;
                let stream = encryptor.wrap_output(file).map_err(|why| wrong(&why))?;
                (Outer::Age(stream), Some(own))
            }
        };
        Ok((Self(GzEncoder::new(outer, Compression::fast())), identity))
    }

    /// Ends the file; it is on disk when this returns. Its size.
    pub(crate) fn finish(self) -> io::Result<u64> {
        let file = match self.0.finish()? {
            Outer::Clear(file) => file,
            Outer::Age(stream) => stream.finish()?,
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(file.metadata()?.len())
    }
}

impl Write for Packer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Opens a packed file.
pub(crate) fn unpack(
    path: &Path,
    identities: &[Identity],
) -> Result<BufReader<Box<dyn Read + Send>>, Failure> {
    let cannot = |why: &dyn std::fmt::Display| {
        Failure::new(format!("cannot read {}: {why}", path.display()))
    };
    let file = File::open(path).map_err(|why| cannot(&why))?;
    let mut file = BufReader::with_capacity(BUFFER, file);
    let begins = file
        .fill_buf()
        .map_err(|why| cannot(&why))?
        .starts_with(AGE);
    let inner: Box<dyn Read + Send> = if begins {
        let decryptor = Decryptor::new_buffered(file).map_err(|why| cannot(&why))?;
        let own = identities.iter().map(|one| one as &dyn age::Identity);
        let opened = decryptor.decrypt(own).map_err(|why| {
            cannot(&format!(
                "{why}; --age-identity FILE names the file with the key of one of its recipients"
            ))
        })?;
        Box::new(GzDecoder::new(BufReader::with_capacity(BUFFER, opened)))
    } else {
        Box::new(GzDecoder::new(file))
    };
    Ok(BufReader::with_capacity(BUFFER, inner))
}

/// The identities in a file, as `age-keygen` writes it.
pub(crate) fn identities(path: &Path) -> Result<Vec<Identity>, Failure> {
    let wrong =
        |why: &dyn std::fmt::Display| Failure::new(format!("cannot use {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|why| wrong(&why))?;
    let text = zeroize::Zeroizing::new(text);
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.parse().map_err(|why: &str| wrong(&why)))
        .collect()
}
