//! `GET /` for browsers.

use http::{StatusCode, header};

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// The front page.
pub(crate) async fn show(_context: Context) -> Result<Reply> {
    let body = include_bytes!("front.html").to_vec();
    Ok(Reply::html(StatusCode::OK, body, Cache::NoStore).with(header::VARY, "Accept"))
}
