//! `heptode play`: a MIDI file by the instrument.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use engine::instrument::Instance;
use engine::midi::{BLOCK_SAMPLES, ChannelMessage, DRUM_CHANNEL, Part, Performance, Song, SongEvent, drum_names};
use engine::pack::NamedSound;
use engine::params::Hold;
use engine::state::{SoundState, StateDocument};
use engine::tuning::TuningKind;
use serde_json::json;

use crate::args::PlayArgs;
use crate::failure::Failure;
use crate::output::{noted, path_text};
use crate::point::latent_of;
use crate::rig::{Rig, find_preset, for_preset};
use crate::studio::{Studio, open_pack};
use crate::watch::Watch;

/// Blocks between two looks at the clock.
const BLOCKS_PER_STEP: usize = 64;

pub(crate) fn run(args: &PlayArgs) -> Result<(), Failure> {
    let tunings = [&args.tuning.scale, &args.tuning.keyboard_map].into_iter().flatten();
    let preset = args.preset.as_deref().map(find_preset).transpose()?;
    let common = preset.as_ref().map_or_else(|| args.common.clone(), |preset| for_preset(&args.common, preset));
    let inputs: Vec<&Path> = tunings.chain([&args.file]).map(PathBuf::as_path).chain([common.pack()]).collect();
    args.out.check(&inputs, args.rate)?;
    let tuning = args.tuning.over(preset.as_ref().map(|preset| &preset.document.tuning))?;
    let unplayable = |error| Failure::failed(format!("cannot play {}: {error}", path_text(&args.file)));
    let song = Song::load(&args.file).map_err(unplayable)?;
    // A wrong name is reported before graphs are loaded, which takes longer.
    if let Some(name) = &args.point.sound {
        open_pack(common.pack())?.sound(name)?;
    }
    let studio = Studio::open(&common)?;
    let rig = Rig::new(&studio)?;
    let mut document = match &preset {
        Some(preset) => preset.document.clone(),
        None => rig.document(SoundState::new(
            args.point.sound.clone().unwrap_or_default(),
            latent_of(&args.point, studio.pack.info())?,
        )),
    };
    document.tuning = tuning;
    let mut band = Band::new(&rig, &song, &document, args)?;
    args.out.check_length(band.performance.limit(), 2, args.rate)?;
    let mut remarks = song.remarks.clone();
    remarks.extend(rig.remark(&document));
    let mut watch = Watch::new(song.last_sample(args.rate) / u64::from(args.rate), "playing, in seconds");
    let mut peak = 0.0_f32;
    let written = args.out.write_blocks(2, args.rate, |block| {
        watch.look(band.performance.position() / u64::from(args.rate))?;
        let is_more = band.step(block)?;
        peak = block.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
        Ok(is_more)
    });
    watch.end();
    remarks.extend(written?);
    let (samples, rate_hz) = (band.samples, args.rate);
    let seconds = samples as f64 / f64::from(rate_hz);
    let drums = if band.drums.is_empty() { String::new() } else { format!("drums {}\n", band.drums.join(", ")) };
    let tuning = [TuningKind::Scale, TuningKind::KeyboardMap].map(|kind| document.tuning.name(kind));
    let is_tuned = !document.tuning.is_none();
    let tuned = if is_tuned { format!("tuning {}\n", document.tuning.title()) } else { String::new() };
    let text = format!(
        "{}: {seconds:.3} s at {rate_hz} Hz, {} notes, peak {peak:.3}\n{tuned}{drums}{}",
        args.out.text(),
        song.notes(),
        noted(&remarks)
    );
    let json = json!({
        "command": "play", "file": path_text(&args.file), "pack": studio.pack_json(), "out": args.out.text(),
        "sound": args.point.sound, "preset": preset.map(|preset| preset.label.name), "drums": band.drums,
        "scale": tuning[0], "keyboard_map": tuning[1], "retunes": song.retunes.len(),
        "note_count": song.notes(), "event_count": song.events.len(), "rate_hz": rate_hz, "channels": 2,
        "samples": samples, "seconds": seconds, "peak": peak, "notes": remarks,
    });
    args.out.report(args.common.json, &text, &json)
}

/// The parts that play a song.
struct Band<'a> {
    performance: Performance<'a>,
    /// Names of the sounds of channel 10.
    drums: Vec<String>,
    samples: usize,
    // Dropped after the synths that they serve.
    instances: Vec<Instance>,
}

impl<'a> Band<'a> {
    fn new(rig: &Rig, song: &'a Song, document: &StateDocument, args: &PlayArgs) -> Result<Self, Failure> {
        let (synth, instance, controls) = rig.instance(document)?;
        let performance = Performance::new(song, args.rate, Part::new(synth, controls).moved_by(document.controllers));
        let mut band = Self { performance, drums: Vec::new(), samples: 0, instances: vec![instance] };
        if song.has_drum_channel() && !args.no_drums {
            for (sound, keys) in kit(song, rig.sounds()) {
                band.add_drum(rig, sound, keys)?;
            }
        }
        Ok(band)
    }

    fn add_drum(&mut self, rig: &Rig, sound: &NamedSound, keys: Vec<u8>) -> Result<(), Failure> {
        let mut document = rig.document(SoundState::new(&sound.name, sound.latent));
        // A stroke sounds to its end, however short its note is.
        document.params.insert("hold".to_owned(), Hold::OneShot.value());
        let (synth, instance, controls) = rig.instance(&document)?;
        self.performance.add_drum(keys, Part::new(synth, controls), sound.key);
        self.drums.push(sound.name.clone());
        self.instances.push(instance);
        Ok(())
    }

    /// Appends the next stretch; `false` at the end.
    fn step(&mut self, interleaved: &mut Vec<f32>) -> Result<bool, Failure> {
        let (mut left, mut right) = ([0.0; BLOCK_SAMPLES], [0.0; BLOCK_SAMPLES]);
        for _ in 0..BLOCKS_PER_STEP {
            let count = self.performance.render(&mut left, &mut right);
            let frames = left.iter().zip(&right).take(count);
            interleaved.extend(frames.flat_map(|(left, right)| [*left, *right]));
            self.samples += count;
            if count < BLOCK_SAMPLES {
                self.check()?;
                // What was appended is still to be written.
                return Ok(!interleaved.is_empty());
            }
        }
        self.check()?;
        Ok(true)
    }

    /// An error when a decode failed: its silence is not a result.
    fn check(&mut self) -> Result<(), Failure> {
        let reason = self.instances.iter().find_map(|instance| instance.status().failed);
        match reason {
            Some(reason) => Err(Failure::failed(reason)),
            None if self.performance.failed() => Err(Failure::failed("a sound could not be decoded")),
            None => Ok(()),
        }
    }
}

/// The sounds of the song's drums, each with the keys that play it.
fn kit<'a>(song: &Song, sounds: &'a [NamedSound]) -> Vec<(&'a NamedSound, Vec<u8>)> {
    let mut by_name: BTreeMap<&str, (&NamedSound, Vec<u8>)> = BTreeMap::new();
    let mut keys: Vec<u8> = song.events.iter().filter_map(drum_key).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let found = drum_names(key).iter().find_map(|name| sounds.iter().find(|sound| sound.name == *name));
        if let Some(sound) = found {
            by_name.entry(&sound.name).or_insert((sound, Vec::new())).1.push(key);
        }
    }
    by_name.into_values().collect()
}

fn drum_key(event: &SongEvent) -> Option<u8> {
    match event.message {
        ChannelMessage::NoteOn { key, velocity: 1.. } if event.channel == DRUM_CHANNEL => Some(key),
        _ => None,
    }
}
