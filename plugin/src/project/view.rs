//! The editor's window as the project remembers it. Plain values.

use serde_json::{Map, Value, json};

/// Smallest window, in points at scale 1: below it the knobs' names no longer fit.
const MIN_WIDTH: f32 = 1120.0;
const MIN_HEIGHT: f32 = 736.0;
/// Largest window, in points at scale 1: beyond it only the browser would grow.
const MAX_WIDTH: f32 = 2240.0;
const MAX_HEIGHT: f32 = 1472.0;

/// Which controls the strip below the knobs shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StripTab {
    /// Shape, envelope, output.
    #[default]
    Sound,
    /// Amplitude envelope.
    Amp,
    /// Filter and second envelope.
    Filter,
    /// LFOs, steps, recorded path.
    Motion,
    /// Macros, modulation matrix.
    Matrix,
    /// Effects.
    Space,
    /// Voices, pitch, velocity, arpeggiator.
    Play,
}

impl StripTab {
    /// All of them, from left to right.
    pub const ALL: [Self; 7] =
        [Self::Sound, Self::Amp, Self::Filter, Self::Motion, Self::Matrix, Self::Space, Self::Play];

    /// Name in the window and, frozen, in documents.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sound => "Sound",
            Self::Amp => "Amp",
            Self::Filter => "Filter",
            Self::Motion => "Motion",
            Self::Matrix => "Matrix",
            Self::Space => "Space",
            Self::Play => "Play",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }
}

/// The editor window as the project remembers it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Width in points at scale 1.
    pub width: f32,
    /// Height in points at scale 1.
    pub height: f32,
    /// Enlargement, 1…2.
    pub scale: f32,
    /// Which controls the strip shows.
    pub tab: StripTab,
    /// Whether a touch of pad or knobs moves the morph slider to their side when they are silent.
    pub morph_follows: bool,
    /// Whether a sound that is chosen in the list is played.
    pub plays_choice: bool,
}

impl View {
    /// Finite and within what the editor can draw.
    pub fn limited(self) -> Self {
        let limit = |value: f32, low: f32, high: f32| if value.is_finite() { value.clamp(low, high) } else { low };
        Self {
            width: limit(self.width, MIN_WIDTH, MAX_WIDTH),
            height: limit(self.height, MIN_HEIGHT, MAX_HEIGHT),
            scale: limit(self.scale, 1.0, 2.0),
            ..self
        }
    }

    /// The document's form. Field names are frozen. What has its default and is not known to the first version is left out, so that a
    /// document of that version is saved as it was.
    pub(super) fn write(self) -> Value {
        let mut fields = json!({ "width": self.width, "height": self.height, "scale": self.scale });
        let first = Self::default();
        if self.tab != first.tab {
            fields["tab"] = json!(self.tab.name());
        }
        if self.morph_follows != first.morph_follows {
            fields["morph_follows"] = json!(self.morph_follows);
        }
        if self.plays_choice != first.plays_choice {
            fields["plays_choice"] = json!(self.plays_choice);
        }
        fields
    }

    /// Reads the document's form. Width, height and scale are needed; what an older version did not write has its default.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let fields: &Map<String, Value> = value.as_object()?;
        let number = |name: &str| fields.get(name)?.as_f64().map(|number| number as f32);
        let switch = |name: &str, default| fields.get(name).and_then(Value::as_bool).unwrap_or(default);
        let first = Self::default();
        let view = Self {
            width: number("width")?,
            height: number("height")?,
            scale: number("scale")?,
            tab: fields.get("tab").and_then(Value::as_str).and_then(StripTab::named).unwrap_or_default(),
            morph_follows: switch("morph_follows", first.morph_follows),
            plays_choice: switch("plays_choice", first.plays_choice),
        };
        Some(view.limited())
    }
}

impl Default for View {
    fn default() -> Self {
        Self {
            width: MIN_WIDTH,
            height: MIN_HEIGHT,
            scale: 1.0,
            tab: StripTab::Sound,
            morph_follows: true,
            plays_choice: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_is_read_back_and_an_older_one_opens_the_first_tab() {
        for tab in StripTab::ALL {
            let view = View { tab, morph_follows: false, plays_choice: false, ..View::default() };
            assert_eq!(View::read(&view.write()), Some(view));
        }
        let older = json!({ "width": 1200.0, "height": 800.0, "scale": 1.0, "tab": "Of another version" });
        assert_eq!(View::read(&older), Some(View { width: 1200.0, height: 800.0, ..View::default() }));
        assert_eq!(View::read(&json!({ "width": 1200.0 })), None);
    }
}
