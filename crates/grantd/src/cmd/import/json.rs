//! What the API prints of tokens. Owns how objects are found in a file that is
//! larger than memory: arrays one after the other, or objects line by line.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use grantd_core::import::{GivenToken, Refusal, TokenAs};
use serde::Deserialize;

use super::table::{Row, time};
use crate::failure::Failure;

/// No record is longer.
const LONGEST: usize = 1 << 16;

#[derive(Deserialize)]
struct Record {
    app: Option<App>,
    hashed_token: String,
    #[serde(default)]
    token_last_eight: Option<String>,
    note: Option<String>,
    note_url: Option<String>,
    #[serde(default)]
    scopes: Option<Vec<String>>,
    fingerprint: Option<String>,
    created_at: String,
    updated_at: Option<String>,
    expires_at: Option<String>,
    user: Option<User>,
}

#[derive(Deserialize)]
struct App {
    name: Option<String>,
    client_id: Option<String>,
}

#[derive(Deserialize)]
struct User {
    login: String,
}

/// The records of a file; those that name nobody are `login`'s.
pub(super) fn rows(
    path: &Path,
    login: String,
) -> Result<impl Iterator<Item = Row<GivenToken>>, Failure> {
    Ok(objects(path)?.map(move |(line, object)| Row {
        line,
        given: object.and_then(|object| given(&object, &login)),
    }))
}

/// How many records there are.
pub(super) fn count(path: &Path) -> Result<u64, Failure> {
    Ok(objects(path)?.count() as u64)
}

fn given(object: &[u8], login: &str) -> Result<GivenToken, Refusal> {
    let record: Record =
        serde_json::from_slice(object).map_err(|why| Refusal::Malformed(why.to_string()))?;
    let created_at = time(&record.created_at)?;
    let (app_name, client_id) = record
        .app
        .map_or((None, None), |app| (app.name, app.client_id));
    let personal = client_id
        .as_deref()
        .is_none_or(|id| id == grantd_core::app::PERSONAL_CLIENT_ID);
    Ok(GivenToken {
        login: record.user.map_or(login.to_owned(), |user| user.login),
        client_id,
        token: TokenAs::Sha256(record.hashed_token),
        last_eight: record.token_last_eight.unwrap_or_default(),
        // The name of a personal token's app is its note.
        note: record.note.or(app_name.filter(|_| personal)),
        note_url: record.note_url,
        scopes: record.scopes.unwrap_or_default(),
        fingerprint: record.fingerprint,
        created_at,
        updated_at: record.updated_at.as_deref().map_or(Ok(created_at), time)?,
        expires_at: record.expires_at.as_deref().map(time).transpose()?,
    })
}

type Object = (u64, Result<Vec<u8>, Refusal>);

/// Every outermost object, and the line on which it begins.
fn objects(path: &Path) -> Result<impl Iterator<Item = Object>, Failure> {
    let file = File::open(path)
        .map_err(|why| Failure::new(format!("cannot read {}: {why}", path.display())))?;
    let mut reader = Bytes {
        reader: BufReader::with_capacity(1 << 16, file),
        line: 1,
    };
    let mut over = false;
    Ok(std::iter::from_fn(move || {
        if over {
            return None;
        }
        let found = reader.object().unwrap_or_else(|why| {
            let why = Refusal::Malformed(why.to_string());
            Some((reader.line, Err(why)))
        });
        over = !matches!(found, Some((_, Ok(_))));
        found
    }))
}

struct Bytes<R> {
    reader: R,
    line: u64,
}

impl<R: BufRead> Bytes<R> {
    fn next(&mut self) -> std::io::Result<Option<u8>> {
        let byte = self.reader.fill_buf()?.first().copied();
        if let Some(byte) = byte {
            self.reader.consume(1);
            self.line += u64::from(byte == b'\n');
        }
        Ok(byte)
    }

    fn object(&mut self) -> std::io::Result<Option<Object>> {
        loop {
            match self.next()? {
                None => return Ok(None),
                Some(b'{') => break,
                Some(b'[' | b']' | b',' | b' ' | b'\n' | b'\r' | b'\t') => {}
                Some(_) => {
                    let words = "there is something else than objects in arrays, from here on";
                    return Ok(Some((self.line, Err(Refusal::Malformed(words.to_owned())))));
                }
            }
        }
        let (line, mut object) = (self.line, vec![b'{']);
        let (mut depth, mut quoted, mut escaped) = (1, false, false);
        while depth > 0 {
            let Some(byte) = self.next()?.filter(|_| object.len() < LONGEST) else {
                let words = "a record does not end, or is too long; from here on nothing was read";
                return Ok(Some((line, Err(Refusal::Malformed(words.to_owned())))));
            };
            object.push(byte);
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' if !quoted => depth += 1,
                b'}' if !quoted => depth -= 1,
                _ => {}
            }
        }
        Ok(Some((line, Ok(object))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(u64, Result<String, &'static str>)> {
        let mut bytes = Bytes {
            reader: text.as_bytes(),
            line: 1,
        };
        let mut all = Vec::new();
        while let Some((line, object)) = bytes.object().unwrap() {
            let object = object.map(|bytes| String::from_utf8(bytes).unwrap());
            let over = object.is_err();
            all.push((line, object.map_err(|why| why.name())));
            if over {
                break;
            }
        }
        all
    }

    #[test]
    fn objects_are_found_in_arrays_and_lines() {
        let one = || Ok(r#"{"a":"}\"{","b":{}}"#.to_owned());
        let two = || Ok("{}".to_owned());
        let text = r#"{"a":"}\"{","b":{}}"#;
        assert_eq!(
            found(&format!("[{text},\n{{}}]\n[{{}}]")),
            [(1, one()), (2, two()), (3, two())]
        );
        assert_eq!(found(&format!("{text}\n{{}}\n")), [(1, one()), (2, two())]);
        assert_eq!(found("[]"), []);
    }

    #[test]
    fn what_is_no_list_of_objects_is_told() {
        assert_eq!(
            found("{}\nnull"),
            [(1, Ok("{}".to_owned())), (2, Err("malformed"))]
        );
        assert_eq!(found("[{\"a\":"), [(1, Err("malformed"))]);
    }
}
