//! What a new instance plays: the sound on its knobs and those in the corners of its pad, by their names in the factory pack. Parses the
//! built-in manifest once; any thread but the audio thread.
//!
//! Chosen by measuring 204 melodic named sounds of the pack at key 60, and the best 25 at keys 36 to 84. Demanded were: within 6 cents of the
//! key, more than half of the energy in its harmonics, no rise by 3 dB after the sound has fallen (smoothed over 160 ms), half of the peak within
//! 10 ms where the sound decays, and above 6 kHz in the first 4 ms either less than −24 dB of the peak or no more than in the next 8 ms. The
//! knobs have a long decay (−19 to −30 dB after one second), the corners last. Of the pairs of those that pass, these four have the most even
//! lines: of eight steps from one to another the largest is at most 1.63 times their mean (log-mel distance), and every point is in tune.

use std::sync::OnceLock;

use engine::pack::Pack;
use engine::state::SoundState;

use crate::target::CORNERS;

/// Name of the sound on the knobs.
const KNOBS: &str = "FM tine piano 1";
/// Names of the sounds in the corners.
pub const ON_CORNERS: [&str; CORNERS] = ["Wavetable pad 9", "Pan Flute", "Viola", "Reed Organ"];

/// The first sound with the category that the pack lists it in.
pub struct FirstSound {
    /// The sound.
    pub sound: SoundState,
    /// Its category.
    pub category: String,
}

/// The sound on the knobs; none where the factory pack does not have it.
pub fn on_knobs() -> Option<&'static FirstSound> {
    static SOUND: OnceLock<Option<FirstSound>> = OnceLock::new();
    let read = || {
        let manifest = Pack::factory_manifest().ok()?.0;
        let named = manifest.sound(KNOBS).ok()?;
        Some(FirstSound { sound: SoundState::new(&named.name, named.latent), category: named.category.clone() })
    };
    SOUND.get_or_init(read).as_ref()
}
