//! The factory model, loaded once per process and shared by all instances. Blocks while it loads: activation and errand
//! threads only, never at scan time and never on the audio thread.

use std::sync::{Arc, Weak};

use engine::decode::Model;
use engine::pack::Pack;
use parking_lot::Mutex;

/// Freed with the last instance, so that closing them all gives the memory back.
static FACTORY: Mutex<Weak<Model>> = Mutex::new(Weak::new());

/// The factory model. Callers that come while it loads wait for the one load.
pub fn factory_model() -> Result<Arc<Model>, String> {
    let mut cached = FACTORY.lock();
    if let Some(model) = cached.upgrade() {
        return Ok(model);
    }
    let pack = Pack::factory().map_err(|error| error.to_string())?;
    let model = Arc::new(Model::load(&pack).map_err(|error| error.to_string())?);
    *cached = Arc::downgrade(&model);
    Ok(model)
}
