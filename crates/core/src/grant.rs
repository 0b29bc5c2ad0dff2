//! A grant: a user and an app over all of its tokens. Owns how the grant's
//! scopes follow from its tokens'; must not know how tokens come and go.

use crate::app::AppSummary;
use crate::clock::Timestamp;
use crate::ids::{GrantId, UserId};
use crate::scope::Scopes;

/// A user × app pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The id, in a sequence of its own.
    pub id: GrantId,
    /// Who granted.
    pub user_id: UserId,
    /// To which app.
    pub app: AppSummary,
    /// What the grant shows: see [`shown_scopes`].
    pub scopes: Scopes,
    /// When the first authorization was made.
    pub created_at: Timestamp,
    /// When the shown scopes last changed.
    pub updated_at: Timestamp,
}

/// What a grant shows: the union over its undeleted tokens in the order in
/// which they were made (expiry does not count), or what was consented to when
/// none is left.
pub fn shown_scopes<'a>(
    tokens: impl IntoIterator<Item = &'a Scopes>,
    consented: &Scopes,
) -> Scopes {
    let mut any = false;
    let union = tokens.into_iter().fold(Scopes::default(), |union, scopes| {
        any = true;
        union.union(scopes)
    });
    if any { union } else { consented.clone() }
}

#[cfg(test)]
mod tests {
    use super::shown_scopes;
    use crate::scope::Scopes;

    #[test]
    fn a_grant_shows_the_union_of_its_tokens() {
        let (repo, user) = (
            Scopes::from_stored("repo"),
            Scopes::from_stored("user repo"),
        );
        let consented = Scopes::from_stored("repo user gist");
        assert_eq!(
            shown_scopes([&repo, &user], &consented).to_stored(),
            "repo user"
        );
        assert_eq!(shown_scopes([], &consented), consented);
        assert_eq!(
            shown_scopes([&Scopes::default()], &consented),
            Scopes::default()
        );
    }
}
