//! Every operation outside the API: pages ([`Part::Site`]) and the endpoints
//! that programs call in OAuth flows ([`Part::Machine`]). No document describes
//! them; who may call is the handler's to judge, from cookies or the form.

use http::Method;

use super::{Part, Route};
use crate::auth::Auth;
use crate::docs::Page;
use crate::oauth::{access_token, device_code, metadata};
use crate::web::front;

macro_rules! site {
    ($operation:literal, $part:ident $method:ident $path:literal, $handler:path) => {
        Route {
            operation: $operation,
            method: Method::$method,
            path: $path,
            auth: Auth::Anyone,
            docs: Page::Rest,
            part: Part::$part,
            handler: |context| Box::pin($handler(context)),
        }
    };
}

/// The table.
#[rustfmt::skip]
pub static SITE: &[Route] = &[
    site!("site/front", Site GET "/", front::show),
    site!("oauth/access-token", Machine POST "/login/oauth/access_token", access_token::exchange),
    site!("oauth/device-code", Machine POST "/login/device/code", device_code::start),
    site!("oauth/metadata", Machine GET "/.well-known/oauth-authorization-server", metadata::show),
];
