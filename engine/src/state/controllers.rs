//! The learned controllers in a document: their numbers by the frozen ids of the parameters that they move.
//!
//! Main and worker threads only.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::params::{ControllerMap, ParamId};

/// Writes the numbers by id.
pub(super) fn serialize<S: Serializer>(map: &ControllerMap, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map.bound().map(|(id, controller)| (id.spec().id, controller)))
}

/// Reads numbers by id; parameters that are not known are left out.
pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ControllerMap, D::Error> {
    let mut map = ControllerMap::default();
    for (id, controller) in BTreeMap::<String, u8>::deserialize(deserializer)? {
        if !ControllerMap::can_move(controller) {
            return Err(D::Error::custom(format!("the controller {controller} of {id:?} cannot move parameters")));
        }
        if let Some(id) = ParamId::named(&id) {
            map = map.with(id, Some(controller));
        }
    }
    Ok(map)
}
