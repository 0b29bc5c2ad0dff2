//! The stylesheet, the script and the logo: embedded, and named by their
//! content, so that browsers keep them for ever.

use std::sync::LazyLock;

use grantd_core::error::Error;
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use crate::context::Context;
use crate::error::Result;
use crate::reply::{Cache, Reply};

/// A file that pages refer to.
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: String,
    bytes: &'static [u8],
    content_type: &'static str,
}

/// What pages look like.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        include_bytes!("../../assets/style.css"),
        "css",
        "text/css; charset=utf-8",
    )
});

/// What pages do for comfort.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        include_bytes!("../../assets/script.js"),
        "js",
        "text/javascript; charset=utf-8",
    )
});

/// A key.
pub(crate) static LOGO: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new(
        include_bytes!("../../assets/logo.svg"),
        "svg",
        "image/svg+xml",
    )
});

impl Asset {
    fn new(bytes: &'static [u8], kind: &str, content_type: &'static str) -> Self {
        let digest = Sha256::digest(bytes);
        let name = data_encoding::HEXLOWER.encode(&digest[..8]);
        Self {
            path: format!("/assets/{name}.{kind}"),
            bytes,
            content_type,
        }
    }
}

/// `GET /assets/{name}`.
pub(crate) async fn show(context: Context) -> Result<Reply> {
    let path = format!("/assets/{}", context.param("name")?);
    let all: [&Asset; 3] = [&STYLE, &SCRIPT, &LOGO];
    let asset = all
        .into_iter()
        .find(|asset| asset.path == path)
        .ok_or(Error::NotFound)?;
    Ok(Reply {
        status: StatusCode::OK,
        body: asset.bytes.to_vec(),
        content_type: asset.content_type,
        headers: HeaderMap::new(),
        cache: Cache::Immutable,
        modified: None,
    })
}
