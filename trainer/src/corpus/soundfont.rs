//! Sounds of a General MIDI sound font, rendered by rustysynth without reverb and chorus.

mod faults;
mod play;
mod recordings;

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
pub use play::resample;
use play::{Stroke, play};
use recordings::Recordings;

/// Keys that a melodic instrument is rendered between.
const LOWEST_KEY: u8 = 24;
const HIGHEST_KEY: u8 = 96;
/// The root keys of the model, and the keys that a drum is rendered at.
pub const ROOT_KEYS: [u8; 5] = [36, 48, 60, 72, 84];
/// The key at which a drum sounds as it was recorded.
pub const DRUM_KEY: u8 = 60;
const DRUM_BANK: i32 = 128;
const DRUM_CHANNEL: i32 = 9;
/// Kits from this one on have sounds of their own at the keys (orchestra, effects, marching), not the drums of General MIDI. Of the
/// factory's font the only one is the orchestra's, whose names stay as they are.
const FIRST_SPECIAL_KIT: i32 = 48;
/// Category of the sounds of those.
const SPECIAL_CATEGORY: &str = "Percussion";
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
    /// Render the melodic presets of all banks, but only presets and drums with a recording that the corpus does not hold yet; else
    /// those of bank 0 and every drum.
    pub only_new: bool,
    /// Tell recordings across sound fonts, by their samples and names; else by their numbers, by which the split of the factory corpus was
    /// drawn.
    pub across_fonts: bool,
}

/// Renders a sound font into the corpus.
///
/// # Errors
/// The sound font cannot be read or played, or the corpus cannot be written.
pub fn render(path: &Path, selection: &Selection, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
    let file = File::open(path).with_context(|| format!("cannot open the sound font {}", path.display()))?;
    let font = SoundFont::new(&mut BufReader::new(file))
        .map_err(|error| anyhow!("{} is not a sound font that can be read: {error}", path.display()))?;
    let title = font.get_info().get_bank_name().trim().to_owned();
    let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    writer.add_source(format!("sound font {title} ({file_name}); {}", font.get_info().get_copyright().trim()));
    let recordings = Recordings::of(&font, selection.across_fonts);
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let mark = if selection.only_new { format!("{stem} ") } else { String::new() };
    let source = Source { font: Arc::new(font), recordings, mark, selection };
    source.render_programs(writer, progress)?;
    source.render_drums(writer, progress)
}

/// A font that is being rendered.
struct Source<'a> {
    font: Arc<SoundFont>,
    recordings: Recordings,
    /// Stands before the instruments' ids, which two fonts have in common otherwise.
    mark: String,
    selection: &'a Selection,
}

impl Source<'_> {
    fn render_programs(&self, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
        let mut melodic: Vec<&Preset> =
            self.font.get_presets().iter().filter(|preset| self.is_wanted(preset)).collect();
        melodic.sort_by_key(|preset| (preset.get_bank_number(), preset.get_patch_number()));
        for preset in melodic {
            let recordings = self.recordings.played(&self.font, preset, None, &self.selection.velocities);
            if self.is_new(&recordings, writer) {
                progress(preset.get_name().trim());
                self.render_preset(preset, &recordings, writer)?;
            }
        }
        Ok(())
    }

    fn is_wanted(&self, preset: &Preset) -> bool {
        let banks = if self.selection.only_new { 0..DRUM_BANK } else { 0..1 };
        banks.contains(&preset.get_bank_number())
            && (0..i32::from(self.selection.programs.min(128))).contains(&preset.get_patch_number())
    }

    fn is_new(&self, recordings: &[u64], writer: &CorpusWriter) -> bool {
        !self.selection.only_new || recordings.iter().any(|id| !writer.holds(*id))
    }

    fn render_preset(&self, preset: &Preset, recordings: &[u64], writer: &mut CorpusWriter) -> Result<()> {
        let (bank, program) = (preset.get_bank_number(), preset.get_patch_number());
        let (name, rate_hz) = (preset.get_name().trim(), writer.sample_rate_hz());
        let of_bank = if bank == 0 { String::new() } else { format!("bank-{bank:03}-") };
        for key in (LOWEST_KEY..=HIGHEST_KEY).step_by(usize::from(self.selection.key_step)) {
            let mut strokes = Strokes::default();
            for &velocity in &self.selection.velocities {
                let stroke = Stroke { key, velocity };
                let samples = play(&self.font, 0, (bank, program), stroke, render_length(writer), rate_hz)?;
                if let Some(fault) = fault(&samples, rate_hz).or_else(|| strokes.same_as(&samples)) {
                    writer.drop_sound(&format!("{name} (key {key}, velocity {velocity})"), &fault);
                    continue;
                }
                let description = Description {
                    name: name.to_owned(),
                    category: category::of_program(program as u8).to_owned(),
                    instrument: format!("{}{of_bank}program-{program:03}", self.mark),
                    key,
                    velocity,
                    source: format!("{}bank {bank} program {program}", self.mark),
                    recordings: recordings.to_vec(),
                };
                writer.add(description, recording(&samples, rate_hz))?;
                strokes.keep(velocity, samples);
            }
        }
        Ok(())
    }

    fn render_drums(&self, writer: &mut CorpusWriter, progress: &dyn Fn(&str)) -> Result<()> {
        for (kit, key) in self.distinct_drums() {
            let Some(preset) = self.kit(kit) else { continue };
            let Some((name, category)) = self.drum(preset, key) else { continue };
            let recordings = self.recordings.played(&self.font, preset, Some(key), &self.selection.velocities);
            if self.is_new(&recordings, writer) {
                progress(&name);
                self.render_drum((kit, key), &name, category, &recordings, writer)?;
            }
        }
        Ok(())
    }

    /// Name and category of a drum.
    fn drum(&self, kit: &Preset, key: u8) -> Option<(String, &'static str)> {
        let (drum, category) = category::of_drum(key)?;
        let (kit_name, number) = (kit.get_name().trim(), kit.get_patch_number());
        Some(match number {
            0 => (drum.to_owned(), category),
            FIRST_SPECIAL_KIT.. if self.selection.only_new => (format!("{kit_name} {key}"), SPECIAL_CATEGORY),
            _ => (format!("{kit_name} {drum}"), category),
        })
    }

    fn render_drum(
        &self,
        (kit, key): (i32, u8),
        name: &str,
        category: &str,
        recordings: &[u64],
        writer: &mut CorpusWriter,
    ) -> Result<()> {
        let (length, rate_hz) = (render_length(writer), writer.sample_rate_hz());
        let mut strokes = Strokes::default();
        for &velocity in &self.selection.velocities {
            // The highest zone plays four times faster and needs four times the sound.
            let stroke = Stroke { key, velocity };
            let rendered = play(&self.font, DRUM_CHANNEL, (0, kit), stroke, 4 * length, rate_hz)?;
            if let Some(fault) = silence(&rendered).or_else(|| strokes.same_as(&rendered)) {
                writer.drop_sound(&format!("{name} (velocity {velocity})"), &fault);
                continue;
            }
            let zones = if strokes.is_empty() { &ROOT_KEYS[..] } else { &[DRUM_KEY] };
            for &zone in zones {
                let ratio = 2f64.powf((f64::from(zone) - f64::from(DRUM_KEY)) / 12.0);
                let description = Description {
                    name: name.to_owned(),
                    category: category.to_owned(),
                    instrument: format!("{}drum-{kit:03}-{key:02}", self.mark),
                    key: zone,
                    velocity,
                    source: format!("{}bank {DRUM_BANK} program {kit} key {key}", self.mark),
                    recordings: recordings.to_vec(),
                };
                let samples = resample(&rendered, ratio, length)?;
                writer.add(description, recording(&samples, rate_hz))?;
            }
            strokes.keep(velocity, rendered);
        }
        Ok(())
    }

    fn kit(&self, number: i32) -> Option<&Preset> {
        let is_kit = |preset: &&Preset| preset.get_bank_number() == DRUM_BANK && preset.get_patch_number() == number;
        self.font.get_presets().iter().find(is_kit)
    }

    /// Kit and key of the wanted number of drums that differ in their recordings: first all of kit 0, then the other kits in turn.
    fn distinct_drums(&self) -> Vec<(i32, u8)> {
        let of_kits = self.font.get_presets().iter().filter(|preset| preset.get_bank_number() == DRUM_BANK);
        let kits: BTreeSet<i32> = of_kits.map(Preset::get_patch_number).collect();
        let mut order: Vec<(i32, u8)> = (35..=81).filter(|_| kits.contains(&0)).map(|key| (0, key)).collect();
        order.extend((35..=81).flat_map(|key| kits.iter().filter(|kit| **kit != 0).map(move |kit| (*kit, key))));
        let mut seen = HashSet::new();
        order.retain(|(kit, key)| {
            let played = |kit| self.recordings.played(&self.font, kit, Some(*key), &self.selection.velocities);
            self.kit(*kit).map(played).is_some_and(|found| !found.is_empty() && seen.insert(found))
        });
        order.truncate(self.selection.drums);
        order
    }
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
