//! The instrument's state in the host's project: one versioned [`StateDocument`] as one field.
//!
//! The document alone decides: what the framework saves of parameters beside it is overruled. A document that is
//! damaged or of a newer version changes nothing and leaves a message. Main thread only.

use std::collections::BTreeMap;

use engine::state::{STATE_VERSION, StateDocument};
use nice_plug::plugin::ParamValue;
use nice_plug::prelude::PluginState;
use serde_json::{Map, Value, json};

use crate::scene::{Desk, Project, View};
use engine::params::{ParamSpec, Scale, TABLE};

/// Name of the field in the framework's state. Frozen.
pub const FIELD: &str = "heptode";
/// The window's place among the document's further fields. Frozen.
const VIEW_FIELD: &str = "editor";

/// The fields that the framework is to save.
pub fn save(params: BTreeMap<String, f32>, project: &Project) -> BTreeMap<String, String> {
    BTreeMap::from([(FIELD.to_owned(), document(params, project).to_json())])
}

/// The document of a project.
pub fn document(params: BTreeMap<String, f32>, project: &Project) -> StateDocument {
    let mut unknown = project.unknown.clone();
    if let Some(view) = project.view {
        unknown.insert(VIEW_FIELD.to_owned(), write_view(view));
    }
    StateDocument {
        version: STATE_VERSION,
        params,
        pack: project.pack.clone(),
        corners: project.corners.clone(),
        knobs: project.knobs.clone(),
        seed: project.seed,
        frozen: project.frozen.clone(),
        unknown,
    }
}

/// Takes the document over, or says why not.
pub fn recall(fields: &BTreeMap<String, String>, desk: &Desk) {
    match fields.get(FIELD).map(|text| StateDocument::parse(text)) {
        Some(Ok(document)) => desk.replace(project_of(document, desk.read(|project| project.view))),
        Some(Err(error)) => desk.notices.fault(format!("The project's Heptode state was not loaded: {error}")),
        None => desk.notices.fault("The project holds no Heptode state; nothing was changed."),
    }
}

fn project_of(document: StateDocument, view_now: Option<View>) -> Project {
    let mut unknown = document.unknown;
    let view = unknown.remove(VIEW_FIELD).as_ref().and_then(read_view);
    Project {
        corners: document.corners,
        knobs: document.knobs,
        pack: document.pack,
        seed: document.seed,
        frozen: document.frozen,
        unknown,
        view: view.or(view_now),
    }
}

fn write_view(view: View) -> Value {
    json!({ "width": view.width, "height": view.height, "scale": view.scale })
}

fn read_view(value: &Value) -> Option<View> {
    let fields: &Map<String, Value> = value.as_object()?;
    let number = |name: &str| fields.get(name)?.as_f64().map(|number| number as f32);
    Some(View { width: number("width")?, height: number("height")?, scale: number("scale")? }.limited())
}

/// Puts the document's parameters in place of the framework's, each finite and in its range; a parameter that the
/// document does not name takes the value that sounds as before there was such a parameter. Without a readable document no
/// parameter is touched.
pub fn filter(state: &mut PluginState) {
    state.params = match state.fields.get(FIELD).map(|text| StateDocument::parse(text)) {
        Some(Ok(document)) => {
            TABLE.iter().map(|spec| (spec.id.to_owned(), value_of(spec, document.params.get(spec.id)))).collect()
        }
        _ => BTreeMap::new(),
    };
}

fn value_of(spec: &ParamSpec, saved: Option<&f32>) -> ParamValue {
    let value = saved.copied().filter(|value| value.is_finite()).unwrap_or(spec.before);
    match spec.scale {
        Scale::Linear { min, max } | Scale::Skewed { min, max, .. } => ParamValue::F32(value.clamp(min, max)),
        Scale::Steps { min, max } => ParamValue::I32((value.round() as i32).clamp(min, max)),
    }
}
