//! An operation as a command to paste. Owns its form; values that the reader
//! has and we do not are shell variables.

use super::{Caller, Operation};

impl Operation {
    /// A `curl` command against an API at this base; `root` is the server without `/api/v3`.
    pub fn curl(&self, api: &str, root: &str) -> String {
        let mut lines = vec!["curl".to_owned()];
        match self.callers.first() {
            Some(Caller::Password) => lines.push("-u octocat".to_owned()),
            Some(Caller::App) => lines.push("-u \"$CLIENT_ID:$CLIENT_SECRET\"".to_owned()),
            Some(Caller::Token | Caller::SiteAdmin) => {
                lines.push("-H \"Authorization: token $TOKEN\"".to_owned());
            }
            Some(Caller::Anybody) | None => {}
        }
        if self.method != "GET" {
            lines.push(format!("-X {}", self.method));
        }
        let base = if self.at_root { root } else { api };
        lines.push(format!(
            "\"{}{}\"",
            base.trim_end_matches('/'),
            variables(&self.path)
        ));
        if let Some(body) = &self.body {
            lines.push(format!("-d '{}'", body.replace('\'', r"'\''")));
        }
        let first = lines.remove(0);
        let rest: String = lines.iter().map(|line| format!(" \\\n  {line}")).collect();
        first + &rest
    }
}

/// `/users/{username}` as `/users/$USERNAME`.
fn variables(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for part in path.split_inclusive('/') {
        let (name, slash) = part
            .strip_suffix('/')
            .map_or((part, ""), |name| (name, "/"));
        match name
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => {
                out.push('$');
                out.push_str(&name.to_uppercase());
            }
            None => out.push_str(name),
        }
        out.push_str(slash);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::REFERENCE;

    #[test]
    fn commands_are_ready_to_paste() {
        let command = |id: &str| {
            let operation = REFERENCE.find(id).unwrap();
            operation.curl("https://t.example/api/v3", "https://t.example")
        };
        assert_eq!(
            command("apps/check-authorization"),
            "curl \\\n  -u \"$CLIENT_ID:$CLIENT_SECRET\" \\\n  \"https://t.example/api/v3/applications/$CLIENT_ID/tokens/$ACCESS_TOKEN\""
        );
        let create = command("oauth-authorizations/create-authorization");
        assert!(create.starts_with("curl \\\n  -u octocat \\\n  -X POST \\\n"));
        assert!(create.contains("-d '{\n  \"client_id\": "), "{create}");
        assert_eq!(
            command("grantd/live"),
            "curl \\\n  \"https://t.example/livez\""
        );
    }
}
