//! Sounds of a General MIDI sound font, rendered by rustysynth without reverb and chorus.

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use engine::sample::Recording;
use rustysynth::{Preset, SoundFont, Synthesizer, SynthesizerSettings};

use super::category;
use super::writer::{CorpusWriter, Description};

/// Keys that every instrument is rendered at: the root keys of the model.
pub const ROOT_KEYS: [u8; 5] = [36, 48, 60, 72, 84];
/// The key at which a drum sounds as it was recorded.
const DRUM_KEY: u8 = 60;
const VELOCITY: i32 = 100;
const DRUM_BANK: i32 = 128;
const DRUM_CHANNEL: i32 = 9;
const PROGRAM_CHANGE: i32 = 0xC0;
/// Rendered beyond the wanted length, since the onset comes late in some sounds.
const EXTRA_SAMPLES: usize = 22_050;

/// Which part of a sound font is rendered.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Melodic programs 0 up to this one, exclusive.
    pub programs: u8,
    /// Distinct drum sounds.
    pub drums: usize,
}

/// Renders a sound font into the corpus.
pub fn render(path: &Path, selection: Selection, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open the sound font {}", path.display()))?;
    let font = SoundFont::new(&mut BufReader::new(file))
        .map_err(|error| anyhow!("{} is not a sound font that can be read: {error}", path.display()))?;
    let font = Arc::new(font);
    let title = font.get_info().get_bank_name().trim().to_owned();
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    writer.add_source(format!("sound font {title} ({file_name}); {}", font.get_info().get_copyright().trim()));
    render_programs(&font, selection.programs, writer, progress)?;
    render_drums(&font, selection.drums, writer, progress)
}

fn render_programs(
    font: &Arc<SoundFont>,
    programs: u8,
    writer: &mut CorpusWriter,
    progress: &dyn Fn(&str),
) -> Result<()> {
    for program in 0..programs.min(128) {
        let Some(preset) = find_preset(font, 0, i32::from(program)) else { continue };
        let name = preset.get_name().trim().to_owned();
        progress(&name);
        for key in ROOT_KEYS {
            let samples = play(font, 0, program, key, render_length(writer), writer.sample_rate_hz())?;
            let description = Description {
                name: name.clone(),
                category: category::of_program(program).to_owned(),
                instrument: format!("program-{program:03}"),
                key,
                source: format!("bank 0 program {program}"),
                recordings: recordings(font, preset, None),
            };
            writer.add(description, recording(samples, writer.sample_rate_hz()))?;
        }
    }
    Ok(())
}

fn render_drums(font: &Arc<SoundFont>, limit: usize, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    for (kit, key) in distinct_drums(font, limit) {
        let (Some(preset), Some((drum, category))) = (find_preset(font, DRUM_BANK, kit), category::of_drum(key)) else {
            continue;
        };
        let kit_name = preset.get_name().trim();
        let name = if kit == 0 { drum.to_owned() } else { format!("{kit_name} {drum}") };
        progress(&name);
        let length = render_length(writer);
        // The lowest zone plays four times slower, the highest needs four times the sound.
        let rendered = play(font, DRUM_CHANNEL, kit as u8, key, 4 * length, writer.sample_rate_hz())?;
        for zone in ROOT_KEYS {
            let ratio = 2f64.powf((f64::from(zone) - f64::from(DRUM_KEY)) / 12.0);
            let description = Description {
                name: name.clone(),
                category: category.to_owned(),
                instrument: format!("drum-{kit:03}-{key:02}"),
                key: zone,
                source: format!("bank {DRUM_BANK} program {kit} key {key}"),
                recordings: recordings(font, preset, Some(key)),
            };
            let samples = resample(&rendered, ratio, length);
            writer.add(description, recording(samples, writer.sample_rate_hz()))?;
        }
    }
    Ok(())
}

fn recording(samples: Vec<f32>, sample_rate_hz: u32) -> Recording {
    Recording { samples, sample_rate_hz, notes: Vec::new() }
}

fn render_length(writer: &CorpusWriter) -> usize {
    writer.length() + EXTRA_SAMPLES
}

fn find_preset(font: &SoundFont, bank: i32, program: i32) -> Option<&Preset> {
    font.get_presets().iter().find(|preset| preset.get_bank_number() == bank && preset.get_patch_number() == program)
}

/// Kit and key of up to `limit` drums that differ in their recordings: first all of kit 0, then the other kits in turn.
fn distinct_drums(font: &SoundFont, limit: usize) -> Vec<(i32, u8)> {
    let kits: BTreeSet<i32> = font
        .get_presets()
        .iter()
        .filter(|preset| preset.get_bank_number() == DRUM_BANK)
        .map(|preset| preset.get_patch_number())
        .collect();
    let mut order: Vec<(i32, u8)> = (35..=81).filter(|_| kits.contains(&0)).map(|key| (0, key)).collect();
    order.extend((35..=81).flat_map(|key| kits.iter().filter(|kit| **kit != 0).map(move |kit| (*kit, key))));
    let mut seen = HashSet::new();
    order.retain(|(kit, key)| {
        let found = find_preset(font, DRUM_BANK, *kit).map(|preset| recordings(font, preset, Some(*key)));
        found.is_some_and(|recordings| !recordings.is_empty() && seen.insert(recordings))
    });
    order.truncate(limit);
    order
}

/// Ids of the recordings that a preset plays (at one key, or at any), sorted.
fn recordings(font: &SoundFont, preset: &Preset, key: Option<u8>) -> Vec<u64> {
    let mut found = BTreeSet::new();
    for preset_region in preset.get_regions() {
        if key.is_some_and(|key| !preset_region.contains(i32::from(key), VELOCITY)) {
            continue;
        }
        let Some(instrument) = font.get_instruments().get(preset_region.get_instrument_id()) else { continue };
        for region in instrument.get_regions() {
            if key.is_none_or(|key| region.contains(i32::from(key), VELOCITY)) {
                found.insert(region.get_sample_id() as u64);
            }
        }
    }
    found.into_iter().collect()
}

/// One held note, both channels mixed.
fn play(font: &Arc<SoundFont>, channel: i32, program: u8, key: u8, length: usize, rate_hz: u32) -> Result<Vec<f32>> {
    let mut settings = SynthesizerSettings::new(rate_hz as i32);
    settings.enable_reverb_and_chorus = false;
    let mut synthesizer =
        Synthesizer::new(font, &settings).map_err(|error| anyhow!("the sound font cannot be played: {error}"))?;
    synthesizer.process_midi_message(channel, PROGRAM_CHANGE, i32::from(program), 0);
    synthesizer.note_on(channel, i32::from(key), VELOCITY);
    let (mut left, mut right) = (vec![0.0; length], vec![0.0; length]);
    synthesizer.render(&mut left, &mut right);
    Ok(left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect())
}

/// Plays `samples` `ratio` times faster, by windowed-sinc interpolation band-limited to the lower of both Nyquists.
fn resample(samples: &[f32], ratio: f64, length: usize) -> Vec<f32> {
    const HALF_WIDTH: f64 = 16.0;
    let cutoff = (1.0 / ratio).min(1.0);
    let reach = HALF_WIDTH / cutoff;
    let kernel = |distance: f64| {
        let x = std::f64::consts::PI * distance * cutoff;
        let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
        cutoff * sinc * (0.5 + 0.5 * (std::f64::consts::PI * distance / reach).cos())
    };
    if ratio == 1.0 {
        return samples.iter().take(length).copied().collect();
    }
    let sample_at = |position: f64| -> f32 {
        let first = (position - reach).ceil().max(0.0) as usize;
        let last = ((position + reach).floor() as usize).min(samples.len().saturating_sub(1));
        (first..=last).map(|index| samples[index] * kernel(index as f64 - position) as f32).sum()
    };
    (0..length).map(|index| index as f64 * ratio).take_while(|at| *at < samples.len() as f64).map(sample_at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_moves_pitch_by_the_ratio() {
        let sine = |step: f64| -> Vec<f32> { (0..4000).map(|n| (step * n as f64).sin() as f32).collect() };
        let faster = resample(&sine(0.1), 2.0, 1500);
        let wanted = sine(0.2);
        assert!((100..1400).all(|n| (faster[n] - wanted[n]).abs() < 5e-3));
    }
}
