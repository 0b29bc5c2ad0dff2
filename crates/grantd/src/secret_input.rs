//! Secrets that people and scripts hand in: by standard input, or typed
//! without echo. Owns that nothing but one newline is taken off; must not
//! judge a secret.

use std::io::{self, IsTerminal, Read};

use grantd_core::secret::Secret;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// More than any secret may have.
const MOST: u64 = 64 * 1_024;

/// All of standard input, less one newline (`\n` or `\r\n`) at its end.
pub(crate) fn from_stdin(what: &str) -> Result<Secret, Failure> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(4_096));
    io::stdin()
        .lock()
        .take(MOST)
        .read_to_end(&mut bytes)
        .map_err(|why| {
            Failure::new(format!("cannot read the {what} from standard input: {why}"))
        })?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Failure::new(format!(
            "the {what} on standard input is not UTF-8; write it anew"
        ))
    })?;
    Ok(Secret::new(without_newline(text).to_owned()))
}

/// Typed twice at the terminal, without echo.
pub(crate) fn typed_password() -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(
            "no password was given; write it to standard input and add --password-stdin",
        ));
    }
    let ask = |prompt: &str| {
        let typed = rpassword::prompt_password(prompt);
        typed.map(Zeroizing::new).map_err(|why| {
            Failure::new(format!(
                "cannot ask for a password: {why}; give it with --password-stdin"
            ))
        })
    };
    let first = ask("Password: ")?;
    if first != ask("Once more: ")? {
        return Err(Failure::new("the two passwords differ; try again"));
    }
    Ok(Secret::new(first.to_string()))
}

/// Typed at the terminal, without echo.
pub(crate) fn typed(prompt: &str, instead: &str) -> Result<Secret, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::new(format!(
            "nobody is there to be asked; {instead}"
        )));
    }
    let typed = rpassword::prompt_password(prompt);
    let typed = typed.map_err(|why| Failure::new(format!("cannot ask: {why}; {instead}")))?;
    Ok(Secret::new(typed))
}

/// `text`, less one newline at its end.
pub(crate) fn without_newline(text: &str) -> &str {
    text.strip_suffix('\n')
        .map_or(text, |line| line.strip_suffix('\r').unwrap_or(line))
}

#[cfg(test)]
mod tests {
    use super::without_newline;

    #[test]
    fn one_newline_goes_and_nothing_else() {
        for (given, kept) in [
            ("a", "a"),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a\n\n", "a\n"),
            ("a\r", "a\r"),
            (" a \t\n", " a \t"),
            ("\n", ""),
        ] {
            assert_eq!(without_newline(given), kept, "{given:?}");
        }
    }
}
