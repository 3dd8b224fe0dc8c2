//! The recordings that the presets of a sound font play, with ids that are the same in every sound font that holds them.

use std::collections::BTreeSet;

use rustysynth::{Preset, SampleHeader, SoundFont};

use crate::corpus::recording_id::{of_samples, of_text};

/// A recording is told by so many samples on either side of its loudest one: fonts cut and loop it differently, but copy its samples.
const AROUND_PEAK: usize = 32;
/// Length in which the loudest sample is sought, in seconds: fonts keep different lengths of a recording, but the same attack.
const SOUGHT_S: f64 = 1.0;
/// A peak below this is silence, which all recordings share.
const SILENT: u16 = 16;

/// Ids of the recordings of one font, by the numbers of its samples. Each recording has one by its samples and one by its name:
/// fonts that are made from another one copy samples under new names, or resample them under the old ones. Of 2202 samples of
/// MuseScore's font these two tell all that resemble one of Fluid's by more than 0.98 (cosine of log spectra over the first 0.4 s),
/// but for three sine waves.
pub struct Recordings(Vec<Vec<u64>>);

impl Recordings {
    /// The recordings of a font, with ids that other fonts share or with their numbers.
    pub fn of(font: &SoundFont, across_fonts: bool) -> Self {
        let headers = font.get_sample_headers().iter().enumerate();
        let of_header = |(number, header)| if across_fonts { ids(font, header) } else { vec![number as u64] };
        Self(headers.map(of_header).collect())
    }

    /// Ids of what a preset plays (at one key and the given velocities, or at any), sorted.
    pub fn played(&self, font: &SoundFont, preset: &Preset, key: Option<u8>, velocities: &[u8]) -> Vec<u64> {
        let key = key.map(i32::from);
        let any = |plays: &dyn Fn(i32) -> bool| velocities.iter().any(|velocity| plays(i32::from(*velocity)));
        let mut found = BTreeSet::new();
        for preset_region in preset.get_regions() {
            if key.is_some_and(|key| !any(&|velocity| preset_region.contains(key, velocity))) {
                continue;
            }
            let Some(instrument) = font.get_instruments().get(preset_region.get_instrument_id()) else { continue };
            for region in instrument.get_regions() {
                if key.is_none_or(|key| any(&|velocity| region.contains(key, velocity))) {
                    found.extend(self.0.get(region.get_sample_id()).into_iter().flatten());
                }
            }
        }
        found.into_iter().collect()
    }
}

fn ids(font: &SoundFont, header: &SampleHeader) -> Vec<u64> {
    let name = std::iter::once(of_text(&plain(header.get_name())));
    name.chain(samples(font, header).and_then(by_samples(header.get_sample_rate()))).collect()
}

fn samples<'a>(font: &'a SoundFont, header: &SampleHeader) -> Option<&'a [i16]> {
    let (start, end) = (usize::try_from(header.get_start()).ok()?, usize::try_from(header.get_end()).ok()?);
    font.get_wave_data().get(start..end)
}

fn by_samples(rate_hz: i32) -> impl Fn(&[i16]) -> Option<u64> {
    let sought = (SOUGHT_S * f64::from(rate_hz)) as usize;
    move |samples| {
        let (place, peak) = samples.iter().take(sought).enumerate().max_by_key(|(_, sample)| sample.unsigned_abs())?;
        let end = (place + AROUND_PEAK).min(samples.len());
        (peak.unsigned_abs() > SILENT).then(|| of_samples(&samples[place.saturating_sub(AROUND_PEAK)..end]))
    }
}

/// A sample's name without its side, case and punctuation: `Cello G6(L)` and `Cello-G6 R` are one recording.
fn plain(name: &str) -> String {
    let lower = name.trim().to_ascii_lowercase();
    let sides = ["(l)", "(r)", " l", " r", "-l", "-r", "_l", "_r"];
    let without_side = sides.iter().find_map(|side| lower.strip_suffix(side)).unwrap_or(&lower);
    without_side.chars().filter(char::is_ascii_alphanumeric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_and_punctuation_are_no_part_of_a_name() {
        assert_eq!(plain("Cello G6(L)"), plain("Cello-G6 R"));
        assert_ne!(plain("Cello G6(L)"), plain("Cello G5(L)"));
        assert_eq!(plain("Bell"), "bell");
    }

    #[test]
    fn a_recording_is_known_by_its_samples_however_it_is_cut() {
        let recording: Vec<i16> =
            (0..8000_i32).map(|n| ((n * n * 7) % 2000 - 1000) as i16 / if n > 900 { 4 } else { 1 }).collect();
        let id = by_samples(44_100);
        assert!(id(&recording).is_some());
        assert_eq!(id(&recording), id(&recording[100..6000]));
        assert_ne!(id(&recording), id(&recording.iter().map(|sample| sample / 2).collect::<Vec<_>>()));
        assert_eq!((id(&[3; 4000]), id(&[])), (None, None), "silence is no recording");
    }
}
