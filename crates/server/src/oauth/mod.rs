//! The endpoints of OAuth flows that programs call: tokens, device codes, what
//! resource servers and proxies ask, what the server says of itself. Owns their parameters, encodings and words; what
//! a flow comes to is core's to say, and pages are in [`crate::web`].

pub(crate) mod access_token;
pub(crate) mod device_code;
mod encoding;
pub(crate) mod forward_auth;
pub(crate) mod metadata;
mod parameters;
pub(crate) mod refusal;
pub(crate) mod tokens;

use http::header;

use self::encoding::Encoding;
use crate::context::Context;

/// The encoding that a request asks for.
fn accepted(context: &Context) -> Encoding {
    let accept = context.headers().get(header::ACCEPT);
    Encoding::of(
        accept
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    )
}
