//! What waits, and what becomes of it.

use std::sync::Arc;

use async_trait::async_trait;

use super::*;
