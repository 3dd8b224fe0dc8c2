//! Sounds of a General MIDI sound font, rendered by rustysynth without reverb and chorus.

mod faults;
mod play;

use std::collections::{BTreeSet, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use engine::sample::Recording;
use rustysynth::{Preset, SoundFont};

use super::category;
use super::procedural::without_offset;
use super::writer::{CorpusWriter, Description};
use faults::{Strokes, fault, silence};
use play::{Stroke, play, resample};

/// Keys that a melodic instrument is rendered between.
const LOWEST_KEY: u8 = 24;
const HIGHEST_KEY: u8 = 96;
/// The root keys of the model, and the keys that a drum is rendered at.
pub const ROOT_KEYS: [u8; 5] = [36, 48, 60, 72, 84];
/// The key at which a drum sounds as it was recorded.
const DRUM_KEY: u8 = 60;
const DRUM_BANK: i32 = 128;
const DRUM_CHANNEL: i32 = 9;
/// Rendered beyond the wanted length, since the onset comes late in some sounds.
const EXTRA_SAMPLES: usize = 22_050;

/// Which part of a sound font is rendered.
#[derive(Clone, Debug)]
pub struct Selection {
    /// Melodic programs 0 up to this one, exclusive.
    pub programs: u8,
    /// Distinct drum sounds.
    pub drums: usize,
    /// Semitones between the keys of a melodic program.
    pub key_step: u8,
    /// Velocities, the first for every key and every zone.
    pub velocities: Vec<u8>,
}

/// Renders a sound font into the corpus.
///
/// # Errors
/// The sound font cannot be read or played, or the corpus cannot be written.
pub fn render(path: &Path, selection: &Selection, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open the sound font {}", path.display()))?;
    let font = SoundFont::new(&mut BufReader::new(file))
        .map_err(|error| anyhow!("{} is not a sound font that can be read: {error}", path.display()))?;
    let font = Arc::new(font);
    let title = font.get_info().get_bank_name().trim().to_owned();
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    writer.add_source(format!("sound font {title} ({file_name}); {}", font.get_info().get_copyright().trim()));
    render_programs(&font, selection, writer, progress)?;
    render_drums(&font, selection, writer, progress)
}

fn render_programs(
    font: &Arc<SoundFont>,
    selection: &Selection,
    writer: &mut CorpusWriter,
    progress: &dyn Fn(&str),
) -> Result<()> {
    let rate_hz = writer.sample_rate_hz();
    for program in 0..selection.programs.min(128) {
        let Some(preset) = find_preset(font, 0, i32::from(program)) else { continue };
        let name = preset.get_name().trim().to_owned();
        progress(&name);
        let recordings = recordings(font, preset, None, &selection.velocities);
        for key in (LOWEST_KEY..=HIGHEST_KEY).step_by(usize::from(selection.key_step)) {
            let mut strokes = Strokes::default();
            for &velocity in &selection.velocities {
                let samples = play(font, 0, program, Stroke { key, velocity }, render_length(writer), rate_hz)?;
                if let Some(fault) = fault(&samples, rate_hz).or_else(|| strokes.same_as(&samples)) {
                    writer.drop_sound(&format!("{name} (key {key}, velocity {velocity})"), &fault);
                    continue;
                }
                let description = Description {
                    name: name.clone(),
                    category: category::of_program(program).to_owned(),
                    instrument: format!("program-{program:03}"),
                    key,
                    velocity,
                    source: format!("bank 0 program {program}"),
                    recordings: recordings.clone(),
                };
                writer.add(description, recording(&samples, rate_hz))?;
                strokes.keep(velocity, samples);
            }
        }
    }
    Ok(())
}

fn render_drums(
    font: &Arc<SoundFont>,
    selection: &Selection,
    writer: &mut CorpusWriter,
    progress: &dyn Fn(&str),
) -> Result<()> {
    let length = render_length(writer);
    for (kit, key) in distinct_drums(font, selection) {
        let (Some(preset), Some((drum, category))) = (find_preset(font, DRUM_BANK, kit), category::of_drum(key)) else {
            continue;
        };
        let kit_name = preset.get_name().trim();
        let name = if kit == 0 { drum.to_owned() } else { format!("{kit_name} {drum}") };
        progress(&name);
        let recordings = recordings(font, preset, Some(key), &selection.velocities);
        let mut strokes = Strokes::default();
        for &velocity in &selection.velocities {
            // The highest zone plays four times faster and needs four times the sound.
            let stroke = Stroke { key, velocity };
            let rendered = play(font, DRUM_CHANNEL, kit as u8, stroke, 4 * length, writer.sample_rate_hz())?;
            if let Some(fault) = silence(&rendered).or_else(|| strokes.same_as(&rendered)) {
                writer.drop_sound(&format!("{name} (velocity {velocity})"), &fault);
                continue;
            }
            let zones = if strokes.is_empty() { &ROOT_KEYS[..] } else { &[DRUM_KEY] };
            for &zone in zones {
                let ratio = 2f64.powf((f64::from(zone) - f64::from(DRUM_KEY)) / 12.0);
                let description = Description {
                    name: name.clone(),
                    category: category.to_owned(),
                    instrument: format!("drum-{kit:03}-{key:02}"),
                    key: zone,
                    velocity,
                    source: format!("bank {DRUM_BANK} program {kit} key {key}"),
                    recordings: recordings.clone(),
                };
                let samples = resample(&rendered, ratio, length)?;
                writer.add(description, recording(&samples, writer.sample_rate_hz()))?;
            }
            strokes.keep(velocity, rendered);
        }
    }
    Ok(())
}

/// Some fonts hold samples with an offset, which would click at the cut.
fn recording(samples: &[f32], sample_rate_hz: u32) -> Recording {
    let exact: Vec<f64> = samples.iter().map(|sample| f64::from(*sample)).collect();
    let samples = without_offset(&exact).into_iter().map(|sample| sample as f32).collect();
    Recording::new(samples, sample_rate_hz)
}

fn render_length(writer: &CorpusWriter) -> usize {
    writer.length() + EXTRA_SAMPLES
}

fn find_preset(font: &SoundFont, bank: i32, program: i32) -> Option<&Preset> {
    font.get_presets().iter().find(|preset| preset.get_bank_number() == bank && preset.get_patch_number() == program)
}

/// Kit and key of the wanted number of drums that differ in their recordings: first all of kit 0, then the other kits in turn.
fn distinct_drums(font: &SoundFont, selection: &Selection) -> Vec<(i32, u8)> {
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
        let found = find_preset(font, DRUM_BANK, *kit)
            .map(|preset| recordings(font, preset, Some(*key), &selection.velocities));
        found.is_some_and(|recordings| !recordings.is_empty() && seen.insert(recordings))
    });
    order.truncate(selection.drums);
    order
}

/// Ids of the recordings that a preset plays (at one key and the given velocities, or at any), sorted.
fn recordings(font: &SoundFont, preset: &Preset, key: Option<u8>, velocities: &[u8]) -> Vec<u64> {
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
                found.insert(region.get_sample_id() as u64);
            }
        }
    }
    found.into_iter().collect()
}
