//! Every operation outside the API: pages ([`Part::Site`]) and the endpoints
//! that programs call in OAuth flows ([`Part::Machine`]). No document describes
//! them. Who may see a page stands in its row ([`Auth::Anyone`], [`Auth::Session`],
//! [`Auth::Sudo`]); who may call an endpoint is its handler's to judge.

use http::Method;

use super::{Part, Route};
use crate::auth::Auth;
use crate::docs::Page;
use crate::web::{assets, consent, device, front, visit};

/// A page: its handler takes a [`visit::Visit`].
macro_rules! page {
    ($operation:literal, $auth:ident $method:ident $path:literal, $handler:path) => {
        Route {
            operation: $operation,
            method: Method::$method,
            path: $path,
            auth: Auth::$auth,
            docs: Page::Rest,
            part: Part::Site,
            handler: |context| Box::pin(visit::answer(context, Auth::$auth, $handler)),
        }
    };
}

/// Anything else outside the API: its handler takes the request as it is.
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
    site!("site/asset", Site GET "/assets/{name}", assets::show),
    page!("site/front", Anyone GET "/", front::show),
    page!("site/consent", Anyone GET "/login/oauth/authorize", consent::show),
    site!("site/consent-head", Site HEAD "/login/oauth/authorize", consent::head),
    page!("site/consent-decide", Anyone POST "/login/oauth/authorize", consent::decide),
    page!("site/device", Session GET "/login/device", device::show),
    page!("site/device-code", Session POST "/login/device", device::look_up),
    page!("site/device-done", Session GET "/login/device/done", device::done),
    page!("site/device-decide", Session POST "/login/device/decision", device::decide),
];
