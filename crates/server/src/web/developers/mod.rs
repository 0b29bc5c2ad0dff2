//! `/settings/developers`: what the owner of OAuth apps does with them. Owns
//! the pages; who may do what to which app is core's ([`grantd_core::developer`]).
//!
//! Whatever could make an app speak to somebody else (its callbacks, its
//! secret, its end) stands behind [`Auth::Sudo`](crate::auth::Auth) in the table.

mod delete;
mod edit;
mod list;
mod logo;
mod overview;
mod secret;

use grantd_core::app::App;

pub(crate) use self::delete::{ask as ask_deletion, delete};
pub(crate) use self::edit::{create, edit, new, save};
pub(crate) use self::list::list;
pub(crate) use self::logo::{remove as remove_logo, show as show_logo, upload};
pub(crate) use self::overview::show;
pub(crate) use self::secret::{ask as ask_rotation, end_previous, rotate};

const PATH: &str = "/settings/developers";

/// Where an app's pages begin. Client ids need no escapes in a path.
fn path_of(app: &App) -> String {
    format!("{PATH}/apps/{}", app.client_id)
}
