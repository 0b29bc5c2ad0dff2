//! The parameters of an authorization request, read from the query as it was
//! sent. Owns their spelling; must not know what any of them leads to.

use std::borrow::Cow;

use grantd_core::consent::AuthorizeRequest;
use percent_encoding::percent_decode_str;
use url::form_urlencoded;

/// Where the request is made.
pub(super) const PATH: &str = "/login/oauth/authorize";

/// A request, and the query that it was read from.
pub(super) struct Asked<'a> {
    /// As core takes it.
    pub(super) request: AuthorizeRequest,
    /// As it was sent: the one form in which it travels on.
    pub(super) query: &'a str,
}

impl<'a> Asked<'a> {
    /// Reads the query; of a parameter that comes several times the first counts.
    pub(super) fn of_query(query: &'a str) -> Self {
        let find = |name: &str| {
            form_urlencoded::parse(query.as_bytes())
                .find(|(found, _)| found == name)
                .map(|(_, value)| value.into_owned())
        };
        let request = AuthorizeRequest {
            client_id: find("client_id").unwrap_or_default(),
            redirect_uri: find("redirect_uri"),
            scope: find("scope"),
            state: state(query),
            login: find("login"),
            allow_signup: find("allow_signup"),
            prompt: find("prompt"),
            response_type: find("response_type"),
            code_challenge: find("code_challenge"),
            code_challenge_method: find("code_challenge_method"),
            account_chosen: false,
        };
        Self { request, query }
    }

    /// Where somebody comes back to after signing in, when the account is chosen.
    pub(super) fn way_back(&self) -> String {
        self.with_prompt(&self.other_prompts(), None)
    }

    /// The same request, for somebody who wants to be another person.
    pub(super) fn other_account(&self) -> String {
        self.with_prompt(&self.other_prompts(), Some("select_account"))
    }

    fn other_prompts(&self) -> Vec<&str> {
        let prompt = self.request.prompt.as_deref().unwrap_or_default();
        let others = prompt.split(' ').filter(|one| *one != "select_account");
        others.filter(|one| !one.is_empty()).collect()
    }

    fn with_prompt(&self, prompts: &[&str], one_more: Option<&'static str>) -> String {
        let prompts: Vec<&str> = prompts.iter().copied().chain(one_more).collect();
        let mut pairs: Vec<Cow<'_, str>> = self
            .query
            .split('&')
            .filter(|pair| !pair.is_empty() && name(pair) != "prompt")
            .map(Cow::Borrowed)
            .collect();
        if !prompts.is_empty() {
            let value: String =
                form_urlencoded::byte_serialize(prompts.join(" ").as_bytes()).collect();
            pairs.push(Cow::Owned(format!("prompt={value}")));
        }
        format!("{PATH}?{}", pairs.join("&"))
    }
}

/// The decoded name of `name=value`.
fn name(pair: &str) -> Cow<'_, str> {
    form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or(Cow::Borrowed(""), |(name, _)| name)
}

/// `state` is the app's own: whatever bytes it has, they go back as they came.
fn state(query: &str) -> Option<Vec<u8>> {
    let pair = query.split('&').find(|pair| name(pair) == "state")?;
    let (_, value) = pair.split_once('=').unwrap_or((pair, ""));
    let value = value.replace('+', " ");
    Some(percent_decode_str(&value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s42_a_state_keeps_its_bytes() {
        let state = |query: &str| Asked::of_query(query).request.state;
        assert_eq!(state("client_id=a"), None);
        assert_eq!(state("state"), Some(Vec::new()));
        assert_eq!(state("a=1&state=%ff%00+%2B%"), Some(b"\xff\0 +%".to_vec()));
        assert_eq!(state("st%61te=x=y&state=z"), Some(b"x=y".to_vec()));
    }

    #[test]
    fn the_first_of_a_repeated_parameter_counts() {
        let asked = Asked::of_query("client_id=a&client_id=b&scope=repo+gist&scope=user");
        assert_eq!(asked.request.client_id, "a");
        assert_eq!(asked.request.scope.as_deref(), Some("repo gist"));
    }

    #[test]
    fn the_choice_of_an_account_is_asked_for_once() {
        let asked = Asked::of_query("client_id=a&prompt=select_account+consent&state=%ff");
        assert_eq!(
            asked.way_back(),
            "/login/oauth/authorize?client_id=a&state=%ff&prompt=consent"
        );
        assert_eq!(
            asked.other_account(),
            "/login/oauth/authorize?client_id=a&state=%ff&prompt=consent+select_account"
        );
        let plain = Asked::of_query("client_id=a&&p%72ompt=select_account");
        assert_eq!(plain.way_back(), "/login/oauth/authorize?client_id=a");
    }
}
