//! The instrument's state in the host's project: one versioned [`StateDocument`] as one field.
//!
//! The document alone decides: what the framework saves of parameters beside it is overruled. A document that is damaged or of
//! a newer version changes nothing and leaves a message.
//!
//! A host may hand over a state on any thread. nice-plug 0.4.2 reads the host's stream, parses its JSON, and calls
//! [`filter`] and [`Params::deserialize_fields`] on the thread of the host's call, with no lock of its own. On the audio
//! thread, at the end of `process`, it calls them only for a state that the plug-in itself sends by `GuiContext::set_state`,
//! which Heptode never does (`tests/state_recall.rs` holds it to that). Both calls here take no lock, wait for nobody and touch
//! no file: they parse the document, at most [`engine::state::MAX_STATE_BYTES`], and put it aside. Taking it over, packs and
//! decoding follow on the job thread.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::params::{ParamSpec, Scale, TABLE};
use engine::state::StateDocument;
use nice_plug::params::internals::ParamPtr;
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::{Params, PluginState};

use crate::session::Session;

/// Name of the field in the framework's state. Frozen.
pub const FIELD: &str = "heptode";

/// The instrument as the framework saves and restores it.
pub struct HostState {
    session: Arc<Session>,
}

impl HostState {
    /// Of an instrument.
    pub fn new(session: Arc<Session>) -> Self {
        Self { session }
    }
}

// SAFETY: the pointers stay valid as long as `self`, which keeps the session and with it the parameters: their table is filled
// once and never grows, shrinks or moves its elements. The framework keeps the `Arc` of this object for as long as it uses them.
unsafe impl Params for HostState {
    fn param_map(&self) -> Vec<(String, ParamPtr, String)> {
        self.session.params.param_map()
    }

    fn serialize_fields(&self) -> BTreeMap<String, String> {
        BTreeMap::from([(FIELD.to_owned(), self.session.saved_document().to_json())])
    }

    fn deserialize_fields(&self, fields: &BTreeMap<String, String>) {
        self.session.hand_over(match fields.get(FIELD).map(|text| StateDocument::parse(text)) {
            Some(Ok(document)) => Ok(Box::new(document)),
            Some(Err(error)) => Err(format!("The project's Heptode state was not loaded: {error}")),
            None => Err("The project holds no Heptode state; nothing was changed.".to_owned()),
        });
    }
}

/// Puts the document's parameters in place of the framework's, each finite and in its range; a parameter that the
/// document does not name takes the value that sounds as before there was such a parameter. Without a readable document no
/// parameter is touched.
pub fn filter(state: &mut PluginState) {
    state.params = match state.fields.get(FIELD).map(|text| StateDocument::parse(text)) {
        Some(Ok(document)) => TABLE.iter().map(|spec| (spec.id.to_owned(), value_of(spec, &document.params))).collect(),
        _ => BTreeMap::new(),
    };
}

fn value_of(spec: &ParamSpec, params: &BTreeMap<String, f32>) -> ParamValue {
    let value = spec.saved(params);
    match spec.scale {
        Scale::Linear { .. } | Scale::Skewed { .. } => ParamValue::F32(value),
        Scale::Steps { .. } => ParamValue::I32(value as i32),
    }
}
