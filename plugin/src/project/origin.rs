//! The preset that a project came from. Plain data; any thread but the audio thread.

use serde_json::{Value, json};

/// A preset, as a project remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Its id in the library.
    pub id: String,
    /// Its name when it was loaded or saved.
    pub name: String,
}

impl Origin {
    /// As a document holds it.
    pub(super) fn to_value(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }

    /// Of a document; none where it is damaged.
    pub(super) fn of_value(value: &Value) -> Option<Self> {
        let text = |field: &str| value.get(field)?.as_str().map(str::to_owned);
        Some(Self { id: text("id")?, name: text("name")? })
    }
}
