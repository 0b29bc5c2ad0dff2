//! Media types of the API: what `Accept` asked for, as `X-GitHub-Media-Type`
//! tells it back. Every answer is JSON; nothing here refuses.

use std::borrow::Cow;

/// The value of `X-GitHub-Media-Type` for an `Accept` header.
pub fn github_media_type(accept: &str) -> Cow<'static, str> {
    accept
        .split(',')
        .find_map(of_range)
        .map_or(Cow::Borrowed("github.v3; format=json"), Cow::Owned)
}

/// One media range that names GitHub's own type.
fn of_range(range: &str) -> Option<String> {
    let name = range.split(';').next()?.trim();
    // Nearly always it is another's.
    let own = "application/vnd.github";
    name.get(..own.len())
        .filter(|start| start.eq_ignore_ascii_case(own))?;
    let name = name.to_ascii_lowercase();
    let rest = name.strip_prefix(own)?;
    if rest == "+json" {
        return Some("unknown, github.v3".to_owned());
    }
    let rest = rest.strip_prefix('.')?;
    let (param, format) = rest.rsplit_once('+').unwrap_or((rest, "json"));
    let param = param
        .strip_prefix("v3")
        .map_or(param, |param| param.trim_start_matches('.'));
    let word = |text: &str| {
        text.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if !word(param) || !word(format) || param.len() > 100 || format.len() > 100 {
        return None;
    }
    Some(match param {
        "" => format!("github.v3; format={format}"),
        _ => format!("github.v3; param={param}; format={format}"),
    })
}

/// Whether a person's browser asks: HTML is wanted before JSON.
pub fn prefers_html(accept: &str) -> bool {
    accept
        .split(',')
        .map(|range| range.split(';').next().unwrap_or("").trim())
        .any(|range| range == "text/html")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_told_back_as_recorded() {
        for (accept, expected) in [
            ("*/*", "github.v3; format=json"),
            ("application/json", "github.v3; format=json"),
            ("application/vnd.github.v3+json", "github.v3; format=json"),
            (
                "application/vnd.github.v3.full+json",
                "github.v3; param=full; format=json",
            ),
            (
                "application/vnd.github.doctor-strange-preview+json",
                "github.v3; param=doctor-strange-preview; format=json",
            ),
            ("application/vnd.github+json", "unknown, github.v3"),
            (
                "text/html, application/vnd.github.damage-preview+json;q=1",
                "github.v3; param=damage-preview; format=json",
            ),
            ("application/vnd.github.é+json", "github.v3; format=json"),
            (
                &format!("application/vnd.github.v3+{}", "x".repeat(101)),
                "github.v3; format=json",
            ),
        ] {
            assert_eq!(github_media_type(accept), expected, "{accept}");
        }
    }

    #[test]
    fn browsers_are_known_by_text_html() {
        assert!(prefers_html("text/html,application/xhtml+xml,*/*;q=0.8"));
        assert!(!prefers_html("*/*"));
        assert!(!prefers_html("application/json"));
    }
}
