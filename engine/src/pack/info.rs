//! What a pack of any kind says of itself: its sounds, its controls, its name. Plain data, any thread.

use super::manifest::{categories, find_sound};
use super::{Control, FoleyManifest, Manifest, NamedSound, PackError, PackKind, RawManifest};
use crate::link::MAX_SOUND_SAMPLES;
use crate::units::{LATENT_LIMIT, Latent, MODEL_LATENTS};

/// Category of the sounds of a pack of classes: one for each class.
pub const CLASS_CATEGORY: &str = "Classes";
/// Amount of variation with which the sounds of a pack of classes are played at first, since no two of them need be alike.
pub const CLASS_VARIATION: f32 = 0.35;
/// Root key of a pack whose sounds know no key.
const ONLY_ROOT: u8 = 60;

/// Description of a pack of any kind.
#[derive(Clone, Debug)]
pub struct PackInfo {
    /// How the pack makes sounds.
    pub kind: PackKind,
    /// Version of the format.
    pub format_version: u32,
    /// Stable identifier.
    pub id: String,
    /// SHA-256 of the manifest, hex, which stands for the whole pack.
    pub hash: String,
    /// Name for people.
    pub name: String,
    /// Rate of its sounds in hertz.
    pub sample_rate_hz: u32,
    /// Length of an unstretched sound, in samples.
    pub length_samples: usize,
    /// The seven controls, in knob order; [`Control::is_used`] tells those that do nothing.
    pub controls: Vec<Control>,
    /// Root keys of its zones, rising.
    pub root_keys: Vec<u8>,
    /// Sounds with a name, at least one.
    pub sounds: Vec<NamedSound>,
    /// Licence of the weights, an SPDX expression.
    pub licence: String,
    /// Every source of the training sounds with its licence.
    pub provenance: Vec<String>,
}

impl PackInfo {
    /// Of a pack with seven latents.
    pub fn of_latents(manifest: &Manifest, hash: &str) -> Self {
        Self {
            kind: manifest.kind,
            format_version: manifest.format_version,
            id: manifest.id.clone(),
            hash: hash.to_owned(),
            name: manifest.name.clone(),
            sample_rate_hz: manifest.shape.sample_rate_hz,
            length_samples: manifest.shape.frame_count * manifest.shape.hop_samples,
            controls: manifest.controls.clone(),
            root_keys: manifest.root_keys.clone(),
            sounds: manifest.sounds.clone(),
            licence: manifest.licence.clone(),
            provenance: manifest.provenance.clone(),
        }
    }

    /// Of a pack of kind `raw`.
    pub fn of_raw(manifest: &RawManifest, hash: &str) -> Self {
        Self {
            kind: manifest.kind,
            format_version: manifest.format_version,
            id: manifest.id.clone(),
            hash: hash.to_owned(),
            name: manifest.name.clone(),
            sample_rate_hz: manifest.sample_rate_hz,
            length_samples: manifest.length_samples.min(MAX_SOUND_SAMPLES),
            controls: class_controls(&manifest.classes),
            root_keys: vec![ONLY_ROOT],
            sounds: class_sounds(&manifest.classes, &manifest.name),
            licence: manifest.licence.clone(),
            provenance: manifest.provenance.clone(),
        }
    }

    /// Of a pack of kind `foley`.
    pub fn of_foley(manifest: &FoleyManifest, hash: &str) -> Self {
        Self {
            kind: manifest.kind,
            format_version: manifest.format_version,
            id: manifest.id.clone(),
            hash: hash.to_owned(),
            name: manifest.name.clone(),
            sample_rate_hz: manifest.shape.sample_rate_hz,
            length_samples: manifest.shape.sound_samples().min(MAX_SOUND_SAMPLES),
            controls: class_controls(&manifest.classes),
            root_keys: vec![ONLY_ROOT],
            sounds: class_sounds(&manifest.classes, &manifest.name),
            licence: manifest.licence.clone(),
            provenance: manifest.provenance.clone(),
        }
    }

    /// The sound of this name; case does not matter.
    ///
    /// # Errors
    /// [`PackError::UnknownSound`] with the nearest name.
    pub fn sound(&self, name: &str) -> Result<&NamedSound, PackError> {
        find_sound(&self.sounds, name)
    }

    /// The root key nearest to a key; the lower one where two are as near.
    pub fn nearest_root(&self, key: f32) -> u8 {
        let distance = |root: &u8| (f32::from(*root) - key).abs();
        let nearest = self.root_keys.iter().copied().min_by(|a, b| distance(a).total_cmp(&distance(b)));
        nearest.unwrap_or(ONLY_ROOT)
    }

    /// The categories in the order of their first sound.
    pub fn categories(&self) -> Vec<&str> {
        categories(&self.sounds)
    }

    /// Amount of variation with which its sounds are played at first, [0, 1].
    pub fn variation(&self) -> f32 {
        if self.kind.is_by_chance() { CLASS_VARIATION } else { 0.0 }
    }
}

/// The class whose name is nearest to a name that none has; `None` of no classes. Case does not matter.
pub fn nearest_class<'a>(classes: &'a [String], wanted: &str) -> Option<&'a str> {
    let wanted = wanted.to_lowercase();
    // The one finds letters that are swapped, the other words that are.
    let closeness = |name: &str| {
        let name = name.to_lowercase();
        strsim::jaro_winkler(&name, &wanted).max(strsim::sorensen_dice(&name, &wanted))
    };
    classes.iter().map(String::as_str).max_by(|a, b| closeness(a).total_cmp(&closeness(b)))
}

/// A control for the weight of each class; those beyond the last class do nothing. Weights are what is above 0.
fn class_controls(classes: &[String]) -> Vec<Control> {
    let names = classes.iter().map(String::as_str).chain(std::iter::repeat("")).take(MODEL_LATENTS);
    let high = |name: &str| if name.is_empty() { 0.0 } else { LATENT_LIMIT };
    names.map(|name| Control { name: name.to_owned(), low: 0.0, high: high(name), rank_correlation: None }).collect()
}

/// A sound of each class alone, its control at the end of its range; one of the pack's name for a network without classes.
fn class_sounds(classes: &[String], pack_name: &str) -> Vec<NamedSound> {
    let sound = |name: &str, latent: Latent| NamedSound {
        name: name.to_owned(),
        category: CLASS_CATEGORY.to_owned(),
        latent,
        key: ONLY_ROOT,
    };
    if classes.is_empty() {
        return vec![sound(pack_name, [0.0; MODEL_LATENTS])];
    }
    let alone = |place: usize| std::array::from_fn(|axis| if axis == place { LATENT_LIMIT } else { 0.0 });
    classes.iter().enumerate().map(|(place, name)| sound(name, alone(place))).collect()
}

/// Weights of `count` classes at a position of the controls: what is above 0; the same of each where nothing is.
pub fn class_weights(controls: &Latent, count: usize) -> Vec<f32> {
    let weights: Vec<f32> = controls.iter().take(count).map(|control| control.max(0.0)).collect();
    if weights.iter().any(|weight| *weight > 0.0) { weights } else { vec![1.0; count.min(MODEL_LATENTS)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_what_is_above_zero_and_equal_where_nothing_is() {
        let at = [0.5, -2.0, 0.0, 1.0, 3.0, 3.0, 3.0];
        assert_eq!(class_weights(&at, 4), [0.5, 0.0, 0.0, 1.0]);
        assert_eq!(class_weights(&at.map(|value: f32| -value.abs()), 3), [1.0; 3]);
        assert!(class_weights(&at, 0).is_empty());
    }

    #[test]
    fn controls_beyond_the_classes_are_not_used_and_each_class_has_a_sound() {
        let classes = ["Rain".to_owned(), "Snow".to_owned()];
        let controls = class_controls(&classes);
        assert_eq!(
            controls.iter().map(Control::is_used).collect::<Vec<_>>(),
            [true, true, false, false, false, false, false]
        );
        let sounds = class_sounds(&classes, "Weather");
        assert_eq!((sounds[1].name.as_str(), sounds[1].latent), ("Snow", [0.0, LATENT_LIMIT, 0.0, 0.0, 0.0, 0.0, 0.0]));
        assert_eq!(class_sounds(&[], "Weather")[0].name, "Weather");
    }
}
