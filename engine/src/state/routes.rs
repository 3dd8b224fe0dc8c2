//! Routes of the modulation matrix in a document: a list of at most as many as there are; those that it leaves out are empty.
//!
//! Main and worker threads only.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::params::{ROUTES, Route, Routes};

/// Whether no route moves anything.
pub(super) fn are_empty(routes: &Routes) -> bool {
    *routes == Routes::default()
}

/// Writes the routes up to the last that is not at its default.
pub(super) fn serialize<S: Serializer>(routes: &Routes, serializer: S) -> Result<S::Ok, S::Error> {
    let count = routes.iter().rposition(|route| *route != Route::default()).map_or(0, |last| last + 1);
    routes[..count].serialize(serializer)
}

/// Reads a list of routes.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Routes, D::Error> {
    let list = Vec::<Route>::deserialize(deserializer)?;
    if list.len() > ROUTES {
        return Err(D::Error::custom(format!("{} routes, at most {ROUTES} are possible", list.len())));
    }
    let mut routes = Routes::default();
    routes.iter_mut().zip(list).for_each(|(route, saved)| *route = saved);
    Ok(routes)
}
