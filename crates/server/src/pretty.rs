//! JSON laid out for people: what GitHub does for curl. Works on compact text
//! that this server made.

/// Two spaces per level, one after each colon, and a newline at the end.
/// `airy` writes empty arrays as GitHub's older Ruby did: `[\n\n  ]`.
pub fn pretty(compact: &[u8], airy: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    let mut bytes = compact.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        if in_string {
            out.push(byte);
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'[' if bytes.next_if_eq(&b']').is_some() => {
                out.push(b'[');
                if airy {
                    out.push(b'\n');
                    line(&mut out, depth);
                }
                out.push(b']');
            }
            b'{' if bytes.next_if_eq(&b'}').is_some() => out.extend(b"{}"),
            b'{' | b'[' => {
                out.push(byte);
                depth += 1;
                line(&mut out, depth);
            }
            b'}' | b']' => {
                depth -= 1;
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend(b": "),
            _ => {
                in_string = byte == b'"';
                out.push(byte);
            }
        }
    }
    out.push(b'\n');
    out
}

fn line(out: &mut Vec<u8>, depth: usize) {
    out.push(b'\n');
    out.extend(std::iter::repeat_n(b' ', depth * 2));
}

#[cfg(test)]
mod tests {
    use super::pretty;

    fn text(compact: &str, airy: bool) -> String {
        String::from_utf8(pretty(compact.as_bytes(), airy)).unwrap()
    }

    #[test]
    fn objects_and_arrays_are_indented() {
        assert_eq!(
            text(r#"{"a":[1,{"b":"x:,\"[]{}"}],"c":{},"d":null}"#, false),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"x:,\\\"[]{}\"\n    }\n  ],\n  \"c\": {},\n  \"d\": null\n}\n"
        );
    }

    #[test]
    fn empty_arrays_follow_the_era() {
        assert_eq!(text(r#"{"scopes":[]}"#, false), "{\n  \"scopes\": []\n}\n");
        assert_eq!(
            text(r#"{"scopes":[]}"#, true),
            "{\n  \"scopes\": [\n\n  ]\n}\n"
        );
    }

    #[test]
    fn the_otp_error_gains_ten_bytes() {
        let compact = r#"{"message":"m","documentation_url":"u"}"#;
        assert_eq!(pretty(compact.as_bytes(), false).len(), compact.len() + 10);
    }
}
