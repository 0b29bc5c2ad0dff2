//! What only PostgreSQL is asked: the hot path, many callers' look-ups in one
//! statement. Owns nothing but the arrays; columns and predicate are the shared
//! ones. The last column is the number of the question, from 1.

/// What time it is there, for the one purpose of comparing: no row gets its time from it.
pub(crate) const CLOCK: &str = "SELECT EXTRACT(EPOCH FROM clock_timestamp())::BIGINT";

/// [`super::authorizations::CHECK`] for arrays of moments, client ids and hash prefixes.
pub(crate) const CHECK: &str = concat!(
    "SELECT ",
    app_columns!(),
    ", ",
    authorization_columns!(),
    ", ",
    user_columns!(),
    ", a.app_id = p.id AND ",
    valid!("q.now"),
    ", q.number FROM unnest($1::BIGINT[], $2::TEXT[], $3::BIGINT[]) \
     WITH ORDINALITY q (now, client_id, hash_prefix, number)",
    " JOIN apps p ON p.client_id = q.client_id",
    " LEFT JOIN authorizations a ON a.hash_prefix = q.hash_prefix",
    " LEFT JOIN users u ON u.id = a.user_id LEFT JOIN grants g ON g.id = a.grant_id"
);

/// [`super::authorizations::FIND_BY_HASH`] for arrays of moments and hash prefixes.
pub(crate) const FIND: &str = concat!(
    "SELECT ",
    authorization_columns!(),
    ", ",
    app_summary_columns!(),
    ", ",
    user_columns!(),
    ", ",
    valid_but_for_the_owner!("q.now"),
    ", q.number FROM unnest($1::BIGINT[], $2::BIGINT[]) \
     WITH ORDINALITY q (now, hash_prefix, number)",
    " JOIN authorizations a ON a.hash_prefix = q.hash_prefix JOIN users u ON u.id = a.user_id",
    " LEFT JOIN apps p ON p.id = a.app_id LEFT JOIN grants g ON g.id = a.grant_id"
);
